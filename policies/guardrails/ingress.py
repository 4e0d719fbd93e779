"""Rule: no security group lets the whole internet in."""

from collections.abc import Iterator, Sequence

from ..reading.findings import Report
from ..reading.graph import Stack
from ..reading.kinds import SECURITY_GROUPS
from ..reading.naming import Known, candidates, register
from ..reading.pack import Parameters, Rule
from ..reading.security_groups import Network, Opening, collapse, openings
from ..reading.values import Unknown, items, number

_BALANCERS = tuple(f"aws:{module}/loadBalancer:LoadBalancer" for module in ("lb", "alb", "elb"))
_WEB = {80, 443}


def _subjects(stack: Stack) -> list[list[Opening]]:
    """The ingress rules of each group, and each rule of which the group is not known."""
    found = stack.once(openings)
    groups = [[o for o in group if o.ingress] for group in found.by_group.values()]
    return [*filter(None, groups), *([o] for o in found.doubtful if o.ingress)]


def balanced(stack: Stack) -> set[str]:
    """The keys of the groups of load balancers."""
    groups = register(stack, SECURITY_GROUPS)
    return {
        group.key
        for balancer in stack.of_type(*_BALANCERS)
        for group in groups.listed(
            balancer.given("securityGroups"), balancer, "securityGroups"
        ).names
    }


def _judge(stack: Stack, rules: Sequence[Opening], parameters: Parameters) -> Iterator[Report]:
    named = candidates(rules[0].owner)
    owner: Known | None = named[0] if len(named) == 1 else None
    allowed = {number(port) for port in items(parameters["allowedPorts"])}
    if owner is not None and owner.key in stack.once(balanced):
        allowed |= _WEB
    closed = [rule for rule in rules if not _is_allowed(rule, allowed)]
    label = owner.label if owner else "a security group"
    whole = [rule for rule in closed if any(n.prefixlen == 0 for n in rule.networks)]
    for rule in whole:
        for block in dict.fromkeys(str(n) for n in rule.networks if n.prefixlen == 0):
            yield Report(
                f"{rule.resource.label} opens {label} to the whole internet: it lets in {rule}. "
                f"Name the clients' security group or their blocks instead of {block}.",
                rule.resource.urn,
            )
    yield from _together(label, [rule for rule in closed if rule not in whole])


def _is_allowed(opening: Opening, allowed: set[int | Unknown | None]) -> bool:
    first, last = opening.ports
    return first == last and first in allowed and opening.protocol in {"tcp", "6", "udp", "17"}


def _together(label: str, rules: list[Opening]) -> Iterator[Report]:
    """Blocks of one or several rules that are the whole internet only together."""
    seen: set[frozenset[int]] = set()
    with_blocks = [rule for rule in rules if rule.networks]
    for port, protocol in dict.fromkeys((rule.ports[0], rule.protocol) for rule in with_blocks):
        asked = (port if isinstance(port, int) else 0, [str(protocol)])
        there = [rule for rule in with_blocks if rule.covers(*asked) is True]
        networks: list[Network] = [n for rule in there for n in rule.networks]
        found = [network for network in collapse(networks) if network.prefixlen == 0]
        parts = frozenset(map(id, there))
        if found and parts not in seen:
            seen.add(parts)
            said = "; ".join(dict.fromkeys(map(str, there)))
            yield Report(
                f"{there[0].resource.label} opens {label} to the whole internet: together it lets "
                f"in {said}, which is {found[0]}. Name the clients' security group or their blocks "
                "instead.",
                there[0].resource.urn,
            )


RULE = Rule(
    name="no-ingress-from-anywhere",
    description=(
        "No security group lets in 0.0.0.0/0 or ::/0, in one block or several, but on the ports "
        "that are allowed and on those of a load balancer, 80 and 443."
    ),
    subjects=_subjects,
    judge=_judge,
    parameters={
        "allowedPorts": {
            "type": "array",
            "items": {"type": "integer"},
            "default": [443],
            "description": "Single ports that may be open to the internet.",
        }
    },
)
