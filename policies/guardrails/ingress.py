"""Rule: no security group lets the whole internet in."""

from ..reading.findings import Findings, Report
from ..reading.graph import Stack
from ..reading.pack import Parameters, Rule
from ..reading.security_groups import Opening, network, openings
from ..reading.values import Unknown, items, number


def judge(stack: Stack, parameters: Parameters) -> Findings:
    """Each ingress rule of each security group, inline or a resource."""
    allowed = {number(port) for port in items(parameters["allowedPorts"])}
    found = stack.once(openings)
    every = [*found.doubtful, *(o for group in found.by_group.values() for o in group)]
    ingress = [opening for opening in every if opening.ingress]
    return Findings.of(
        len(ingress),
        [_report(o, block) for o in ingress for block in _open(o) if not _lets_off(o, allowed)],
    )


def _open(opening: Opening) -> list[str]:
    return [
        block
        for block in opening.blocks
        if isinstance(block, str) and (net := network(block)) is not None and net.prefixlen == 0
    ]


def _lets_off(opening: Opening, allowed: set[int | Unknown | None]) -> bool:
    first, last = opening.ports
    return first == last and first in allowed and opening.protocol in {"tcp", "6", "udp", "17"}


def _report(opening: Opening, block: str) -> Report:
    group = opening.owners[0].label if len(opening.owners) == 1 else "a security group"
    return Report(
        f"{opening.resource.label} opens {group} to the whole internet: it lets in {opening}. "
        f"Name the clients' security group or their blocks instead of {block}.",
        opening.resource.urn,
    )


RULE = Rule(
    name="no-ingress-from-anywhere",
    description="No security group lets in 0.0.0.0/0 or ::/0.",
    judge=judge,
    parameters={
        "allowedPorts": {
            "type": "array",
            "items": {"type": "integer"},
            "default": [],
            "description": "Single ports that may be open to the internet, for instance 443.",
        }
    },
)
