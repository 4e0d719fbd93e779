"""Rules on file systems: encrypted, protected, and with libraries in the fast storage class."""

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel

from ..reading.findings import Report, doubt, negated, verdict
from ..reading.graph import Resource, Stack
from ..reading.kinds import FILE_SYSTEM
from ..reading.pack import Parameters, Rule, of_type
from ..reading.values import UNKNOWN, at, flag, items, text
from .loading import loaded_from

_MOVES = {"transitionToIa": "Infrequent Access", "transitionToArchive": "Archive"}


def _encrypted(_stack: Stack, system: Resource, parameters: Parameters) -> Iterator[Report]:
    given = system.given("encrypted")
    encrypted = flag(given)
    if encrypted is UNKNOWN:
        what = f"whether {system.label} is encrypted"
        yield doubt(what, system.urn, "encrypted is unknown", preview=True)
    elif encrypted is not True:
        said = "not set, which means false" if given is None else str(given).lower()
        yield Report(
            f"encrypted of {system.label} is {said}: its files lie on disk in plain text, and that "
            "can be changed in a new file system only. Set encrypted to true.",
            system.urn,
        )
    elif parameters["customerManagedKey"] is True and text(system.given("kmsKeyId")) is None:
        yield Report(
            f"{system.label} is encrypted with the key that AWS manages (kmsKeyId is not set), but "
            "parameter customerManagedKey demands a key of your own. Set kmsKeyId.",
            system.urn,
        )


def _protected(_stack: Stack, system: Resource, _: Parameters) -> Iterator[Report]:
    if not system.protect:
        yield Report(
            f"{system.label} is not protected: a `pulumi destroy`, or a change that replaces it, "
            "deletes every file. Set the resource option protect.",
            system.urn,
        )


def _fast_class(stack: Stack, system: Resource, _: Parameters) -> Iterator[Report]:
    given = system.given("lifecyclePolicies")
    if given is UNKNOWN:
        what = f"whether {system.label} moves libraries to a slow class"
        yield doubt(what, system.urn, "lifecyclePolicies is unknown", preview=True)
        return
    for policy in items(given):
        for name, where in _MOVES.items():
            if isinstance(when := text(at(policy, name)), str):
                moves = f"lifecyclePolicies of {system.label} has {name} {when}"
                yield from verdict(
                    negated(loaded_from(stack, system)),
                    system.urn,
                    what=f"whether functions load from {system.label}, whose files move to {where}",
                    wrong=f"{moves}: libraries that nobody read for that long move to the class "
                    f"{where}, and the next cold start reads each file from there, slowly and for "
                    f"a fee. Leave {name} out.",
                )


RULES = (
    Rule(
        name="file-system-is-encrypted",
        description="An EFS file system is encrypted at rest.",
        subjects=of_type(FILE_SYSTEM),
        judge=_encrypted,
        parameters={
            "customerManagedKey": {
                "type": "boolean",
                "default": False,
                "description": "Whether the key has to be a customer managed one.",
            }
        },
    ),
    Rule(
        name="libraries-stay-in-the-fast-class",
        description="No lifecycle rule moves libraries to a slow storage class.",
        subjects=of_type(FILE_SYSTEM),
        judge=_fast_class,
    ),
    Rule(
        name="file-system-is-protected",
        description="A file system is protected from deletion.",
        subjects=of_type(FILE_SYSTEM),
        judge=_protected,
        level=EnforcementLevel.ADVISORY,
    ),
)
