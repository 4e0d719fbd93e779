"""Rule: libraries stay in the fast storage class."""

from ..reading.findings import Findings, Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.pack import Parameters, Rule
from ..reading.values import UNKNOWN, at, items, text
from .functions import library_file_systems

_MOVES = {
    "transitionToIa": "Infrequent Access",
    "transitionToArchive": "Archive",
}


def judge(stack: Stack, _parameters: Parameters) -> Findings:
    """Each file system that functions load from."""
    systems = library_file_systems(stack)
    return Findings.of(len(systems), [r for s in systems for r in _file_system(s)])


def _file_system(system: Resource) -> list[Report]:
    given = system.given("lifecyclePolicies")
    if given is UNKNOWN:
        what = f"whether {system.label} moves libraries to a slow class."
        return [doubt(what, system.urn, preview=True)]
    return [
        Report(
            f"lifecyclePolicies of {system.label} has {name} {when}: libraries that nobody read "
            f"for that long move to the class {where}, and the next cold start reads each file "
            f"from there, slowly and for a fee. Leave {name} out.",
            system.urn,
        )
        for policy in items(given)
        for name, where in _MOVES.items()
        if isinstance(when := text(at(policy, name)), str)
    ]


RULE = Rule(
    name="libraries-stay-in-the-fast-class",
    description="No lifecycle rule moves libraries to a slow storage class.",
    judge=judge,
)
