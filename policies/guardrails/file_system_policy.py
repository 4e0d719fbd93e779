"""Rule: a file system policy lets nobody in without a name, or in plain text."""

from collections import defaultdict
from dataclasses import replace

from ..reading.findings import Answer, Open, Report, any_of, doubt, verdict
from ..reading.graph import Resource, Stack, once
from ..reading.iam import Client, Statement, applies, statements
from ..reading.kinds import FILE_SYSTEM, FILE_SYSTEM_POLICY, FILE_SYSTEMS
from ..reading.naming import NotYet, candidates, named
from ..reading.pack import Reports, of_type, rule
from ..reading.values import UNKNOWN, Unknown

_ACTIONS = ("ClientMount", "ClientWrite", "ClientRootAccess")
_TLS = "aws:securetransport"
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


@once
def _guarded(stack: Stack) -> dict[str, list[Answer]]:
    """By the key of a file system whether it has policies; of "", for those not known yet."""
    found: dict[str, list[Answer]] = defaultdict(list)
    for policy in stack.of_type(FILE_SYSTEM_POLICY):
        system = named(policy, FILE_SYSTEMS, "fileSystemId")
        for key in [known.key for known in candidates(system)] or [""]:
            found[key].append(system.open if isinstance(system, NotYet) else True)
    return found


@rule(of_type(FILE_SYSTEM_POLICY, FILE_SYSTEM))
def file_system_policy_demands_name_and_tls(resource: Resource) -> Reports:
    """A file system has a policy, and it lets nobody in without a name or in plain text."""
    if resource.type == FILE_SYSTEM_POLICY:
        yield from _policy(resource)
        return
    known = _guarded(resource.stack)
    absent = resource.stack.there_is_none(f"file system policy for {resource.label}")
    yield from verdict(
        any_of([*known.get(resource.urn, []), *known.get("", []), absent]),
        what=f"whether {resource.label} has a file system policy",
        wrong=f"{resource.label} has no file system policy: whoever reaches a mount target mounts "
        "it without a name, in plain text, and may write. Add an aws.efs.FileSystemPolicy that "
        "denies what is not over TLS.",
    )


def _policy(policy: Resource) -> Reports:
    found = statements(policy.get("policy"))
    if left := next((one.left for one in found if one.left), None):
        what = f"whether {policy.label} lets somebody in without a name or in plain text"
        yield doubt(what, f"its policy {left.because}", preview=left.preview)
        return
    # AWS refuses a policy that names another file system than its own.
    found = [replace(one, resources=None, not_resources=None) for one in found]
    for statement in found:
        if statement.allows and statement.is_for_everybody and not _demands_a_name(statement):
            granted = [a for a in _ACTIONS if applies(statement, _client(a)) is not False]
            if granted:
                yield Report(
                    f"{policy.label} allows elasticfilesystem:{', '.join(granted)} to everybody "
                    "(Principal *): a client without a name needs no role. Name the roles in "
                    "Principal, or only deny here and let the roles' own policies allow."
                )
    allowing = [one for one in found if one.allows]
    tls_only = bool(allowing) and all(map(_demands_tls, allowing))
    yield from verdict(
        any_of([tls_only, *map(_keeps_plain_text_out, found)]),
        what=f"whether {policy.label} admits plain text",
        wrong=f"{policy.label} admits plain text: no statement denies elasticfilesystem:Client* to "
        'everybody where aws:SecureTransport is "false". Add such a Deny.',
    )


def _demands_a_name(statement: Statement) -> bool:
    return statement.condition is UNKNOWN or any(
        key.lower().startswith(_NAMED)
        for operator, key, _ in statement.tests
        if "Not" not in operator and "IfExists" not in operator
    )


def _demands_tls(statement: Statement) -> bool:
    wanted = [values for _, key, values in statement.tests if key.lower() == _TLS]
    return any(str(value).lower() == "true" for values in wanted for value in values[:1])


def _client(action: str, *, secure: bool = True) -> Client:
    context: dict[str, str | Unknown | None] = {
        _TLS: str(secure).lower(),
        "elasticfilesystem:accessedviamounttarget": "true",
        "elasticfilesystem:accesspointarn": UNKNOWN,
    }
    return Client(f"elasticfilesystem:{action}", None, context)


def _keeps_plain_text_out(statement: Statement) -> Answer:
    """Whether a statement denies everybody to mount in plain text; that is all it takes."""
    if statement.allows or applies(statement, _client("ClientMount", secure=False)) is False:
        return False
    if statement.not_principal:
        return Open("a Deny of it has a NotPrincipal, which is not judged here")
    keys = [key.lower() for _, key, _ in statement.tests]
    denies_all = applies(statement, _client("ClientMount")) is True  # whatever the transport
    if not statement.is_for_everybody or denies_all or _TLS not in keys:
        return False
    return len(keys) == 1 or Open("its Deny of plain text has a second condition")
