"""Rule: file systems are encrypted at rest."""

from collections.abc import Iterator

from ..reading.findings import Findings, Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.identity import FILE_SYSTEM
from ..reading.pack import Parameters, Rule
from ..reading.values import UNKNOWN, flag, text


def judge(stack: Stack, parameters: Parameters) -> Findings:
    """Each file system of the stack."""
    systems = stack.of_type(FILE_SYSTEM)
    own_key = parameters["customerManagedKey"] is True
    return Findings.of(len(systems), [r for s in systems for r in _file_system(s, own_key)])


def _file_system(system: Resource, own_key: bool) -> Iterator[Report]:
    given = system.given("encrypted")
    encrypted = flag(given)
    if encrypted is UNKNOWN:
        yield doubt(f"whether {system.label} is encrypted.", system.urn, preview=True)
    elif encrypted is not True:
        said = "not set, which means false" if given is None else str(given).lower()
        yield Report(
            f"encrypted of {system.label} is {said}: its files lie on disk in plain text, and that "
            "can be changed in a new file system only. Set encrypted to true.",
            system.urn,
        )
    elif own_key and text(system.given("kmsKeyId")) is None:
        yield Report(
            f"{system.label} is encrypted with the key that AWS manages (kmsKeyId is not set), but "
            "parameter customerManagedKey demands a key of your own. Set kmsKeyId.",
            system.urn,
        )


RULE = Rule(
    name="file-system-is-encrypted",
    description="An EFS file system is encrypted at rest.",
    judge=judge,
    parameters={
        "customerManagedKey": {
            "type": "boolean",
            "default": False,
            "description": "Whether the key has to be a customer managed one.",
        }
    },
)
