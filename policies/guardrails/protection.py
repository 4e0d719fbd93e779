"""Rule, advisory: what holds state is protected from deletion."""

from pulumi_policy import EnforcementLevel

from ..reading.findings import Findings, Report
from ..reading.graph import Stack
from ..reading.identity import FILE_SYSTEM
from ..reading.pack import Parameters, Rule


def judge(stack: Stack, _parameters: Parameters) -> Findings:
    """Each file system of the stack."""
    systems = stack.of_type(FILE_SYSTEM)
    return Findings.of(
        len(systems),
        [
            Report(
                f"{system.label} is not protected: a `pulumi destroy`, or a change that replaces "
                "it, deletes every file. Set the resource option protect.",
                system.urn,
            )
            for system in systems
            if not system.protect
        ],
    )


RULE = Rule(
    name="file-system-is-protected",
    description="A file system is protected from deletion.",
    judge=judge,
    level=EnforcementLevel.ADVISORY,
)
