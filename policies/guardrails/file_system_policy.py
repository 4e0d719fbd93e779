"""Rule: a file system policy lets nobody in without a name, or in plain text."""

from collections import defaultdict
from collections.abc import Iterator

from ..reading.findings import Findings, Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.iam import Client, Statement, applies, statements
from ..reading.identity import FILE_SYSTEM, FILE_SYSTEMS, register
from ..reading.pack import Parameters, Rule
from ..reading.values import UNKNOWN, Plain, at, items

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


def judge(stack: Stack, _parameters: Parameters) -> Findings:
    """Each file system of the stack, and each policy of one made elsewhere."""
    reports: list[Report] = []
    register_ = register(stack, FILE_SYSTEMS)
    policies: dict[str, list[Resource]] = defaultdict(list)
    uncertain = False
    for policy in stack.of_type(_POLICY):
        named = register_.named(policy.get("fileSystemId"), policy, "fileSystemId")
        uncertain = uncertain or len(named) != 1
        for entity in named:
            policies[entity.key].append(policy)
        reports.extend(_policy(policy))
    systems = stack.of_type(FILE_SYSTEM)
    reports.extend(
        Report(
            f"{system.label} has no file system policy: whoever reaches a mount target mounts it "
            "without a name, in plain text, and may write. Add an aws.efs.FileSystemPolicy that "
            "denies what is not over TLS.",
            system.urn,
        )
        for system in systems
        if system.urn not in policies and not uncertain
    )
    return Findings.of(len(systems) + len(stack.of_type(_POLICY)), reports)


def _policy(policy: Resource) -> Iterator[Report]:
    document = policy.get("policy")
    found = statements(document)
    if not isinstance(found, list):
        what = "is unknown" if found is UNKNOWN else "is no policy in JSON"
        yield doubt(
            f"whether {policy.label} lets somebody in without a name or in plain text; its policy "
            f"{what}.",
            policy.urn,
            preview=found is UNKNOWN,
        )
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
    yield from _plain_text(policy, found)


def _anybody(statement: Statement) -> bool:
    if statement.principal == "*":
        return True
    return "*" in items(at(statement.principal, "AWS"))


def _demands_a_name(condition: Plain) -> bool:
    if not isinstance(condition, dict):
        return condition is UNKNOWN
    return any(
        key.lower().startswith(_NAMED)
        for operator, wanted in condition.items()
        if isinstance(wanted, dict) and "Not" not in operator and "IfExists" not in operator
        for key in wanted
    )


def _about(statement: Statement, action: str) -> object:
    return applies(statement, Client(f"elasticfilesystem:{action}", None, None))


def _plain_text(policy: Resource, found: list[Statement]) -> Iterator[Report]:
    """Plain text is kept out where everybody is denied it, or where each Allow demands TLS."""
    denied = any(
        not s.allows and _anybody(s) and _transport(s.condition, alone=True) == "false"
        for s in found
    )
    allowing = [s for s in found if s.allows]
    demanded = bool(allowing) and all(_transport(s.condition) == "true" for s in allowing)
    if not denied and not demanded:
        yield Report(
            f"{policy.label} admits plain text: no statement denies elasticfilesystem:Client* to "
            'everybody where aws:SecureTransport is "false". Add such a Deny.',
            policy.urn,
        )


def _transport(condition: Plain, *, alone: bool = False) -> str | None:
    """What a condition demands of aws:SecureTransport; with `alone` only if of nothing else."""
    tests = {
        (operator, key.lower()): value
        for operator, wanted in (condition if isinstance(condition, dict) else {}).items()
        if isinstance(wanted, dict)
        for key, value in wanted.items()
    }
    if alone and len(tests) != 1:
        return None
    for (operator, key), value in tests.items():
        if key == "aws:securetransport" and operator in {"Bool", "BoolIfExists"}:
            return str(value[0] if isinstance(value, list) and value else value).lower()
    return None


RULE = Rule(
    name="file-system-policy-demands-name-and-tls",
    description=(
        "A file system has a policy, and it lets nobody in without a name or in plain text."
    ),
    judge=judge,
)
