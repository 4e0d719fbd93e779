"""The policies of a role (inline, attached, those that AWS manages) and of a file system."""

import re
from collections import defaultdict
from collections.abc import Iterator

from ...reading.findings import Open
from ...reading.graph import Resource, Stack, once
from ...reading.iam import Statement, statements, unread
from ...reading.kinds import FILE_SYSTEM_POLICY, FILE_SYSTEMS, ROLES, Kind, token
from ...reading.naming import NotYet, anywhere, candidates, named
from ...reading.tables import table
from ...reading.values import UNKNOWN, Plain, at, items, text

_POLICY = token("iam", "Policy")
# By type: the property that names roles, and the one that names policies by ARN.
_ATTACHMENTS = {
    token("iam", "RolePolicyAttachment"): ("role", "policyArn"),
    token("iam", "PolicyAttachment"): ("roles", "policyArn"),
    token("iam", "RolePolicyAttachmentsExclusive"): ("roleName", "policyArns"),
}

# Statements, each with the name of its policy in messages.
Policies = list[tuple[str, Statement]]


def policies_of(role: Resource) -> Policies:
    """Every policy of a role of this stack."""
    found = list(_by_owner(role.stack)[role.urn])
    for inline in items(role.given("inlinePolicies")):
        if inline is UNKNOWN or text(at(inline, "policy")) is not None:
            name = at(inline, "name")
            label = f"inline policy '{name}'" if isinstance(name, str) else "an inline policy"
            found += _labelled(f"{label} of {role.label}", statements(at(inline, "policy")))
    for arn in items(role.given("managedPolicyArns")):
        found += _attached(role, "managedPolicyArns", arn)
    if role.given("permissionsBoundary") is not None:
        # A boundary allows nothing by itself.
        left = unread(Open("is not judged here"), False)
        found += _labelled(f"the permissions boundary of {role.label}", left)
    return found


def policies_of_system(stack: Stack, key: str) -> Policies:
    """The policies of a file system, and those of which only the creation tells whose they are."""
    found = _by_owner(stack)
    return [*found.get(key, []), *found.get("", [])]


def _labelled(label: str, found: list[Statement]) -> Policies:
    return [(label, statement) for statement in found]


@once
def _by_owner(stack: Stack) -> dict[str, Policies]:
    """By the URN of a role or the key of a file system; of "", where a system is not known."""
    found: dict[str, Policies] = defaultdict(list)

    def give(resource: Resource, kind: Kind, name: str, policies: Policies) -> None:
        for given in items(resource.get(name)):
            owner = named(resource, kind, name, given)
            theirs = policies
            if isinstance(owner, NotYet):
                left = Open(f"may belong to another {kind.what}", preview=True)
                labels = dict.fromkeys(label for label, _ in policies)
                theirs = [(label, one) for label in labels for one in unread(left)]
            nobody = [""] if kind == FILE_SYSTEMS else []
            for key in [known.key for known in candidates(owner)] or nobody:
                found[key] += theirs

    for policy in stack.of_type(token("iam", "RolePolicy")):
        give(policy, ROLES, "role", _labelled(policy.label, statements(policy.get("policy"))))
    for policy in stack.of_type(FILE_SYSTEM_POLICY):
        own = _labelled(policy.label, statements(policy.get("policy")))
        give(policy, FILE_SYSTEMS, "fileSystemId", own)
    for type_, (who, what) in _ATTACHMENTS.items():
        for one in stack.of_type(type_):
            attached = [p for arn in items(one.get(what)) for p in _attached(one, what, arn)]
            give(one, ROLES, who, attached)
    native = [one for one in stack.resources if re.match("aws-native:iam:.*Policy", one.type)]
    for policy, role in ((one, role) for one in native for role in anywhere(one, ROLES).names):
        left = unread(Open("is of a type that this pack does not read"))
        found[role.key] += _labelled(policy.label, left)
    return found


def _attached(resource: Resource, name: str, arn: Plain) -> Iterator[tuple[str, Statement]]:
    """The policy that an ARN, part of the resource's property `name`, stands for."""
    given = text(arn)
    own = _policies(resource.stack).get(str(given))
    if given is UNKNOWN:
        origins = resource.origins(name, _POLICY)
        sure = len(origins) in {1, len(items(resource.get(name)))}
        maybe = unread(Open("may be attached or not", preview=True))
        for origin in origins:
            yield from _labelled(origin.label, statements(origin.get("policy")) if sure else maybe)
        if not origins:
            left = unread(Open("is unknown", preview=True))
            yield from _labelled(f"the policy that {resource.label} attaches", left)
    elif own is not None:
        yield from _labelled(own.label, statements(own.get("policy")))
    elif given is not None and ":iam::aws:policy/" not in given:
        yield from _labelled(f"policy {given}", unread(Open("is made elsewhere")))
    elif given is not None:
        managed = given.rpartition("/")[2]
        known = table("managed_policies").get(managed)
        # Those that are new do not deny: AWS manages them for use as they are.
        left = unread(Open("is not among those that this pack knows"), True)
        found = left if known is None else statements({"Statement": known})
        yield from _labelled(f"AWS managed policy {managed}", found)


@once
def _policies(stack: Stack) -> dict[str, Resource]:
    policies = [(policy.get("arn"), policy) for policy in stack.of_type(_POLICY)]
    return {arn: policy for arn, policy in policies if isinstance(arn, str)}
