"""A role's policies: inline, attached, and those that AWS manages."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from ..reading.graph import Resource, Stack
from ..reading.iam import Statement, statements
from ..reading.identity import ROLES, Entity, register
from ..reading.values import UNKNOWN, Plain, Unknown, at, items, text

_POLICY = "aws:iam/policy:Policy"
_ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
_ATTACHMENTS = "aws:iam/policyAttachment:PolicyAttachment"

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
    """A policy of a role: its statements, UNKNOWN before creation, None if they are elsewhere.

    `effects` are those that statements which are not known may have: True is Allow.
    """

    label: str
    statements: tuple[Statement, ...] | Unknown | None
    effects: tuple[bool, ...] = (True, False)


def documents_of(stack: Stack, role: Entity) -> list[Document]:
    """Every policy of a role of this stack."""
    found = list(stack.once(_by_role).get(role.key, []))
    resource = role.resource
    if resource is None:
        return found
    for inline in items(resource.given("inlinePolicies")):
        if inline is UNKNOWN or text(at(inline, "policy")) is not None:
            name = at(inline, "name")
            label = f"inline policy '{name}'" if isinstance(name, str) else "an inline policy"
            found.append(read_document(f"{label} of {role.label}", at(inline, "policy")))
    for arn in items(resource.given("managedPolicyArns")):
        found.extend(_attached(stack, resource, "managedPolicyArns", arn))
    if resource.given("permissionsBoundary") is not None:
        # A boundary allows nothing by itself.
        found.append(Document(f"the permissions boundary of {role.label}", None, (False,)))
    return found


def _by_role(stack: Stack) -> dict[str, list[Document]]:
    roles = register(stack, ROLES)
    found: dict[str, list[Document]] = defaultdict(list)

    def give(entities: tuple[Entity, ...], documents: list[Document], *, certain: bool) -> None:
        for entity in entities:
            for document in documents:
                found[entity.key].append(document if certain else Document(document.label, UNKNOWN))

    for policy in stack.of_type(_ROLE_POLICY):
        named = roles.named(policy.get("role"), policy, "role")
        document = read_document(policy.label, policy.get("policy"))
        give(named, [document], certain=len(named) == 1)
    for attachment in stack.of_type(_ATTACHMENT):
        named = roles.named(attachment.get("role"), attachment, "role")
        documents = list(_attached(stack, attachment, "policyArn", attachment.get("policyArn")))
        give(named, documents, certain=len(named) == 1)
    for attachment in stack.of_type(_ATTACHMENTS):
        several = roles.listed(attachment.get("roles"), attachment, "roles")
        documents = list(_attached(stack, attachment, "policyArn", attachment.get("policyArn")))
        give(several.entities, documents, certain=several.certain)
    return found


def _attached(stack: Stack, resource: Resource, name: str, arn: Plain) -> Iterator[Document]:
    """The policy that an ARN, part of the resource's property `name`, stands for."""
    given = text(arn)
    if given is None:
        return
    if given is UNKNOWN:
        origins = stack.origins(resource, name, _POLICY)
        for origin in origins:
            document = read_document(origin.label, origin.get("policy"))
            yield document if len(origins) == 1 else Document(origin.label, UNKNOWN)
        if not origins:
            yield Document(f"the policy that {resource.label} attaches", UNKNOWN)
        return
    own = stack.once(_policies).get(given)
    if own is not None:
        yield read_document(own.label, own.get("policy"))
        return
    managed = given.rpartition("/")[2]
    if ":iam::aws:policy/" not in given:
        yield Document(f"policy {given}, which is made elsewhere,", None)
    elif managed in _MANAGED:
        actions = tuple(f"{_CLIENT}{action}" for action in _MANAGED[managed])
        statement = Statement(True, actions, None, ("*",), None, None, False, None)
        yield Document(f"AWS managed policy {managed}", (statement,))
    elif managed not in _UNRELATED:
        # Those that AWS manages for use as they are do not deny.
        label = f"AWS managed policy {managed}, which is not among those known here,"
        yield Document(label, None, (True,))


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
