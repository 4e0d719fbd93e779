"""Who may do what, and who reaches whom: IAM policies and security groups, the part that we use."""

from __future__ import annotations

import fnmatch
import ipaddress
from collections.abc import Callable, Iterable, Mapping
from typing import Any

NFS_PORT = 2049
Document = Mapping[str, Any]


def admits(rules: Iterable[Any], groups: Iterable[str], address: str, port: int = NFS_PORT) -> bool:
    """Whether one of moto's security group rules lets TCP through, to or from groups or address."""
    members = set(groups)
    return any(
        rule.ip_protocol in {"-1", "tcp"}
        and (rule.from_port is None or rule.from_port <= port <= rule.to_port)
        and (
            rule.source_group.get("GroupId") in members
            or ipaddress.ip_address(address) in ipaddress.ip_network(rule.cidr_ipv4 or "::/128")
        )
        for rule in rules
    )


def _like(pattern: str, value: str) -> bool:
    return fnmatch.fnmatchcase(value, pattern.replace("[", "[[]"))


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": str.__eq__,
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda wanted, value: wanted.lower() == value.lower(),
}


def items(value: Any) -> list[Any]:
    """A policy's value as the list that it may be."""
    return value if isinstance(value, list) else [value]


def statements(document: Document) -> list[dict[str, Any]]:
    """The statements of a policy."""
    return [dict(statement) for statement in items(document["Statement"])]


def _named(statement: Document, key: str, value: str) -> bool:
    fold = str.lower if key == "Action" else str
    for form, wanted in ((key, True), (f"Not{key}", False)):
        if form in statement:
            hit = any(_like(fold(item), fold(value)) for item in items(statement[form]))
            return hit == wanted
    return True


def _condition(operator: str, key: str, wanted: Any, context: Mapping[str, str]) -> bool:
    value = {name.lower(): item for name, item in context.items()}.get(key.lower())
    if operator == "Null":
        return str(wanted).lower() == str(value is None).lower()
    base = operator.removesuffix("IfExists")
    test = _OPERATORS.get(base.replace("Not", "", 1))
    if test is None:
        return False
    negated = base not in _OPERATORS
    if value is None:
        return negated or operator != base
    texts = [str(i).lower() if isinstance(i, bool) else str(i) for i in items(wanted)]
    return negated != any(test(text, value) for text in texts)


def _principals(statement: Document) -> set[str]:
    principal = statement.get("Principal", {})
    if principal == "*":
        return {"*"}
    return {item for kind in principal.values() for item in items(kind)}


def allows(
    policies: Iterable[Document],
    action: str,
    resource: str,
    context: Mapping[str, str],
    *,
    principal: str = "",
    resource_policies: Iterable[Document] = (),
    boundary: Iterable[Document] | None = None,
) -> bool:
    """Whether a principal may do `action`, by its own policies and those of the resource. [doc]

    A Deny anywhere wins; then an Allow on either side is enough, both being of one account. Where
    the principal has a permissions boundary, that has to allow it too. The string, ARN and Bool
    operators are known, negated and IfExists too; a statement with another operator does not apply.
    NotPrincipal is not known.
    """
    if boundary is not None and not allows(boundary, action, resource, context):
        return False
    own = [statement for policy in policies for statement in statements(policy)]
    others = [s for policy in resource_policies for s in statements(policy)]
    effects = {
        statement["Effect"]
        for statement in own + [s for s in others if _principals(s) & {"*", principal}]
        if _named(statement, "Action", action)
        and _named(statement, "Resource", resource)
        and all(
            _condition(operator, key, wanted, context)
            for operator, wants in statement.get("Condition", {}).items()
            for key, wanted in wants.items()
        )
    }
    return "Allow" in effects and "Deny" not in effects


def trusts(document: Document, service: str, context: Mapping[str, str]) -> bool:
    """Whether a trust policy lets an AWS `service` assume the role."""
    trust = [s for s in statements(document) if service in _principals(s)]
    return allows([{"Statement": trust}], "sts:AssumeRole", "*", context)
