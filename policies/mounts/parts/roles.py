"""A role's policies: inline, attached, and those that AWS manages."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...reading.findings import Open
from ...reading.graph import Resource, Stack, once
from ...reading.iam import Statement, statements
from ...reading.kinds import ROLES, token
from ...reading.naming import NotYet, anywhere, candidates, named
from ...reading.values import UNKNOWN, Plain, at, items, text

_POLICY = token("iam", "Policy")
_ROLE_POLICY = token("iam", "RolePolicy")
# By type: the property that names roles, and the one that names policies by ARN.
_ATTACHMENTS = {
    token("iam", "RolePolicyAttachment"): ("role", "policyArn"),
    token("iam", "PolicyAttachment"): ("roles", "policyArn"),
    token("iam", "RolePolicyAttachmentsExclusive"): ("roleName", "policyArns"),
}

_CLIENT = "elasticfilesystem:Client"
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/, policies' pages, 2026-11
_MANAGED = {
    "AmazonElasticFileSystemClientFullAccess": ("Mount", "RootAccess", "Write"),
    "AmazonElasticFileSystemClientReadWriteAccess": ("Mount", "Write"),
    "AmazonElasticFileSystemClientReadOnlyAccess": ("Mount",),
    "AdministratorAccess": ("*",),
    "PowerUserAccess": ("*",),
}
# These say nothing of EFS clients.
_UNRELATED = {
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AWSLambdaSQSQueueExecutionRole",
    "AWSLambdaKinesisExecutionRole",
    "AWSLambdaDynamoDBExecutionRole",
    "AWSLambdaENIManagementAccess",
    "AWSXRayDaemonWriteAccess",
    "AmazonDynamoDBFullAccess",
    "AmazonDynamoDBReadOnlyAccess",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonECSTaskExecutionRolePolicy",
    "AmazonS3FullAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonSNSFullAccess",
    "AmazonSQSFullAccess",
    "AmazonSSMManagedInstanceCore",
    "AmazonSSMReadOnlyAccess",
    "CloudWatchAgentServerPolicy",
    "CloudWatchLambdaInsightsExecutionRolePolicy",
    "CloudWatchLogsFullAccess",
    "SecretsManagerReadWrite",
}


@dataclass(frozen=True)
class Document:
    """A policy of a role, or of a file system: its statements, or why they are not known.

    `effects` are those that statements which are not known may have: True is Allow.
    """

    label: str
    statements: tuple[Statement, ...] | Open
    effects: tuple[bool, ...] = (True, False)
    of_system: bool = False


def documents_of(role: Resource) -> list[Document]:
    """Every policy of a role of this stack."""
    found = list(_by_role(role.stack).get(role.urn, []))
    for inline in items(role.given("inlinePolicies")):
        if inline is UNKNOWN or text(at(inline, "policy")) is not None:
            name = at(inline, "name")
            label = f"inline policy '{name}'" if isinstance(name, str) else "an inline policy"
            found.append(read_document(f"{label} of {role.label}", at(inline, "policy")))
    for arn in items(role.given("managedPolicyArns")):
        found.extend(_attached(role, "managedPolicyArns", arn))
    if role.given("permissionsBoundary") is not None:
        # A boundary allows nothing by itself.
        label = f"the permissions boundary of {role.label}"
        found.append(Document(label, Open("is not judged here"), (False,)))
    return found


@once
def _by_role(stack: Stack) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = defaultdict(list)

    def give(resource: Resource, name: str, documents: list[Document]) -> None:
        for given in items(resource.get(name)):
            owner = named(resource, ROLES, name, given)
            theirs = documents
            if isinstance(owner, NotYet):
                which = Open("may belong to another role", preview=True)
                theirs = [replace(document, statements=which) for document in documents]
            for role in candidates(owner):
                found[role.key] += theirs

    for policy in stack.of_type(_ROLE_POLICY):
        give(policy, "role", [read_document(policy.label, policy.get("policy"))])
    native = [one for one in stack.resources if re.match("aws-native:iam:.*Policy", one.type)]
    for policy, role in ((one, role) for one in native for role in anywhere(one, ROLES).names):
        which = Open("is of a type that this pack does not read")
        found[role.key].append(Document(policy.label, which))
    for type_, (who, what) in _ATTACHMENTS.items():
        for one in stack.of_type(type_):
            give(one, who, [d for arn in items(one.get(what)) for d in _attached(one, what, arn)])
    return found


def _attached(resource: Resource, name: str, arn: Plain) -> Iterator[Document]:
    """The policy that an ARN, part of the resource's property `name`, stands for."""
    given = text(arn)
    own = _policies(resource.stack).get(given) if isinstance(given, str) else None
    if given is None:
        return
    if given is UNKNOWN:
        origins = resource.origins(name, _POLICY)
        sure = len(origins) in {1, len(items(resource.get(name)))}
        which = Open("may be attached or not" if origins else "is unknown", preview=True)
        for origin in origins:
            document = read_document(origin.label, origin.get("policy"))
            yield document if sure else Document(origin.label, which)
        if not origins:
            yield Document(f"the policy that {resource.label} attaches", which)
    elif own is not None:
        yield read_document(own.label, own.get("policy"))
    elif ":iam::aws:policy/" not in given:
        yield Document(f"policy {given}", Open("is made elsewhere"))
    else:
        yield from _managed(given.rpartition("/")[2])


def _managed(name: str) -> Iterator[Document]:
    label = f"AWS managed policy {name}"
    if name in _MANAGED:
        actions = tuple(f"{_CLIENT}{action}" for action in _MANAGED[name])
        yield Document(label, (Statement(True, actions, resources=("*",)),))
    elif name not in _UNRELATED:
        # Those that AWS manages for use as they are do not deny.
        yield Document(label, Open("is not among those that this pack knows"), (True,))


@once
def _policies(stack: Stack) -> dict[str, Resource]:
    policies = [(policy.get("arn"), policy) for policy in stack.of_type(_POLICY)]
    return {arn: policy for arn, policy in policies if isinstance(arn, str)}


def read_document(label: str, document: Plain) -> Document:
    """A policy document as JSON."""
    found = statements(document)
    return Document(label, tuple(found) if isinstance(found, list) else found)
