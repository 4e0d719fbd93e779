"""Rule: no security group lets the whole internet in."""

from dataclasses import dataclass

from ..reading.findings import Report
from ..reading.graph import Stack, once
from ..reading.kinds import SECURITY_GROUPS, token
from ..reading.naming import listed, only
from ..reading.pack import Parameters, Reports, parameter, rule
from ..reading.security_groups import Opening, collapse, openings
from ..reading.values import Unknown, items, number

_BALANCERS = tuple(token(module, "LoadBalancer") for module in ("lb", "alb", "elb"))
_WEB = {80, 443}
_ALLOWED = parameter(
    [443], "Single ports that may be open to the internet.", items={"type": "integer"}
)


@dataclass(frozen=True)
class _Rules:
    """The ingress rules of a group, or one of which the group is not known."""

    rules: list[Opening]

    @property
    def urn(self) -> str:
        return self.rules[0].resource.urn


def _subjects(stack: Stack) -> list[_Rules]:
    found = openings(stack)
    groups = [[o for o in group if o.ingress] for group in found.by_group.values()]
    return [*map(_Rules, filter(None, groups)), *(_Rules([o]) for o in found.doubtful if o.ingress)]


@once
def _balanced(stack: Stack) -> set[str]:
    lists = [
        listed(balancer, SECURITY_GROUPS, "securityGroups", balancer.given("securityGroups"))
        for balancer in stack.of_type(*_BALANCERS)
    ]
    return {group.key for several in lists for group in several.names}


@rule(_subjects, allowedPorts=_ALLOWED)
def no_ingress_from_anywhere(subject: _Rules, parameters: Parameters) -> Reports:
    """No security group lets in 0.0.0.0/0 or ::/0, in one block or several, but on the ports
    that are allowed and on those of a load balancer, 80 and 443.
    """
    owner = only(subject.rules[0].owner)
    allowed = {number(port) for port in items(parameters["allowedPorts"])}
    if owner is not None and owner.key in _balanced(subject.rules[0].resource.stack):
        allowed |= _WEB
    closed = [opening for opening in subject.rules if not _is_allowed(opening, allowed)]
    label = owner.label if owner else "a security group"
    whole = [opening for opening in closed if any(n.prefixlen == 0 for n in opening.networks)]
    for opening in whole:
        for block in dict.fromkeys(str(n) for n in opening.networks if n.prefixlen == 0):
            yield Report(
                f"{opening.resource.label} opens {label} to the whole internet: it lets in "
                f"{opening}. Name the clients' security group or their blocks instead of {block}.",
                urn=opening.resource.urn,
            )
    yield from _together(
        label, [opening for opening in closed if opening not in whole and opening.networks]
    )


def _is_allowed(opening: Opening, allowed: set[int | Unknown | None]) -> bool:
    first, last = opening.ports
    return first == last and first in allowed and opening.protocol in {"tcp", "6", "udp", "17"}


def _together(label: str, rules: list[Opening]) -> Reports:
    """Blocks of one or several rules that are the whole internet only together."""
    seen: set[frozenset[int]] = set()
    for port, protocol in dict.fromkeys((opening.ports[0], opening.protocol) for opening in rules):
        asked = (port if isinstance(port, int) else 0, [str(protocol)])
        there = [opening for opening in rules if opening.covers(*asked) is True]
        networks = collapse(network for opening in there for network in opening.networks)
        found = [network for network in networks if network.prefixlen == 0]
        parts = frozenset(map(id, there))
        if found and parts not in seen:
            seen.add(parts)
            said = "; ".join(dict.fromkeys(map(str, there)))
            yield Report(
                f"{there[0].resource.label} opens {label} to the whole internet: together it lets "
                f"in {said}, which is {found[0]}. Name the clients' security group or their blocks "
                "instead.",
                urn=there[0].resource.urn,
            )
