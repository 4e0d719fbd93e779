"""IAM policy documents: their statements, and whether one applies to an EFS client's request.

The subset: Action, Resource, Principal and their Not forms but NotPrincipal; string, ARN, Bool and
Null operators, with IfExists, on the keys of `Client.context`. Whatever lies outside leaves the
answer open, and so does a policy variable (`${aws:username}`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from .findings import Answer, Open, all_of, any_of, negated
from .graph import Resource
from .values import UNKNOWN, Plain, Unknown, at, items, parsed, text

_ARN_PREFIX = re.compile(r"arn:[^:]*:elasticfilesystem:[^:]*:[^:]*:")
_PRINCIPAL = re.compile(
    r"arn:[\w-]+:(?:iam|sts)::(?P<account>\d{12}):"
    r"(?P<type>root|role|user|assumed-role|federated-user)(?:/(?:.*/)?(?P<name>[^/]+))?"
)
_SESSION = re.compile(r"(?P<head>arn:[\w-]+:sts::\d{12}:assumed-role/[^/]+)/.+")
_OPERATORS = {
    *("StringEquals", "StringEqualsIgnoreCase", "StringLike"),
    *("ArnEquals", "ArnLike", "Bool", "Null"),
}
_NOT_YET = Open("is not known yet", preview=True)

Words: TypeAlias = tuple[str | Unknown, ...]


@dataclass(frozen=True)
class Statement:
    """One statement; None where it lacks an element. Of one with `left` nothing else is known."""

    allows: bool
    actions: Words | None = None
    not_actions: Words | None = None
    resources: Words | None = None
    not_resources: Words | None = None
    principal: Plain = None
    not_principal: bool = False
    condition: Plain = None
    left: Open | None = None

    @property
    def is_for_everybody(self) -> bool:
        return self.principal == "*" or "*" in items(at(self.principal, "AWS"))

    @property
    def tests(self) -> list[tuple[str, str, list[Plain]]]:
        """(operator, key, values) of each test of its condition."""
        operators = self.condition if isinstance(self.condition, dict) else {}
        return [
            (operator, key, items(values))
            for operator, wanted in operators.items()
            for key, values in (wanted if isinstance(wanted, dict) else {"": wanted}).items()
        ]


@dataclass(frozen=True)
class Client:
    """A request of an EFS client through a mount target.

    Attributes:
        action: For instance `elasticfilesystem:ClientMount`.
        file_system: ARN or id of the file system; None if it is not known yet.
        context: By condition key in small letters its value; `UNKNOWN` if it is not known yet, None
            if the request has none. Of a key that is not in it nothing is known here.
        role: As whom the client comes; None is nobody in particular.
    """

    action: str
    file_system: str | None
    context: Mapping[str, str | Unknown | None]
    role: Resource | None = None


def unread(left: Open, *effects: bool) -> list[Statement]:
    """What stands for statements that are not known, of these effects: True is Allow."""
    return [Statement(effect, left=left) for effect in effects or (True, False)]


def statements(document: Plain) -> list[Statement]:
    whole = parsed(document)
    if not isinstance(whole, dict):
        because = "is unknown" if whole is UNKNOWN else "is no policy in JSON"
        return unread(Open(because, preview=whole is UNKNOWN))
    return [_statement(item) for item in items(whole.get("Statement")) if isinstance(item, dict)]


def _statement(item: dict[str, Plain]) -> Statement:
    def words(key: str) -> Words | None:
        found = [text(one) for one in items(item.get(key))]
        return tuple(one for one in found if one is not None) if key in item else None

    return Statement(
        item.get("Effect") == "Allow",
        words("Action"),
        words("NotAction"),
        words("Resource"),
        words("NotResource"),
        item.get("Principal"),
        "NotPrincipal" in item,
        item.get("Condition"),
    )


def applies(statement: Statement, client: Client) -> Answer:
    """Whether a statement is about this request, its principal apart."""
    if statement.left:
        return statement.left
    action = client.action.lower()
    resources, others = statement.resources, statement.not_resources
    return all_of(
        [
            _among(statement.actions, statement.not_actions, lambda p: like(p.lower(), action)),
            (resources is None and others is None)
            or _among(
                resources, others, lambda p: _is_resource(p, "file-system", client.file_system)
            ),
            _condition(statement, client),
        ]
    )


def _among(
    patterns: Words | None, excluded: Words | None, match: Callable[[str], Answer]
) -> Answer:
    known = excluded if excluded is not None else patterns or ()
    found = any_of(
        _NOT_YET if pattern is UNKNOWN else _variable(pattern) or match(pattern)
        for pattern in known
    )
    return found if excluded is None else negated(found)


def _variable(pattern: str) -> Open | None:
    has = re.search(r"\$\{(?![*?$]\})", pattern)
    return Open("has a policy variable") if has else None


@lru_cache(maxsize=4096)
def _pattern(pattern: str) -> re.Pattern[str]:
    escaped = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(escaped, re.DOTALL)


def like(pattern: str, value: str) -> bool:
    """Whether a text is like an IAM pattern with * and ?."""
    return _pattern(pattern).fullmatch(value) is not None


def _is_resource(pattern: str, kind: str, known: str | None) -> Answer:
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
        return like(tail, f"{kind}/") or like(tail, f"{kind}/x") or _NOT_YET
    return False  # a text that is known names nothing that is still to be made


def concerns(statement: Statement, role: Resource | None) -> Answer:
    """Whether a statement speaks of the role, or of nobody in particular.

    A statement of a role's own policy has no principal.
    """
    if statement.not_principal:
        return Open("has a NotPrincipal, which is not judged here")
    if statement.principal is UNKNOWN:
        return _NOT_YET
    if statement.principal is None or statement.is_for_everybody:
        return True
    named = items(at(statement.principal, "AWS"))
    return any_of(_is_role(name, role, denies=not statement.allows) for name in named)


def _is_role(name: Plain, role: Resource | None, *, denies: bool) -> Answer:
    if role is None or not isinstance(name, str):
        return name is UNKNOWN and _NOT_YET
    arn = role.get("arn")
    own = _PRINCIPAL.fullmatch(arn) if isinstance(arn, str) else None
    given = _PRINCIPAL.fullmatch(_SESSION.sub(r"\g<head>", name))
    if name.isdigit() or (given and given["type"] == "root"):
        # To an account: what is denied is denied to each role of it, what is allowed is left to
        # the roles' own policies.
        account = name if given is None else given["account"]
        return denies and (_NOT_YET if own is None else account == own["account"])
    if given is None:
        unique = role.get("uniqueId")
        if isinstance(unique, str) or not name.startswith("AROA"):
            return name == unique
        return Open("names a role by its unique id", preview=unique is UNKNOWN)
    if given["type"] not in {"role", "assumed-role"} or not given["name"]:
        return False
    if own is not None:
        return (given["account"], given["name"]) == (own["account"], own["name"])
    known = role.get("name")
    return False if isinstance(known, str) and known != given["name"] else _NOT_YET


def _condition(statement: Statement, client: Client) -> Answer:
    if statement.condition is UNKNOWN:
        return _NOT_YET
    if not isinstance(statement.condition, dict | None):
        return Open("has a condition that is none")
    return all_of(_test(*test, client) for test in statement.tests)


def _test(operator: str, key: str, values: list[Plain], client: Client) -> Answer:
    base = operator.removesuffix("IfExists")
    plain = base.replace("Not", "", 1)
    if key.lower() not in client.context or plain not in _OPERATORS:
        return Open(f"has a condition on {key or operator} ({operator}), which is not judged here")
    actual = client.context[key.lower()]
    if base == "Null":
        return ("true" in [str(value).lower() for value in values]) == (actual is None)
    if actual is None:
        return plain != base or operator != base
    found = any_of(_equal(plain, key.lower(), value, actual) for value in values)
    return negated(found) if plain != base else found


def _equal(operator: str, key: str, value: Plain, actual: str | Unknown) -> Answer:
    if value is UNKNOWN:
        return _NOT_YET
    wanted = str(value).lower() if isinstance(value, bool) else str(value)
    if variable := _variable(wanted):
        return variable
    exact = operator == "StringEquals"
    if key == "elasticfilesystem:accesspointarn":
        if exact and actual is UNKNOWN:
            return _NOT_YET
        if exact and isinstance(actual, str) and actual.startswith("arn:"):
            return wanted == actual
        return _is_resource(wanted, "access-point", actual if isinstance(actual, str) else None)
    if actual is UNKNOWN:
        return True if not exact and set(wanted) == {"*"} else _NOT_YET
    if operator == "Bool":
        return wanted.lower() == actual.lower()
    return wanted == actual if exact else like(wanted, actual)
