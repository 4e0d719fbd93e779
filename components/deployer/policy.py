"""IAM policies of whoever deploys a stack: what is called for its resources, and on what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import compute, gates, network, operation, storage
from .calls import PLACES, STEPS, WITHOUT_RESOURCES, Calls
from .names import Names, Place, Used, keys

ROWS: Mapping[str, Calls] = {
    **network.ROWS,
    **storage.ROWS,
    **compute.ROWS,
    **operation.ROWS,
    **gates.ROWS,
}
OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "preview": ("plan",),
    "refresh": ("plan", "read"),
    "up": STEPS,
    "destroy": ("delete",),
}
"""What is done for a command of Pulumi; with `--refresh` a command needs that of `refresh` too."""

MOST_CHARACTERS = 6_144
"""Of a managed policy without white space: IAM's guide, quotas."""
_KEY_PAGE = "https://docs.aws.amazon.com/efs/latest/ug/encryption-at-rest.html"
_KEY_USE = ("kms:DescribeKey", "kms:Decrypt", "kms:GenerateDataKey*")
_LINKED_PAGE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html"
_PASS_PAGE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"  # noqa: S105
# Actions that make a role or give it rights: within the boundary that the stack sets.
_BOUNDED = {
    "iam:CreateRole",
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:PutRolePermissionsBoundary",
}


class UnknownTypeError(ValueError):
    """A plan has resources of a type that the table does not know."""


@dataclass(frozen=True, kw_only=True)
class Right:
    """One action that is allowed.

    Attributes:
        action: Of IAM.
        arns: On what.
        condition: Under which condition, as JSON; empty: none.
        source: Who says that it is called.
        by: The type of resource for which it is.
    """

    action: str
    arns: tuple[str, ...]
    condition: str = ""
    source: str = field(compare=False)
    by: str = field(compare=False)


def rights(used: Sequence[Used], operation: str, place: Place) -> list[Right]:
    """Every right that an operation takes.

    Args:
        used: The resources of the stack.
        operation: One of `OPERATIONS`.
        place: Where the stack is.

    Raises:
        UnknownTypeError: There are resources of a type that no row is about.
    """
    ours = [one for one in used if not one.type.startswith("pulumi:")]
    if unknown := sorted({one.type for one in ours} - {o.type for o in ours if o.kind in ROWS}):
        raise UnknownTypeError(
            f"{', '.join(unknown)}: no row says what is called for these. Remedy: allow it in a "
            "policy of your own, and leave them out here with --except"
        )
    names, steps = Names(ours, ROWS, place), OPERATIONS[operation]
    found = [
        Right(action=action, arns=("*",), source=source, by="every stack")
        for action, source in gates.PLANNING.actions(steps, {})
    ]
    for one in ours:
        row = ROWS[one.kind]
        for action, source in row.actions(steps, one.inputs):
            arns = names.arns(one, _templates(row, action))
            condition = _condition(one, action, names)
            found.append(
                Right(action=action, arns=arns, condition=condition, source=source, by=one.kind)
            )
        if "create" in steps:
            found += _of_creation(one, row, names)
    return list(dict.fromkeys(found))


def _templates(row: Calls, action: str) -> tuple[str, ...]:
    if action in WITHOUT_RESOURCES:
        return ("*",)
    service = action.partition(":")[0]
    return row.on.get(action) or row.on.get(service) or PLACES[service]


def _condition(one: Used, action: str, names: Names) -> str:
    condition: dict[str, Any] = {}
    boundary = one.inputs.get("permissionsBoundary")
    if action in _BOUNDED and isinstance(boundary, str) and boundary.startswith("arn:"):
        condition = {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    if action in {"ecs:ListTasks", "ecs:RunTask"}:
        cluster = "arn:{partition}:ecs:{region}:{account}:cluster/{cluster_arn}"
        (arn,) = names.arns(one, [cluster])
        condition = {"ArnLike": {"ecs:cluster": arn}}
    return json.dumps(condition) if condition else ""


def _of_creation(one: Used, row: Calls, names: Names) -> Iterator[Right]:
    """What whoever creates it needs beside the calls: to pass roles, and to use keys."""
    if row.linked:
        role = f"arn:{{partition}}:iam::{{account}}:role/aws-service-role/{row.linked}/*"
        yield Right(
            action="iam:CreateServiceLinkedRole",
            arns=names.arns(one, [role]),
            condition=json.dumps({"StringEquals": {"iam:AWSServiceName": row.linked}}),
            source=_LINKED_PAGE,
            by=one.kind,
        )
    if one.kind == "aws:iam/role:Role":
        for service in _trusted(one.inputs.get("assumeRolePolicy")):
            yield Right(
                action="iam:PassRole",
                arns=names.arns(one, row.on["iam"]),
                condition=json.dumps({"StringEquals": {"iam:PassedToService": service}}),
                source=_PASS_PAGE,
                by=one.kind,
            )
    for key in sorted({*keys(one.inputs)}):
        for action in _KEY_USE:
            yield Right(action=action, arns=(key,), source=_KEY_PAGE, by=one.kind)
        grant = json.dumps({"Bool": {"kms:GrantIsForAWSResource": "true"}})
        yield Right(
            action="kms:CreateGrant", arns=(key,), condition=grant, source=_KEY_PAGE, by=one.kind
        )


def _trusted(policy: Any) -> list[str]:
    """The services that a trust policy lets assume a role."""
    try:
        statements = json.loads(policy)["Statement"]
    except (TypeError, ValueError, KeyError):
        return []
    given = [statement.get("Principal", {}).get("Service", []) for statement in statements]
    return sorted({s for one in given for s in ([one] if isinstance(one, str) else one)})


def documents(found: Sequence[Right]) -> list[dict[str, Any]]:
    """Policy documents with these rights, each as large as a managed policy may be."""
    grouped: dict[tuple[tuple[str, ...], str], set[str]] = {}
    by_action: dict[tuple[str, str], set[str]] = {}
    for right in found:
        by_action.setdefault((right.action, right.condition), set()).update(right.arns)
    for (action, condition), on in by_action.items():
        widest = {"*"} if "*" in on else on
        grouped.setdefault((tuple(sorted(widest)), condition), set()).add(action)
    made: list[list[dict[str, Any]]] = [[]]
    for (arns, condition), actions in sorted(grouped.items()):
        for statement in _statements(sorted(actions), arns, condition):
            if size(_document([*made[-1], statement])) > MOST_CHARACTERS:
                made.append([])
            made[-1].append(statement)
    return [_document(statements) for statements in made if statements]


def _statements(
    actions: list[str], arns: tuple[str, ...], condition: str
) -> Iterator[dict[str, Any]]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": actions, "Resource": [*arns]}
    if condition:
        statement["Condition"] = json.loads(condition)
    if size(_document([statement])) <= MOST_CHARACTERS:
        yield statement
        return
    half, more = len(actions) // 2, len(arns) // 2
    if half:
        yield from _statements(actions[:half], arns, condition)
        yield from _statements(actions[half:], arns, condition)
    else:
        yield from _statements(actions, arns[:more], condition)
        yield from _statements(actions, arns[more:], condition)


def size(document: Mapping[str, Any]) -> int:
    """Characters of a document as IAM counts them."""
    return len(json.dumps(document, separators=(",", ":")))


def _document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}
