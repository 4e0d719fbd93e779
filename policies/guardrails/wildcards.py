"""Rule: policies name actions and resources, where AWS knows them."""

from collections.abc import Iterator

from ..reading.findings import Findings, Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.iam import Statement, statements
from ..reading.pack import Parameters, Rule
from ..reading.values import UNKNOWN, Plain, at, items, text

_POLICIES = (
    "aws:iam/groupPolicy:GroupPolicy",
    "aws:iam/policy:Policy",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/userPolicy:UserPolicy",
)
_ROLE = "aws:iam/role:Role"

# Actions that know no resources. Source: AWS, Service Authorization Reference,
# https://docs.aws.amazon.com/service-authorization/latest/reference/, 2026-11. Those of network
# interfaces are what a function in a VPC needs; AWS's own policy has them on "*".
_WITHOUT_RESOURCE = (
    "cloudwatch:getmetricdata",
    "cloudwatch:listmetrics",
    "cloudwatch:putmetricdata",
    "ec2:assignprivateipaddresses",
    "ec2:createnetworkinterface",
    "ec2:deletenetworkinterface",
    "ec2:describe",
    "ec2:unassignprivateipaddresses",
    "ecr:getauthorizationtoken",
    "ecs:listclusters",
    "ecs:listtaskdefinitions",
    "ecs:describetaskdefinition",
    "ecs:registertaskdefinition",
    "ecs:deregistertaskdefinition",
    "kms:listaliases",
    "kms:listkeys",
    "logs:describeloggroups",
    "logs:describequeries",
    "s3:listallmybuckets",
    "ssmmessages:",
    "sts:getcalleridentity",
    "xray:getsampling",
    "xray:puttelemetryrecords",
    "xray:puttracesegments",
)
# Services of which every other action of a workload knows its resource.
_WITH_RESOURCE = (
    "dynamodb",
    "ecr",
    "ecs",
    "elasticfilesystem",
    "iam",
    "kms",
    "lambda",
    "logs",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "sts",
)


def judge(stack: Stack, _parameters: Parameters) -> Findings:
    """Each statement that allows something."""
    reports: list[Report] = []
    judged = 0
    for resource, label, document in _documents(stack):
        judged += 1
        found = statements(document)
        if isinstance(found, list):
            for statement in found:
                if statement.allows:
                    reports.extend(_statement(resource, label, statement))
            continue
        what = "is unknown" if found is UNKNOWN else "is no policy in JSON"
        reports.append(
            doubt(
                f"whether {label} allows more than it names; its policy {what}.",
                resource.urn,
                preview=found is UNKNOWN,
            )
        )
    return Findings.of(judged, dict.fromkeys(reports))


def _documents(stack: Stack) -> Iterator[tuple[Resource, str, Plain]]:
    for policy in stack.of_type(*_POLICIES):
        yield policy, policy.label, policy.get("policy")
    for role in stack.of_type(_ROLE):
        for inline in items(role.given("inlinePolicies")):
            if inline is UNKNOWN or text(at(inline, "policy")) is not None:
                yield role, f"an inline policy of {role.label}", at(inline, "policy")


def _statement(resource: Resource, label: str, statement: Statement) -> Iterator[Report]:
    actions = [action for action in statement.actions or () if isinstance(action, str)]
    wide = [action for action in actions if action == "*" or action.endswith(":*")]
    if statement.not_actions is not None:
        wide.append(f"everything but {', '.join(map(str, statement.not_actions))}")
    for action in wide:
        yield Report(
            f"{label} allows the action {action}: more than anybody needs, and whatever AWS adds "
            "to it. Name the actions.",
            resource.urn,
        )
    if "*" not in (statement.resources or ()):
        return
    named = [action for action in actions if action not in wide]
    known = [action for action in named if _knows_resource(action) is True]
    if known:
        yield Report(
            f"{label} allows {', '.join(known)} on the resource *, although AWS knows the "
            "resources of that. Name their ARNs.",
            resource.urn,
        )
    open_ = [action for action in named if _knows_resource(action) is None]
    if open_:
        yield doubt(
            f"whether {label} could name the resources of {', '.join(open_)} instead of *; these "
            "actions are not in the table of this pack.",
            resource.urn,
            preview=False,
        )


def _knows_resource(action: str) -> bool | None:
    lower = action.lower()
    if lower.startswith(_WITHOUT_RESOURCE):
        return False
    return True if lower.partition(":")[0] in _WITH_RESOURCE else None


RULE = Rule(
    name="policy-names-actions-and-resources",
    description=(
        "A policy allows no action * and no resource * where AWS knows the resources; actions on "
        "network interfaces are let off."
    ),
    judge=judge,
)
