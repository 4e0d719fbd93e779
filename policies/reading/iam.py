"""IAM policy documents: their statements, and whether one applies to an EFS client's request.

The subset: Action, Resource, Principal and their Not forms but NotPrincipal; string, ARN, Bool and
Null operators, with IfExists, on `elasticfilesystem:AccessPointArn`, `aws:SecureTransport` and
`elasticfilesystem:AccessedViaMountTarget`. Whatever lies outside leaves the answer open.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from .answers import Answer, all_of, any_of
from .values import UNKNOWN, Plain, Unknown, items, json_object, text

_ARN_PREFIX = re.compile(r"arn:[^:]*:elasticfilesystem:[^:]*:[^:]*:")


@dataclass(frozen=True)
class Statement:
    """One statement; None where it lacks an element."""

    allows: bool
    actions: tuple[str | Unknown, ...] | None
    not_actions: tuple[str | Unknown, ...] | None
    resources: tuple[str | Unknown, ...] | None
    not_resources: tuple[str | Unknown, ...] | None
    principal: Plain
    not_principal: bool
    condition: Plain


@dataclass(frozen=True)
class Client:
    """A request of an EFS client, over TLS and through a mount target.

    Attributes:
        action: For instance `elasticfilesystem:ClientMount`.
        file_system: ARN or id of the file system; None if it is not known yet.
        access_point: ARN or id of the access point; None if it is not known yet.
        has_access_point: Whether it goes through an access point.
    """

    action: str
    file_system: str | None
    access_point: str | None


def statements(document: Plain) -> list[Statement] | Unknown | None:
    """The statements of a document in JSON; None for what is no policy."""
    parsed = json_object(document)
    if parsed is UNKNOWN or parsed is None:
        return parsed
    found = [item for item in items(parsed.get("Statement")) if isinstance(item, dict)]
    return [_statement(item) for item in found]


def _statement(item: dict[str, Plain]) -> Statement:
    def named(key: str) -> tuple[str | Unknown, ...] | None:
        if key not in item:
            return None
        return tuple(value for i in items(item[key]) if (value := text(i)) is not None)

    return Statement(
        item.get("Effect") == "Allow",
        named("Action"),
        named("NotAction"),
        named("Resource"),
        named("NotResource"),
        item.get("Principal"),
        "NotPrincipal" in item,
        item.get("Condition"),
    )


def applies(statement: Statement, client: Client) -> Answer:
    """Whether a statement is about this request, its principal aside."""
    return all_of(
        [
            _named(statement.actions, statement.not_actions, lambda p: _action(p, client.action)),
            _named(
                statement.resources,
                statement.not_resources,
                lambda p: _resource(p, "file-system", client.file_system),
                missing=True,
            ),
            _condition(statement.condition, client),
        ]
    )


def _named(
    patterns: tuple[str | Unknown, ...] | None,
    excluded: tuple[str | Unknown, ...] | None,
    match: Callable[[str], Answer],
    *,
    missing: bool = False,
) -> Answer:
    if excluded is not None:
        found = any_of(UNKNOWN if p is UNKNOWN else match(p) for p in excluded)
        return not found if isinstance(found, bool) else found
    if patterns is None:
        return missing
    return any_of(UNKNOWN if p is UNKNOWN else match(p) for p in patterns)


@lru_cache(maxsize=4096)
def _pattern(pattern: str) -> re.Pattern[str]:
    escaped = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(escaped, re.DOTALL)


def like(pattern: str, value: str) -> bool:
    """Whether a text is like an IAM pattern with * and ?."""
    return _pattern(pattern).fullmatch(value) is not None


def _action(pattern: str, action: str) -> bool:
    return like(pattern.lower(), action.lower())


def _resource(pattern: str, kind: str, known: str | None) -> Answer:
    """Whether a pattern stands for the file system or access point `known`, an ARN or an id."""
    if known is not None and known.startswith("arn:"):
        return like(pattern, known)
    if set(pattern) == {"*"}:
        return True
    # Region and account are not known here, but its own they are.
    tail = _ARN_PREFIX.sub("", pattern)
    if tail == pattern:
        return like(pattern, f"arn:aws:elasticfilesystem:::{kind}/x")
    if known is not None:
        return like(tail, f"{kind}/{known}")
    if "*" in tail:
        return True if like(tail, f"{kind}/") or like(tail, f"{kind}/x") else UNKNOWN
    return False  # a text that is known names nothing that is still to be made


def _condition(condition: Plain, client: Client) -> Answer:
    if condition is None:
        return True
    if not isinstance(condition, dict):
        return UNKNOWN if condition is UNKNOWN else None
    answers: list[Answer] = []
    for operator, wanted in condition.items():
        if not isinstance(wanted, dict):
            answers.append(UNKNOWN if wanted is UNKNOWN else None)
            continue
        for key, values in wanted.items():
            answers.append(_test(operator, key.lower(), values, client))
    return all_of(answers)


_VALUES = {
    "elasticfilesystem:accesspointarn": "",
    "aws:securetransport": "true",
    "elasticfilesystem:accessedviamounttarget": "true",
}


def _test(operator: str, key: str, values: Plain, client: Client) -> Answer:
    base = operator.removesuffix("IfExists")
    if key not in _VALUES:
        return None
    wanted = [_lower(value) for value in items(values)]
    if base == "Null":
        return "false" in wanted
    plain = base.replace("Not", "", 1)
    negated = plain != base
    known = {"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "Bool"}
    if plain not in known:
        return None
    found = any_of(_equal(plain, key, value, client) for value in wanted)
    return (not found if negated else found) if isinstance(found, bool) else found


def _lower(value: Plain) -> str | Unknown:
    if value is UNKNOWN:
        return UNKNOWN
    return str(value).lower() if isinstance(value, bool) else str(value)


def _equal(operator: str, key: str, value: str | Unknown, client: Client) -> Answer:
    if value is UNKNOWN:
        return UNKNOWN
    if _VALUES[key]:
        return value.lower() == _VALUES[key]
    exact = operator == "StringEquals"
    if client.access_point is None:
        return UNKNOWN if exact else _resource(value, "access-point", None)
    if exact and client.access_point.startswith("arn:"):
        return value == client.access_point
    return _resource(value, "access-point", client.access_point)
