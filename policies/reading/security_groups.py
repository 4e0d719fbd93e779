"""Security groups: their rules, stated inline or as resources, and what these let through."""

import ipaddress
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from .answers import Answer, all_of, any_of, if_certain
from .graph import Resource, Stack
from .identity import (
    DEFAULT_SECURITY_GROUP,
    SECURITY_GROUP,
    SECURITY_GROUPS,
    SUBNETS,
    VPCS,
    Entity,
    Several,
    register,
)
from .values import UNKNOWN, Plain, Unknown, at, flag, items, number, text

_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
_INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


NONE = Several((), certain=True)


@dataclass(frozen=True)
class Opening:
    """One rule of a security group.

    Attributes:
        resource: What states it.
        name: The property of `resource` that it stands in, for what is unknown.
        ingress: Whether it lets in, rather than out.
        owners: The group; several are a preview's doubt.
        protocol: As AWS writes it; -1 is all.
        ports: First and last port.
        blocks: CIDR blocks at the other end.
        groups: Security groups at the other end.
        to_itself: Whether the group itself is at the other end.
        prefix_lists: Whether prefix lists are at the other end.
    """

    resource: Resource
    name: str
    ingress: bool
    owners: tuple[Entity, ...]
    protocol: str | Unknown | None
    ports: tuple[int | Unknown | None, int | Unknown | None]
    blocks: tuple[str | Unknown, ...] = ()
    groups: Several = NONE
    to_itself: bool = False
    prefix_lists: bool = False

    def covers(self, port: int) -> Answer:
        """Whether it is about this TCP port."""
        if self.protocol is UNKNOWN:
            return UNKNOWN
        if self.protocol is None or self.protocol.lower() in {"-1", "all"}:
            return self.protocol is not None
        if self.protocol.lower() not in {"tcp", "6"}:
            return False
        first, last = self.ports
        if first is UNKNOWN or last is UNKNOWN:
            return UNKNOWN
        return first is not None and last is not None and first <= port <= last

    def __str__(self) -> str:
        first, last = (port if isinstance(port, int) else "?" for port in self.ports)
        if self.protocol is UNKNOWN or self.protocol is None:
            what = "something unknown"
        elif self.protocol.lower() in {"-1", "all"}:
            what = "everything"
        else:
            what = f"{self.protocol} {first}" + (f" to {last}" if last != first else "")
        ends = [block if isinstance(block, str) else "an unknown block" for block in self.blocks]
        ends += [group.label for group in self.groups.entities]
        ends += ["the group itself"] * self.to_itself + ["a prefix list"] * self.prefix_lists
        return f"{what} {'from' if self.ingress else 'to'} {' and '.join(ends) or 'nobody'}"


@dataclass(frozen=True)
class End:
    """One end of a connection: its security groups, and the subnet that it stands in."""

    groups: Several
    subnet: Entity | None


@dataclass(frozen=True)
class Openings:
    """All openings by the key of their group, and those of which the group is uncertain."""

    by_group: dict[str, list[Opening]]
    doubtful: list[Opening]


def openings(stack: Stack) -> Openings:
    """Every rule of every security group in a stack."""
    found = Openings(defaultdict(list), [])
    for opening in (*_inline(stack), *_rules(stack), *_vpc_rules(stack)):
        if len(opening.owners) == 1:
            found.by_group[opening.owners[0].key].append(opening)
        else:
            found.doubtful.append(opening)
    return found


def openings_of(stack: Stack, group: Entity, *, ingress: bool) -> list[Opening]:
    """The openings of one group in one direction."""
    found = stack.once(openings).by_group.get(group.key, [])
    return [opening for opening in found if opening.ingress == ingress]


def lets_through(stack: Stack, near: End, far: End, port: int, *, ingress: bool) -> Answer:
    """Whether one of the groups at the near end lets TCP `port` through, from or to the far end."""
    answers: list[Answer] = []
    for group in near.groups.entities:
        for opening in openings_of(stack, group, ingress=ingress):
            admitted = all_of([opening.covers(port), _reaches(stack, opening, group, far)])
            answers.append(if_certain(admitted, near.groups.certain))
        if group.resource is None:
            answers.append(None)
    doubtful = stack.once(openings).doubtful
    keys = {group.key for group in near.groups.entities}
    answers += [
        UNKNOWN
        for opening in doubtful
        if opening.ingress == ingress
        and opening.covers(port) is not False
        and (not opening.owners or keys & {owner.key for owner in opening.owners})
    ]
    return any_of(answers)


def _reaches(stack: Stack, opening: Opening, group: Entity, far: End) -> Answer:
    answers: list[Answer] = [None] if opening.prefix_lists else []
    if opening.to_itself and group in far.groups.entities:
        answers.append(if_certain(True, far.groups.certain))
    if set(opening.groups.entities) & set(far.groups.entities):
        answers.append(if_certain(True, opening.groups.certain and far.groups.certain))
    answers += [_contains(stack, opening, block, far.subnet) for block in opening.blocks]
    return any_of(answers)


def _contains(
    stack: Stack, opening: Opening, block: str | Unknown, subnet: Entity | None
) -> Answer:
    """Whether a block of the opening holds the whole subnet."""
    if block is UNKNOWN:
        return _unknown_block(stack, opening, subnet)
    outer = network(block)
    if outer is None:
        return False
    if outer.prefixlen == 0:
        return outer.version == 4
    if subnet is None or subnet.resource is None:
        return None
    given = subnet.resource.given("cidrBlock")
    inner = network(given) if isinstance(given, str) else None
    if inner is None:
        return UNKNOWN if given is UNKNOWN else None
    return _holds(outer, inner)


def _unknown_block(stack: Stack, opening: Opening, subnet: Entity | None) -> Answer:
    """An unknown block that comes from the subnet or its VPC holds the subnet."""
    if subnet is None or subnet.resource is None:
        return UNKNOWN
    blocks = sum(1 for block in opening.blocks if block is UNKNOWN)
    subnets = register(stack, SUBNETS).origins(opening.resource, opening.name)
    vpcs = register(stack, VPCS)
    own = vpcs.named(subnet.resource.get("vpcId"), subnet.resource, "vpcId")
    sources = vpcs.origins(opening.resource, opening.name)
    if blocks == len(subnets) + len(sources):
        keys = {origin.urn for origin in (*subnets, *sources)}
        if subnet.key in keys or (len(own) == 1 and own[0].key in keys):
            return True
    return UNKNOWN


def network(block: str) -> Network | None:
    """The block, or None for what is none."""
    try:
        return ipaddress.ip_network(block.strip(), strict=False)
    except ValueError:
        return None


def _holds(outer: Network, inner: Network) -> bool:
    if isinstance(outer, ipaddress.IPv4Network) and isinstance(inner, ipaddress.IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(outer, ipaddress.IPv6Network) and isinstance(inner, ipaddress.IPv6Network):
        return inner.subnet_of(outer)
    return False


def _blocks(*values: Plain) -> tuple[str | Unknown, ...]:
    found = [text(item) for value in values for item in items(value)]
    return tuple(block for block in found if block is not None)


def _inline(stack: Stack) -> Iterator[Opening]:
    for group in stack.of_type(SECURITY_GROUP, DEFAULT_SECURITY_GROUP):
        for name in ("ingress", "egress"):
            rules = [_inline_rule(stack, group, name, r) for r in items(group.given(name))]
            yield from _settled(stack, group, name, rules)


def _inline_rule(stack: Stack, group: Resource, name: str, rule: Plain) -> Opening:
    groups = register(stack, SECURITY_GROUPS)
    return Opening(
        group,
        name,
        name == "ingress",
        (Entity(group.urn, group.label, group),),
        text(at(rule, "protocol")),
        (number(at(rule, "fromPort")), number(at(rule, "toPort"))),
        _blocks(at(rule, "cidrBlocks"), at(rule, "ipv6CidrBlocks")),
        groups.listed(at(rule, "securityGroups"), group, name),
        flag(at(rule, "self")) is True,
        bool(items(at(rule, "prefixListIds"))),
    )


def _settled(stack: Stack, group: Resource, name: str, rules: list[Opening]) -> Iterator[Opening]:
    """Where each unknown group has one origin and all rules are alike, it matters not which."""
    origins = register(stack, SECURITY_GROUPS).origins(group, name)
    open_ = [rule for rule in rules if not rule.groups.certain]
    alike = len({(rule.protocol, rule.ports) for rule in open_}) == 1
    slots = sum(
        1
        for rule in items(group.given(name))
        for item in items(at(rule, "securityGroups"))
        if item is UNKNOWN
    )
    for rule in rules:
        if rule in open_ and alike and slots == len(origins):
            yield replace(rule, groups=Several(rule.groups.entities, certain=True))
        else:
            yield rule


def _rules(stack: Stack) -> Iterator[Opening]:
    groups = register(stack, SECURITY_GROUPS)
    for rule in stack.of_type(_RULE):
        yield Opening(
            rule,
            "cidrBlocks",
            rule.get("type") == "ingress",
            groups.named(rule.get("securityGroupId"), rule, "securityGroupId"),
            text(rule.get("protocol")),
            (number(rule.get("fromPort")), number(rule.get("toPort"))),
            _blocks(rule.get("cidrBlocks"), rule.get("ipv6CidrBlocks")),
            _one(groups.named(rule.given("sourceSecurityGroupId"), rule, "sourceSecurityGroupId")),
            flag(rule.given("self")) is True,
            bool(items(rule.get("prefixListIds"))),
        )


def _vpc_rules(stack: Stack) -> Iterator[Opening]:
    groups = register(stack, SECURITY_GROUPS)
    for rule in stack.of_type(_INGRESS, _EGRESS):
        other = "referencedSecurityGroupId"
        yield Opening(
            rule,
            "cidrIpv4",
            rule.type == _INGRESS,
            groups.named(rule.get("securityGroupId"), rule, "securityGroupId"),
            text(rule.get("ipProtocol")),
            (number(rule.get("fromPort")), number(rule.get("toPort"))),
            _blocks(rule.get("cidrIpv4"), rule.get("cidrIpv6")),
            _one(groups.named(rule.get(other), rule, other)),
            prefix_lists=rule.get("prefixListId") is not None,
        )


def _one(candidates: tuple[Entity, ...]) -> Several:
    return Several(candidates, certain=len(candidates) <= 1)
