"""Whether security groups let a connection through from one end to the other."""

from collections import defaultdict
from dataclasses import dataclass, replace

from .findings import Answer, Open, any_of
from .graph import Stack
from .kinds import DEFAULT_SECURITY_GROUP, SUBNETS, VPCS
from .naming import Here, Known, Several, candidates, here, register
from .security_groups import Network, Opening, collapse, network, openings
from .values import UNKNOWN


@dataclass(frozen=True)
class End:
    """One end of a connection: its security groups, its subnet, and its address if it has one."""

    groups: Several
    subnet: Known | None
    address: str | None = None

    @property
    def network(self) -> Network | None:
        """Where it stands, as far as that is known."""
        resource = here(self.subnet)
        given = self.address or (resource.given("cidrBlock") if resource else None)
        return network(given) if isinstance(given, str) else None


@dataclass(frozen=True)
class Gate:
    """What a group has open on one port in one direction.

    Attributes:
        by_group: By the key of a group at the other end, rules that are about nothing else.
        rest: All other rules that are about the port, or may be.
        networks: The blocks that are certainly open, in as few as possible.
    """

    by_group: dict[str, list[Opening]]
    rest: list[Opening]
    networks: list[Network]


def gates(_stack: Stack) -> dict[tuple[str, int, bool], Gate]:
    """The gates that have been asked for."""
    return {}


def _gate(stack: Stack, group: Known, port: int, *, ingress: bool) -> Gate:
    known = stack.once(gates)
    if (group.key, port, ingress) not in known:
        gate = Gate(defaultdict(list), [], [])
        for opening in stack.once(openings).by_group.get(group.key, []):
            covers = opening.covers(port) if opening.ingress == ingress else False
            if covers is True:
                gate.networks.extend(opening.networks)
            if covers is not False and opening.names_groups_only:
                for other in opening.groups.names:
                    gate.by_group[other.key].append(opening)
            elif covers is not False:
                gate.rest.append(opening)
        known[group.key, port, ingress] = replace(gate, networks=collapse(gate.networks))
    return known[group.key, port, ingress]


def relevant(
    stack: Stack, near: Several, far: Several, port: int, *, ingress: bool
) -> list[Opening]:
    """The openings of the groups at one end that are, or may be, about the port and the other."""
    found: dict[int, Opening] = {}
    for group in near.names:
        gate = _gate(stack, group, port, ingress=ingress)
        there = [o for other in far.names for o in gate.by_group.get(other.key, [])]
        found |= {id(opening): opening for opening in (*gate.rest, *there)}
    return list(found.values())


def lets_through(stack: Stack, near: End, far: End, port: int, *, ingress: bool) -> Answer:
    """Whether one of the groups at the near end lets TCP `port` through, from or to the far end."""
    answers: list[Answer] = []
    for opening in relevant(stack, near.groups, far.groups, port, ingress=ingress):
        reached = _reaches(stack, opening, far)
        answers.append(opening.covers(port) if reached is True else reached)
    networks = [
        n for g in near.groups.names for n in _gate(stack, g, port, ingress=ingress).networks
    ]
    answers.append(_contained(networks, far))
    answers += [group.open for group in near.groups.names if not isinstance(group, Here)]
    keys = {group.key for group in near.groups.names}
    answers += [
        Open(f"which security group {o.resource.label} belongs to is unknown", preview=True)
        for o in stack.once(openings).doubtful
        if o.ingress == ingress
        and o.covers(port) is not False
        and (not (named := candidates(o.owner)) or keys & {owner.key for owner in named})
    ]
    found = any_of(answers)
    if found is not False and near.groups.certain:
        return found
    if not near.groups.certain or not far.groups.certain:
        return Open("which security groups are at its ends is unknown", preview=True)
    if all(_states_all(group, ingress=ingress) for group in near.groups.names):
        return False
    return stack.there_is_none(f"rule for TCP {port} of {near.groups.labels}")


def _states_all(group: Known, *, ingress: bool) -> bool:
    """Whether a group states its rules inline: the provider takes away whatever else there is."""
    resource = here(group)
    given = resource.given("ingress" if ingress else "egress") if resource else None
    return isinstance(given, list)


def _reaches(stack: Stack, opening: Opening, far: End) -> Answer:
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
        answers.append(_is_own_block(stack, opening, far) or _unknown(opening, "block"))
    return any_of(answers)


def _unknown(opening: Opening, what: str) -> Open:
    return Open(f"a {what} in {opening.name} of {opening.resource.label} is unknown", preview=True)


def _is_own_block(stack: Stack, opening: Opening, far: End) -> bool:
    """Whether an unknown block comes from the far end's subnet or VPC, and so holds it."""
    blocks = sum(1 for block in opening.blocks if block is UNKNOWN)
    sources = [
        *register(stack, SUBNETS).origins(opening.resource, opening.name),
        *register(stack, VPCS).origins(opening.resource, opening.name),
    ]
    return blocks == len(sources) and bool({far.subnet, vpc_of(stack, far.subnet)} & {*sources})


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


def vpc_of(stack: Stack, subnet: Known | None) -> Known | None:
    """The VPC of a subnet, if it is known."""
    resource = here(subnet)
    if resource is None:
        return None
    found = register(stack, VPCS).named(resource.get("vpcId"), resource, "vpcId")
    named = candidates(found)
    return named[0] if len(named) == 1 else None


def default_group(stack: Stack, subnet: Known | None) -> Several:
    """The default security group of a subnet's VPC, where the stack manages it."""
    own = vpc_of(stack, subnet)
    vpcs = register(stack, VPCS)
    found = [
        Here(group)
        for group in stack.of_type(DEFAULT_SECURITY_GROUP)
        if own is not None and vpcs.named(group.get("vpcId"), group, "vpcId") == own
    ]
    return Several(tuple(found), certain=True)
