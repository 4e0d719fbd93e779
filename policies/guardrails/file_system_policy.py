"""Rule: a file system policy lets nobody in without a name, or in plain text."""

from collections.abc import Iterator
from dataclasses import replace

from ..reading.findings import Answer, Open, Report, any_of, doubt, verdict
from ..reading.graph import Resource, Stack
from ..reading.iam import Client, Statement, applies, statements
from ..reading.kinds import FILE_SYSTEM, FILE_SYSTEMS
from ..reading.naming import NotYet, candidates, register
from ..reading.pack import Parameters, Rule
from ..reading.values import UNKNOWN, Plain, Unknown, at, items

_POLICY = "aws:efs/fileSystemPolicy:FileSystemPolicy"
_ACTIONS = ("ClientMount", "ClientWrite", "ClientRootAccess")
# Keys that only a caller with a name satisfies.
_NAMED = (
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principaltag/",
    "aws:userid",
    "aws:sourceaccount",
)


def guarded(stack: Stack) -> dict[str, Answer]:
    """By the key of a file system whether it has a policy; of "", for those not known yet."""
    systems = register(stack, FILE_SYSTEMS)
    found: dict[str, Answer] = {}
    for policy in stack.of_type(_POLICY):
        system = systems.named(policy.get("fileSystemId"), policy, "fileSystemId")
        for key in [known.key for known in candidates(system)] or [""]:
            sure = system.open if isinstance(system, NotYet) else True
            found[key] = any_of([found.get(key, False), sure])
    return found


def _judge(stack: Stack, resource: Resource, _: Parameters) -> Iterator[Report]:
    if resource.type == _POLICY:
        yield from _policy(resource)
        return
    known = stack.once(guarded)
    absent = stack.there_is_none(f"file system policy for {resource.label}")
    yield from verdict(
        any_of([known.get(resource.urn, False), known.get("", False), absent]),
        resource.urn,
        what=f"whether {resource.label} has a file system policy",
        wrong=f"{resource.label} has no file system policy: whoever reaches a mount target mounts "
        "it without a name, in plain text, and may write. Add an aws.efs.FileSystemPolicy that "
        "denies what is not over TLS.",
    )


def _policy(policy: Resource) -> Iterator[Report]:
    found = statements(policy.get("policy"))
    if isinstance(found, Open):
        what = f"whether {policy.label} lets somebody in without a name or in plain text"
        yield doubt(what, policy.urn, f"its policy {found.because}", preview=found.preview)
        return
    for statement in found:
        if statement.allows and _anybody(statement) and not _demands_a_name(statement.condition):
            granted = [a for a in _ACTIONS if _about(statement, a) is not False]
            if granted:
                yield Report(
                    f"{policy.label} allows elasticfilesystem:{', '.join(granted)} to everybody "
                    "(Principal *): a client without a name needs no role. Name the roles in "
                    "Principal, or only deny here and let the roles' own policies allow.",
                    policy.urn,
                )
    yield from verdict(
        any_of([_each_demands_tls(found), *map(_keeps_plain_text_out, found)]),
        policy.urn,
        what=f"whether {policy.label} admits plain text",
        wrong=f"{policy.label} admits plain text: no statement denies elasticfilesystem:Client* to "
        'everybody where aws:SecureTransport is "false". Add such a Deny.',
    )


def _anybody(statement: Statement) -> bool:
    return statement.principal == "*" or "*" in items(at(statement.principal, "AWS"))


def _demands_a_name(condition: Plain) -> bool:
    if not isinstance(condition, dict):
        return condition is UNKNOWN
    return any(
        key.startswith(_NAMED)
        for operator, key, _ in _tests(condition)
        if "Not" not in operator and "IfExists" not in operator
    )


def _about(statement: Statement, action: str, *, secure: bool = True) -> Answer:
    """Whether a statement is about what a client asks for, whoever it is."""
    context: dict[str, str | Unknown | None] = {
        "aws:securetransport": str(secure).lower(),
        "elasticfilesystem:accessedviamounttarget": "true",
        "elasticfilesystem:accesspointarn": UNKNOWN,
    }
    # AWS refuses a policy that names another file system than its own.
    own = replace(statement, resources=None, not_resources=None)
    return applies(own, Client(f"elasticfilesystem:{action}", None, context))


def _keeps_plain_text_out(statement: Statement) -> Answer:
    """Whether a statement denies everybody to mount in plain text; that is all it takes."""
    if statement.allows or _about(statement, "ClientMount", secure=False) is False:
        return False
    keys = [key for _, key, _ in _tests(statement.condition)]
    if statement.not_principal:
        return Open("a Deny of it has a NotPrincipal, which is not judged here")
    if not _anybody(statement):
        return False
    if _about(statement, "ClientMount") is True:
        return False  # it denies everything, whatever the transport
    if "aws:securetransport" not in keys:
        return False
    return len(keys) == 1 or Open("its Deny of plain text has a second condition")


def _each_demands_tls(found: list[Statement]) -> Answer:
    """Whether each Allow demands TLS."""
    allowing = [statement for statement in found if statement.allows]
    return bool(allowing) and all(
        ("aws:securetransport", "true") in [(key, wanted) for _, key, wanted in _tests(s.condition)]
        for s in allowing
    )


def _tests(condition: Plain) -> list[tuple[str, str, str]]:
    """(operator, key in small letters, first value in small letters) of each test."""
    return [
        (operator, key.lower(), str(next(iter(items(value)), "")).lower())
        for operator, wanted in (condition if isinstance(condition, dict) else {}).items()
        if isinstance(wanted, dict)
        for key, value in wanted.items()
    ]


def _subjects(stack: Stack) -> list[Resource]:
    return [*stack.of_type(_POLICY), *stack.of_type(FILE_SYSTEM)]


RULE = Rule(
    name="file-system-policy-demands-name-and-tls",
    description=(
        "A file system has a policy, and it lets nobody in without a name or in plain text."
    ),
    subjects=_subjects,
    judge=_judge,
)
