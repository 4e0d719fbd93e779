"""Who may do what: principals, policies and how they are attached, wildcards."""

from typing import Any

from . import sources
from .aws import (
    AWS_POLICY,
    MOUNT,
    READ_WRITE,
    TLS_ONLY,
    VPC_ACCESS,
    WRITE,
    Store,
    access_point,
    allow,
    attach,
    client,
    deny,
    document,
    file_system_policy,
    function,
    grant,
    network,
    role,
    store,
    through,
)
from .build import ACCOUNT, Build, Json, R
from .table import RIGHTS, WILDCARDS, Cases, note, unproven, wrong, yet

CASES = Cases()
OTHER = "999988887777"


def reading(p: Build, *statements: Any, own: Any = None, **role_props: Any) -> Store:
    """A function that mounts by the statements of the file system policy and of its own role."""
    net = network(p)
    s = store(p, net, policy=None)
    file_system_policy(p, "data", s.fs, TLS_ONLY, *statements)
    rights = role(p, "reader", *([own] if own else []), name="reader", **role_props)
    function(p, "app", net, s, role=rights)
    return s


def to(principal: Any, actions: Any = (MOUNT, WRITE), effect: str = "Allow", **more: Any) -> Any:
    who = {"AWS": principal}
    return {"Effect": effect, "Principal": who, "Action": actions, "Resource": "*", **more}


FILE_SYSTEMS = f"arn:aws:elasticfilesystem:eu-west-1:{ACCOUNT}:file-system/*"
OWN = allow([MOUNT, WRITE], FILE_SYSTEMS)
NO_RIGHTS = wrong(RIGHTS, "app", "role 'reader'", "access point 'data'", "ClientMount")


# Principals


@CASES.sound(sources.IAM_PRINCIPAL)
def deny_to_a_role_of_another_account(p: Build) -> None:
    reading(p, to(f"arn:aws:iam::{OTHER}:role/reader", MOUNT, "Deny"), own=OWN)


@CASES.sound(sources.IAM_PRINCIPAL)
def deny_to_a_user_of_the_same_name(p: Build) -> None:
    reading(p, to(f"arn:aws:iam::{ACCOUNT}:user/reader", MOUNT, "Deny"), own=OWN)


@CASES.sound(sources.IAM_PRINCIPAL)
def deny_to_a_role_whose_path_ends_alike(p: Build) -> None:
    reading(p, to(f"arn:aws:iam::{ACCOUNT}:role/reader/admin", MOUNT, "Deny"), own=OWN)


@CASES.wrong(sources.IAM_PRINCIPAL, NO_RIGHTS, preview=unproven(NO_RIGHTS))
def allow_to_a_role_of_another_account(p: Build) -> None:
    reading(p, to(f"arn:aws:iam::{OTHER}:role/reader"))


@CASES.wrong(sources.IAM_PRINCIPAL, NO_RIGHTS, preview=unproven(NO_RIGHTS))
def allow_to_a_user_of_the_same_name(p: Build) -> None:
    reading(p, to(f"arn:aws:iam::{ACCOUNT}:user/reader"))


@CASES.sound(sources.EFS_IAM)
def allow_to_the_role_by_its_output(p: Build) -> None:
    net = network(p)
    s = store(p, net, policy=None)
    rights = role(p, "reader")
    file_system_policy(p, "data", s.fs, TLS_ONLY, to(rights.arn))
    function(p, "app", net, s, role=rights)


@CASES.sound(sources.EFS_IAM)
def allow_to_the_role_by_its_text(p: Build) -> None:
    reading(p, to([f"arn:aws:iam::{OTHER}:role/ops", f"arn:aws:iam::{ACCOUNT}:role/reader"]))


@CASES.sound(sources.EFS_IAM)
def allow_to_a_role_with_a_path(p: Build) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/service/reader"
    net = network(p)
    s = store(p, net, policy=None)
    rights = role(p, "reader", name="reader", path="/service/")
    rights.made["arn"] = arn
    file_system_policy(p, "data", s.fs, TLS_ONLY, to(arn))
    function(p, "app", net, s, role=rights)


@CASES.sound(sources.IAM_PRINCIPAL, may_note=True)
def allow_to_the_session_of_the_role(p: Build) -> None:
    """Lambda names the session after the function."""
    net = network(p)
    s = store(p, net, policy=None)
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/app"
    file_system_policy(p, "data", s.fs, TLS_ONLY, to(session))
    function(p, "app", net, s, role=role(p, "reader", name="reader"), name="app")


@CASES.wrong(sources.IAM_PRINCIPAL, NO_RIGHTS, preview=unproven(NO_RIGHTS))
def allow_to_a_session_of_another_account(p: Build) -> None:
    reading(p, to(f"arn:aws:sts::{OTHER}:assumed-role/reader/app"))


@CASES.wrong(sources.IAM_ACCOUNT, NO_RIGHTS, preview=unproven(NO_RIGHTS))
def allow_to_the_account_and_nothing_of_its_own(p: Build) -> None:
    reading(p, to(f"arn:aws:iam::{ACCOUNT}:root"))


@CASES.sound(sources.IAM_ACCOUNT)
def allow_to_the_account_and_its_own_policy(p: Build) -> None:
    reading(p, to(f"arn:aws:iam::{ACCOUNT}:root"), own=OWN)


@CASES.wrong(sources.EFS_IAM, wrong(RIGHTS, "app", "denies"))
def deny_to_the_role_itself(p: Build) -> None:
    reading(p, to(f"arn:aws:iam::{ACCOUNT}:role/reader", MOUNT, "Deny"), own=OWN)


@CASES.sound(sources.IAM_PRINCIPAL)
def deny_to_another_account_as_a_whole(p: Build) -> None:
    reading(p, to([OTHER, f"arn:aws:iam::{OTHER}:root"], "*", "Deny"), own=OWN)


@CASES.doubtful(sources.IAM_PRINCIPAL, note("reader"))
def allow_to_a_unique_id(p: Build) -> None:
    reading(p, to("AROAEXAMPLEEXAMPLE1"))


@CASES.sound(sources.IAM_PRINCIPAL, may_note=True)
def deny_to_all_but_the_role(p: Build) -> None:
    condition = {"ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/reader"}}
    reading(p, to("*", [MOUNT], "Deny", Condition=condition), own=OWN)


@CASES.sound(sources.EFS_ACCESS_POINTS)
def deny_to_whoever_comes_without_the_access_point(p: Build) -> None:
    net = network(p)
    s = store(p, net, policy=None)
    key = {"StringNotEquals": {"elasticfilesystem:AccessPointArn": s.ap.arn}}
    file_system_policy(p, "data", s.fs, TLS_ONLY, to("*", [MOUNT], "Deny", Condition=key))
    function(p, "app", net, s)


# Statements


@CASES.sound(sources.IAM_VARIABLES, may_note=True)
def resource_with_a_policy_variable(p: Build) -> None:
    text = f"arn:aws:elasticfilesystem:eu-west-1:{ACCOUNT}:file-system/${{aws:PrincipalTag/fs}}"
    reading(p, own=allow([MOUNT, WRITE], text))


@CASES.sound(sources.IAM_VARIABLES, may_note=True)
def condition_with_a_policy_variable(p: Build) -> None:
    text = "arn:aws:elasticfilesystem:*:*:access-point/${aws:PrincipalTag/point}"
    key = {"StringLike": {"elasticfilesystem:AccessPointArn": text}}
    reading(p, own=allow([MOUNT, WRITE], FILE_SYSTEMS, Condition=key))


@CASES.sound(sources.IAM_VARIABLES, may_note=True)
def deny_with_a_policy_variable(p: Build) -> None:
    text = "arn:aws:elasticfilesystem:*:*:file-system/${aws:PrincipalTag/closed}"
    net = network(p)
    s = store(p, net)
    function(p, "app", net, s, role=role(p, "reader", OWN, deny([MOUNT], text)))


@CASES.sound(sources.EFS_IAM)
def actions_in_any_case_and_with_wildcards(p: Build) -> None:
    reading(
        p, own=allow("ElasticFileSystem:client*", "arn:aws:elasticfilesystem:*:*:file-system/*")
    )


@CASES.wrong(
    sources.EFS_IAM, wrong(RIGHTS, "app", "ClientMount"), preview=yet("app", "ClientMount")
)
def allow_for_another_access_point_only(p: Build) -> None:
    net = network(p)
    s = store(p, net)
    other = access_point(p, "other", s.fs)
    function(p, "app", net, s, role=role(p, "reader", allow([MOUNT], s.fs.arn, **through(other))))


@CASES.wrong(
    sources.EFS_IAM, wrong(RIGHTS, "app", "ClientMount"), preview=yet("app", "ClientMount")
)
def allow_for_another_file_system_only(p: Build) -> None:
    net = network(p)
    s, other = store(p, net), store(p, net, "other")
    function(p, "app", net, s, role=client(p, "reader", other))


@CASES.doubtful(sources.IAM_CONDITIONS, note("app"))
def allow_with_a_key_that_only_the_request_has(p: Build) -> None:
    reading(
        p,
        own=allow(
            [MOUNT, WRITE], FILE_SYSTEMS, Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}}
        ),
    )


@CASES.sound(sources.EFS_IAM, may_note=True)
def boundary_that_allows_clients(p: Build) -> None:
    text = Json(
        document(
            allow(["elasticfilesystem:Client*"], "arn:aws:elasticfilesystem:*:*:file-system/*")
        )
    )
    boundary = p.add("aws:iam/policy:Policy", "boundary", {"policy": text})
    reading(p, own=OWN, permissionsBoundary=boundary.arn)


# How policies are attached


def attached(p: Build, *, statement: Any = None) -> tuple[R, Any]:
    net = network(p)
    s = store(p, net)
    rights = role(p, "reader")
    function(p, "app", net, s, role=rights)
    return rights, statement or allow([MOUNT, WRITE], s.fs.arn, **through(s.ap))


@CASES.sound(sources.IAM_ATTACH)
def attachments_exclusive(p: Build) -> None:
    rights, _ = attached(p)
    props = {"roleName": rights.out("name"), "policyArns": [VPC_ACCESS, READ_WRITE]}
    p.add("aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive", "reader", props)


@CASES.sound(sources.IAM_ATTACH)
def attachments_exclusive_of_an_own_policy(p: Build) -> None:
    rights, statement = attached(p)
    own = p.add("aws:iam/policy:Policy", "mount", {"policy": Json(document(statement))})
    props = {"roleName": rights.out("name"), "policyArns": [own.arn]}
    p.add("aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive", "reader", props)


@CASES.sound(sources.IAM_ATTACH)
def managed_policy_attached(p: Build) -> None:
    rights, _ = attached(p)
    attach(p, "efs", rights, READ_WRITE)


@CASES.sound(sources.IAM_ATTACH)
def own_policy_attached_to_several(p: Build) -> None:
    rights, statement = attached(p)
    own = p.add("aws:iam/policy:Policy", "mount", {"policy": Json(document(statement))})
    props = {"roles": [rights.out("name")], "policyArn": own.arn}
    p.add("aws:iam/policyAttachment:PolicyAttachment", "mount", props)


@CASES.sound(sources.IAM_ATTACH)
def managed_policies_of_the_role_itself(p: Build) -> None:
    net = network(p)
    s = store(p, net)
    rights = role(p, "reader", managedPolicyArns=[VPC_ACCESS, READ_WRITE])
    function(p, "app", net, s, role=rights)


@CASES.sound(sources.IAM_ATTACH)
def inline_policies_of_the_role_itself(p: Build) -> None:
    net = network(p)
    s = store(p, net)
    text = Json(document(allow([MOUNT, WRITE], s.fs.arn)))
    function(
        p, "app", net, s, role=role(p, "reader", inlinePolicies=[{"name": "efs", "policy": text}])
    )


@CASES.sound(sources.PULUMI_GET, may_note=True)
def policy_made_elsewhere_attached(p: Build) -> None:
    rights, _ = attached(p)
    attach(p, "efs", rights, f"arn:aws:iam::{ACCOUNT}:policy/platform-efs-clients")


ADMINISTRATOR = AWS_POLICY + "AdministratorAccess"


@CASES.wrong(
    sources.IAM_ADMINISTRATOR, wrong(WILDCARDS, ("admin", "reader"), "AdministratorAccess")
)
def administrator_by_attachment(p: Build) -> None:
    rights, _ = attached(p)
    attach(p, "admin", rights, ADMINISTRATOR)


@CASES.wrong(sources.IAM_ADMINISTRATOR, wrong(WILDCARDS, "reader", "AdministratorAccess"))
def administrator_by_the_role_itself(p: Build) -> None:
    net = network(p)
    s = store(p, net)
    rights = role(p, "reader", managedPolicyArns=[ADMINISTRATOR])
    function(p, "app", net, s, role=rights)


@CASES.wrong(
    sources.IAM_ADMINISTRATOR, wrong(WILDCARDS, ("admin", "reader"), "AdministratorAccess")
)
def administrator_by_exclusive_attachments(p: Build) -> None:
    rights, _ = attached(p)
    props = {"roleName": rights.out("name"), "policyArns": [ADMINISTRATOR]}
    p.add("aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive", "admin", props)


@CASES.wrong(
    sources.IAM_ADMINISTRATOR, wrong(WILDCARDS, ("admin", "reader"), "AdministratorAccess")
)
def administrator_by_attachment_to_several(p: Build) -> None:
    rights, _ = attached(p)
    props = {"roles": [rights.out("name")], "policyArn": ADMINISTRATOR}
    p.add("aws:iam/policyAttachment:PolicyAttachment", "admin", props)


# Wildcards


def allowing(p: Build, *statements: Any) -> None:
    rights = role(p, "worker", service="ecs-tasks")
    grant(p, "worker", rights, *statements)


@CASES.wrong(sources.IAM_NOT_RESOURCE, wrong(WILDCARDS, "worker", "s3:GetObject", "NotResource"))
def objects_of_all_buckets_but_one(p: Build) -> None:
    bucket = "arn:aws:s3:::secret/*"
    allowing(p, {"Effect": "Allow", "Action": ["s3:GetObject"], "NotResource": bucket})


@CASES.wrong(sources.IAM_RESOURCES, wrong(WILDCARDS, "worker", "s3:GetObject"))
def objects_of_all_buckets(p: Build) -> None:
    allowing(p, allow(["s3:GetObject"]))


@CASES.wrong(sources.IAM_RESOURCES, wrong(WILDCARDS, "worker", "sts:AssumeRole"))
def every_role(p: Build) -> None:
    allowing(p, allow(["sts:AssumeRole", "sts:GetCallerIdentity"]))


@CASES.wrong(sources.IAM_RESOURCES, wrong(WILDCARDS, "worker", "secretsmanager:GetSecretValue"))
def every_secret(p: Build) -> None:
    allowing(p, allow("secretsmanager:GetSecretValue", ["*"]))


@CASES.wrong(sources.IAM_RESOURCES, wrong(WILDCARDS, "worker", "s3:*"))
def every_action_of_a_service(p: Build) -> None:
    allowing(p, allow("s3:*", "arn:aws:s3:::acme/*"))


@CASES.sound(sources.IAM_RESOURCES)
def lists_of_services(p: Build) -> None:
    actions = ["s3:ListAllMyBuckets", "dynamodb:ListTables", "sqs:ListQueues", "sns:ListTopics"]
    allowing(p, allow([*actions, "lambda:ListFunctions", "kms:ListAliases", "iam:ListRoles"]))


@CASES.sound(sources.IAM_RESOURCES)
def actions_on_no_resource_of_services_that_have_some(p: Build) -> None:
    actions = ["secretsmanager:GetRandomPassword", "secretsmanager:ListSecrets"]
    more = ["kms:GenerateRandom", "lambda:GetAccountSettings", "sts:GetSessionToken"]
    allowing(p, allow([*actions, *more, "ssm:DescribeParameters", "logs:DescribeLogGroups"]))


@CASES.sound(sources.IAM_RESOURCES)
def registry_and_agent_actions(p: Build) -> None:
    actions = ["ecr:GetAuthorizationToken", "ecr:DescribeRegistry", "ecs:DiscoverPollEndpoint"]
    allowing(p, allow([*actions, "logs:CreateLogDelivery", "ssm:DescribeInstanceInformation"]))


@CASES.sound(sources.IAM_RESOURCES)
def traces_and_network_interfaces(p: Build) -> None:
    actions = ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "ec2:DescribeInstances"]
    allowing(p, allow([*actions, "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"]))


@CASES.sound(sources.IAM_RESOURCES)
def account_preferences_of_file_systems(p: Build) -> None:
    allowing(p, allow(["elasticfilesystem:DescribeAccountPreferences"]))


@CASES.sound(sources.IAM_RESOURCES)
def deny_of_everything_outside_a_region(p: Build) -> None:
    condition = {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}
    allowing(p, {"Effect": "Deny", "NotAction": ["iam:*"], "Resource": "*", "Condition": condition})
