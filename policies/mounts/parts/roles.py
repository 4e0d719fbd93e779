"""A role's policies: inline, attached, and those that AWS manages."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...reading.findings import Open
from ...reading.graph import Resource, Stack
from ...reading.iam import Statement, statements
from ...reading.kinds import ROLES
from ...reading.naming import Here, NotYet, candidates, register
from ...reading.values import UNKNOWN, Plain, at, items, text

_POLICY = "aws:iam/policy:Policy"
_ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
# By type: the property that names roles, and the one that names policies by ARN.
ATTACHMENTS = {
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ("role", "policyArn"),
    "aws:iam/policyAttachment:PolicyAttachment": ("roles", "policyArn"),
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": (
        "roleName",
        "policyArns",
    ),
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


def documents_of(stack: Stack, role: Here) -> list[Document]:
    """Every policy of a role of this stack."""
    found = list(stack.once(_by_role).get(role.key, []))
    resource = role.resource
    for inline in items(resource.given("inlinePolicies")):
        if inline is UNKNOWN or text(at(inline, "policy")) is not None:
            name = at(inline, "name")
            label = f"inline policy '{name}'" if isinstance(name, str) else "an inline policy"
            found.append(read_document(f"{label} of {role.label}", at(inline, "policy")))
    for arn in items(resource.given("managedPolicyArns")):
        found.extend(_attached(stack, resource, "managedPolicyArns", arn))
    if resource.given("permissionsBoundary") is not None:
        # A boundary allows nothing by itself.
        label = f"the permissions boundary of {role.label}"
        found.append(Document(label, Open("is not judged here"), (False,)))
    return found


def _by_role(stack: Stack) -> dict[str, list[Document]]:
    roles = register(stack, ROLES)
    found: dict[str, list[Document]] = defaultdict(list)

    def give(resource: Resource, name: str, documents: list[Document]) -> None:
        for given in items(resource.get(name)):
            named = roles.named(given, resource, name)
            which = Open("may belong to another role", preview=True)
            for role in candidates(named):
                found[role.key] += (
                    [replace(document, statements=which) for document in documents]
                    if isinstance(named, NotYet)
                    else documents
                )

    for policy in stack.of_type(_ROLE_POLICY):
        give(policy, "role", [read_document(policy.label, policy.get("policy"))])
    for resource in stack.resources:
        if resource.type.startswith("aws-native:iam:") and "Policy" in resource.type:
            for role in roles.anywhere(resource).names:
                which = Open("is of a type that this pack does not read")
                found[role.key].append(Document(resource.label, which))
    for token, (who, what) in ATTACHMENTS.items():
        for attachment in stack.of_type(token):
            arns = items(attachment.get(what))
            documents = [d for arn in arns for d in _attached(stack, attachment, what, arn)]
            give(attachment, who, documents)
    return found


def _attached(stack: Stack, resource: Resource, name: str, arn: Plain) -> Iterator[Document]:
    """The policy that an ARN, part of the resource's property `name`, stands for."""
    given = text(arn)
    if given is None:
        return
    if given is UNKNOWN:
        origins = stack.origins(resource, name, _POLICY)
        slots = len(items(resource.get(name)))
        for origin in origins:
            document = read_document(origin.label, origin.get("policy"))
            sure = len(origins) in {1, slots}
            which = Open("may be attached or not", preview=True)
            yield document if sure else Document(origin.label, which)
        if not origins:
            which = Open("is unknown", preview=True)
            yield Document(f"the policy that {resource.label} attaches", which)
        return
    own = stack.once(_policies).get(given)
    if own is not None:
        yield read_document(own.label, own.get("policy"))
        return
    managed = given.rpartition("/")[2]
    if ":iam::aws:policy/" not in given:
        yield Document(f"policy {given}", Open("is made elsewhere"))
    elif managed in _MANAGED:
        actions = tuple(f"{_CLIENT}{action}" for action in _MANAGED[managed])
        statement = Statement(True, actions, None, ("*",), None, None, False, None)
        yield Document(f"AWS managed policy {managed}", (statement,))
    elif managed not in _UNRELATED:
        # Those that AWS manages for use as they are do not deny.
        why = Open("is not among those that this pack knows")
        yield Document(f"AWS managed policy {managed}", why, (True,))


def _policies(stack: Stack) -> dict[str, Resource]:
    return {
        arn: policy
        for policy in stack.of_type(_POLICY)
        if isinstance(arn := policy.get("arn"), str)
    }


def read_document(label: str, document: Plain) -> Document:
    """A policy document as JSON."""
    found = statements(document)
    return Document(label, tuple(found) if isinstance(found, list) else found)
