"""Actions and resources that a policy could name."""

from typing import Any

from ...building import Build, allow, grant, role
from ...table import WILDCARDS, Cases, wrong
from .. import sources

CASES = Cases()


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


@CASES.sound(sources.IAM_NOT_RESOURCE)
def deny_of_all_buckets_but_one(p: Build) -> None:
    allowing(p, {"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::acme/*"})


@CASES.wrong(sources.IAM_RESOURCES, wrong(WILDCARDS, "worker", "iam"))
def everything_but_rights(p: Build) -> None:
    allowing(p, {"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"})


@CASES.sound(sources.IAM_RESOURCES, may_note=True)
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
