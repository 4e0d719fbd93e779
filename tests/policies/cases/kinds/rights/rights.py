"""What the policies of a role allow, and how they are attached to it."""

from typing import Any

from ...building import (
    ACCOUNT,
    AWS_POLICY,
    MOUNT,
    READ_WRITE,
    VPC_ACCESS,
    WRITE,
    Build,
    Json,
    R,
    access_point,
    allow,
    attach,
    client,
    deny,
    document,
    function,
    network,
    role,
    store,
    stored,
    through,
)
from ...table import RIGHTS, WILDCARDS, Cases, note, wrong, yet
from .. import sources
from .principals import FILE_SYSTEMS, OWN, reading

CASES = Cases()


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
    net, s = stored(p)
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
    net, s = stored(p)
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
    net, s = stored(p)
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
    net, s = stored(p)
    rights = role(p, "reader", managedPolicyArns=[VPC_ACCESS, READ_WRITE])
    function(p, "app", net, s, role=rights)


@CASES.sound(sources.IAM_ATTACH)
def inline_policies_of_the_role_itself(p: Build) -> None:
    net, s = stored(p)
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
    net, s = stored(p)
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
