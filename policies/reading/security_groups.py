"""Security groups: their rules, stated inline or as resources, and what these let through."""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from .findings import Answer, Open
from .graph import Resource, Stack, once
from .kinds import DEFAULT_SECURITY_GROUP, SECURITY_GROUP, SECURITY_GROUPS, token
from .naming import NONE, Name, Several, listed, named, only
from .values import UNKNOWN, Plain, Unknown, at, flag, items, number, text

_RULE = token("ec2", "SecurityGroupRule")
_INGRESS = token("vpc", "SecurityGroupIngressRule")
_EGRESS = token("vpc", "SecurityGroupEgressRule")
_ALL = {"-1", "all"}
_TCP = {"tcp", "6"}

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Opening:
    """One rule of the security group `owner`, that `resource` states in its property `name`.

    The protocol is as AWS writes it, in small letters. Blocks, groups, the group itself and prefix
    lists are at the other end.
    """

    resource: Resource
    name: str
    ingress: bool
    owner: Name | None
    protocol: str | Unknown | None
    ports: tuple[int | Unknown | None, int | Unknown | None]
    blocks: tuple[str | Unknown, ...] = ()
    groups: Several = NONE
    to_itself: bool = False
    prefix_lists: bool = False

    def covers(self, port: int, protocols: Iterable[str] = _TCP) -> Answer:
        """Whether it is about this port, of TCP where nothing else is asked for."""
        first, last = self.ports
        if self.protocol is UNKNOWN:
            return Open(f"the protocol of {self.resource.label} is unknown", preview=True)
        if self.protocol in _ALL:
            return True
        if self.protocol is None or self.protocol not in protocols or None in (first, last):
            return False
        if first is UNKNOWN or last is UNKNOWN:
            return Open(f"the ports of {self.resource.label} are unknown", preview=True)
        return isinstance(first, int) and isinstance(last, int) and first <= port <= last

    @property
    def names_groups_only(self) -> bool:
        """Whether other groups are all that is at the other end."""
        elsewhere = self.blocks or self.prefix_lists or self.to_itself
        return bool(self.groups.names) and self.groups.certain and not elsewhere

    @property
    def networks(self) -> list[Network]:
        return [n for b in self.blocks if isinstance(b, str) and (n := network(b)) is not None]

    def __str__(self) -> str:
        first, last = (port if isinstance(port, int) else "?" for port in self.ports)
        if self.protocol is UNKNOWN or self.protocol is None:
            what = "something unknown"
        elif self.protocol in _ALL:
            what = "everything"
        else:
            what = f"{self.protocol} {first}" + (f" to {last}" if last != first else "")
        ends = [block if isinstance(block, str) else "an unknown block" for block in self.blocks]
        ends += [group.label for group in self.groups.names]
        ends += ["an unknown group"] * (not self.groups.certain)
        ends += ["the group itself"] * self.to_itself + ["a prefix list"] * self.prefix_lists
        return f"{what} {'from' if self.ingress else 'to'} {' and '.join(ends) or 'nobody'}"


@dataclass(frozen=True)
class Openings:
    """All of a stack by the key of their group, and those of which it is not known yet."""

    by_group: dict[str, list[Opening]] = field(default_factory=lambda: defaultdict(list))
    doubtful: list[Opening] = field(default_factory=list)


@once
def openings(stack: Stack) -> Openings:
    found = Openings()
    for opening in (*_inline(stack), *_rules(stack)):
        owner = only(opening.owner)
        (found.by_group[owner.key] if owner else found.doubtful).append(opening)
    return found


def openings_of(stack: Stack, groups: Several, *, ingress: bool) -> list[Opening]:
    """The openings of some groups in one direction."""
    found = openings(stack).by_group
    return [o for g in groups.names for o in found.get(g.key, []) if o.ingress == ingress]


def collapse(networks: Iterable[Network]) -> list[Network]:
    """The same addresses in as few blocks as possible."""
    found = list(networks)
    return [
        *ipaddress.collapse_addresses(n for n in found if isinstance(n, ipaddress.IPv4Network)),
        *ipaddress.collapse_addresses(n for n in found if isinstance(n, ipaddress.IPv6Network)),
    ]


def network(block: str) -> Network | None:
    """The block, or None for what is none."""
    try:
        return ipaddress.ip_network(block.strip(), strict=False)
    except ValueError:
        return None


def _texts(*values: Plain) -> tuple[str | Unknown, ...]:
    found = [text(item) for value in values for item in items(value)]
    return tuple(block for block in found if block is not None)


def _small(value: Plain) -> str | Unknown | None:
    found = text(value)
    return found.lower() if isinstance(found, str) else found


def _inline(stack: Stack) -> Iterator[Opening]:
    for group in stack.of_type(SECURITY_GROUP, DEFAULT_SECURITY_GROUP):
        for name in ("ingress", "egress"):
            rules = [
                Opening(
                    *(group, name, name == "ingress", group),
                    _small(at(rule, "protocol")),
                    (number(at(rule, "fromPort")), number(at(rule, "toPort"))),
                    _texts(at(rule, "cidrBlocks"), at(rule, "ipv6CidrBlocks")),
                    listed(group, SECURITY_GROUPS, name, at(rule, "securityGroups")),
                    flag(at(rule, "self")) is True,
                    bool(items(at(rule, "prefixListIds"))),
                )
                for rule in items(group.given(name))
            ]
            yield from _sorted_out(rules, group, name)


def _sorted_out(rules: list[Opening], group: Resource, name: str) -> Iterator[Opening]:
    """Where each unknown group has one origin and all rules are alike, it matters not which."""
    open_ = [rule for rule in rules if not rule.groups.certain]
    alike = len({(rule.protocol, rule.ports) for rule in open_}) == 1
    named_in = [item for r in items(group.given(name)) for item in items(at(r, "securityGroups"))]
    known = alike and named_in.count(UNKNOWN) == len(group.origins(name, *SECURITY_GROUPS.tokens))
    for rule in rules:
        certain = rule.groups.certain or known
        yield replace(rule, groups=Several(rule.groups.names, certain))


def _rules(stack: Stack) -> Iterator[Opening]:
    """Rules that are resources: of the older kind, and one for each direction."""
    for rule in stack.of_type(_RULE, _INGRESS, _EGRESS):
        old = rule.type == _RULE
        other = "sourceSecurityGroupId" if old else "referencedSecurityGroupId"
        blocks = ("cidrBlocks", "ipv6CidrBlocks") if old else ("cidrIpv4", "cidrIpv6")
        yield Opening(
            *(rule, blocks[0], rule.get("type") == "ingress" if old else rule.type == _INGRESS),
            named(rule, SECURITY_GROUPS, "securityGroupId"),
            _small(rule.get("protocol" if old else "ipProtocol")),
            (number(rule.get("fromPort")), number(rule.get("toPort"))),
            _texts(*map(rule.get, blocks)),
            NONE if old and _is_computed(rule, other) else listed(rule, SECURITY_GROUPS, other),
            flag(rule.given("self")) is True,
            bool(items(rule.given("prefixListIds" if old else "prefixListId"))),
        )


def _is_computed(rule: Resource, other: str) -> bool:
    """Whether a preview leaves the group open only because the rule names another end."""
    ends = ("cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "self")
    return rule.given(other) is None and any(rule.given(end) not in (None, False) for end in ends)
