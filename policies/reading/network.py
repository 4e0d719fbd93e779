"""Whether security groups let a connection through from one end to the other."""

from collections import defaultdict
from dataclasses import dataclass

from .findings import Answer, Open, any_of
from .graph import Resource, Stack
from .kinds import DEFAULT_SECURITY_GROUP, SUBNETS, VPCS
from .naming import Known, Several, candidates, here, named, only
from .security_groups import Network, Opening, collapse, network, openings
from .values import UNKNOWN, Plain


@dataclass(frozen=True)
class End:
    """One end of a connection."""

    label: str
    groups: Several
    subnet: Known | None
    address: Plain = None

    @property
    def network(self) -> Network | None:
        resource = here(self.subnet)
        own = resource.given("cidrBlock") if resource else None
        given = self.address if isinstance(self.address, str) else own
        return network(given) if isinstance(given, str) else None


@dataclass(frozen=True)
class _Gate:
    """What a group has open, or may have, on one port in one direction.

    That is rules by the key of a group at the other end, those that name something else, and the
    blocks that are certainly open.
    """

    by_group: dict[str, list[Opening]]
    rest: list[Opening]
    networks: list[Network]


def _gate(stack: Stack, group: Known, port: int, ingress: bool) -> _Gate:
    def make() -> _Gate:
        own = openings(stack).by_group.get(group.key, [])
        about = [o for o in own if o.ingress == ingress and o.covers(port) is not False]
        sure = [network for o in about if o.covers(port) is True for network in o.networks]
        by_group: dict[str, list[Opening]] = defaultdict(list)
        for opening, other in ((o, other) for o in about for other in o.groups.names):
            by_group[other.key].append(opening)
        rest = [opening for opening in about if not opening.names_groups_only]
        return _Gate(by_group, rest, collapse(sure))

    return stack.keep((_gate, group.key, port, ingress), make)


def relevant(
    stack: Stack, near: Several, far: Several, port: int, *, ingress: bool
) -> list[Opening]:
    """The openings of the groups at one end that are, or may be, about the port and the other."""
    found: dict[int, Opening] = {}
    for group in near.names:
        gate = _gate(stack, group, port, ingress)
        there = [o for other in far.names for o in gate.by_group.get(other.key, [])]
        found |= {id(opening): opening for opening in (*gate.rest, *there)}
    return list(found.values())


def lets_through(stack: Stack, near: End, far: End, port: int, *, ingress: bool) -> Answer:
    """Whether one of the groups at the near end lets TCP `port` through, from or to the far end."""
    for end in (near, far):
        if not end.groups.names:
            why = f"{end.label} has no security group that this stack makes"
            return Open(why, preview=not end.groups.certain)
    answers: list[Answer] = []
    for opening in relevant(stack, near.groups, far.groups, port, ingress=ingress):
        reached = _reaches(opening, far)
        answers.append(opening.covers(port) if reached is True else reached)
    gates = [_gate(stack, group, port, ingress) for group in near.groups.names]
    answers.append(_contained([one for gate in gates for one in gate.networks], far))
    answers += [group.open for group in near.groups.names if not isinstance(group, Resource)]
    answers += [
        Open(f"which security group {o.resource.label} belongs to is unknown", preview=True)
        for o in openings(stack).doubtful
        if o.ingress == ingress and o.covers(port) is not False
        if not (owners := candidates(o.owner)) or set(owners) & set(near.groups.names)
    ]
    found = any_of(answers)
    if found is not False and near.groups.certain:
        return found
    if not near.groups.certain or not far.groups.certain:
        return Open("which security groups are at its ends is unknown", preview=True)
    # Of a group that states its rules inline the provider takes away whatever else there is.
    name = "ingress" if ingress else "egress"
    own = [group.given(name) for group in near.groups.names if isinstance(group, Resource)]
    if all(isinstance(stated, list) for stated in own):
        return False
    return stack.there_is_none(f"rule for TCP {port} of {near.groups.labels}")


def _reaches(opening: Opening, far: End) -> Answer:
    """Whether its other end is the far end, by group, list or unknown block."""
    met = set(opening.groups.names) & set(far.groups.names)
    if met or (opening.to_itself and set(candidates(opening.owner)) & set(far.groups.names)):
        certain = far.groups.certain and (opening.groups.certain or opening.to_itself)
        return certain or _unknown(opening, "group")
    answers: list[Answer] = []
    if opening.prefix_lists:
        answers.append(Open(f"{opening.resource.label} names a prefix list"))
    if not opening.groups.certain:
        answers.append(_unknown(opening, "group"))
    if UNKNOWN in opening.blocks:
        answers.append(_is_own_block(opening, far) or _unknown(opening, "block"))
    return any_of(answers)


def _unknown(opening: Opening, what: str) -> Open:
    return Open(f"a {what} in {opening.name} of {opening.resource.label} is unknown", preview=True)


def _is_own_block(opening: Opening, far: End) -> bool:
    """Whether an unknown block comes from the far end's subnet or VPC, and so holds it."""
    sources = opening.resource.origins(opening.name, *SUBNETS.tokens, *VPCS.tokens)
    alone = opening.blocks.count(UNKNOWN) == len(sources)
    return alone and bool({far.subnet, vpc_of(far.subnet)} & {*sources})


def _contained(networks: list[Network], far: End) -> Answer:
    """Whether some blocks together hold the whole far end."""
    collapsed = collapse(networks)
    if any(one.prefixlen == 0 and one.version == 4 for one in collapsed):
        return True
    inner = far.network
    if inner is None:
        who = far.subnet.label if far.subnet else "one end"
        return bool(collapsed) and Open(f"the address block of {who} is not known")
    same = [one for one in collapsed if one.version == inner.version and one.overlaps(inner)]
    if any(one.prefixlen <= inner.prefixlen for one in same):
        return True
    return bool(same) and Open(f"{', '.join(map(str, same))} holds a part of {inner} only")


def vpc_of(subnet: Known | None) -> Known | None:
    """The VPC of a subnet, if it is known."""
    resource = here(subnet)
    return only(named(resource, VPCS, "vpcId")) if resource else None


def default_group(stack: Stack, subnet: Known | None) -> Several:
    """The default security group of a subnet's VPC, where the stack manages it."""
    own = vpc_of(subnet)
    found = [
        group
        for group in stack.of_type(DEFAULT_SECURITY_GROUP)
        if own is not None and named(group, VPCS, "vpcId") == own
    ]
    return Several(tuple(found), certain=True)
