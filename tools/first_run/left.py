"""What a first run has left on AWS, and the commands that remove it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from .stacks import Made

# By the beginning of an ARN's resource; what is not here names its ARN alone. In an order in
# which they can be removed.
_COMMANDS = {
    ("lambda", "function:"): "aws lambda delete-function --function-name {id}",
    ("ecs", "task/"): "aws ecs stop-task --cluster {parent} --task {arn}",
    ("ecs", "task-definition/"): "aws ecs deregister-task-definition --task-definition {arn}",
    ("ecs", "cluster/"): "aws ecs delete-cluster --cluster {arn}",
    ("elasticfilesystem", "access-point/"): "aws efs delete-access-point --access-point-id {id}",
    ("elasticfilesystem", "file-system/"): "aws efs delete-file-system --file-system-id {id}",
    ("logs", "log-group:"): "aws logs delete-log-group --log-group-name {id}",
    ("ec2", "vpc-endpoint/"): "aws ec2 delete-vpc-endpoints --vpc-endpoint-ids {id}",
    ("ec2", "subnet/"): "aws ec2 delete-subnet --subnet-id {id}",
    ("ec2", "route-table/"): "aws ec2 delete-route-table --route-table-id {id}",
    ("ec2", "internet-gateway/"): "aws ec2 delete-internet-gateway --internet-gateway-id {id}",
    ("ec2", "security-group/"): "aws ec2 delete-security-group --group-id {id}",
    ("ec2", "vpc/"): "aws ec2 delete-vpc --vpc-id {id}",
}


def in_state(
    resources: Sequence[Made] | None, stack: str, environment: Mapping[str, str], project: Path
) -> list[str]:
    """Lines that name what is in the stack's state, and the command that destroys it.

    Args:
        resources: What is in it; None if it cannot be read.
        stack: The stack's name.
        environment: What the CLI needs to find the stack.
        project: The folder of the project.
    """
    if resources == []:
        return []
    names = [f"{made.type} {made.id}" for made in resources or ()]
    words = " ".join(f"{key}={shlex.quote(value)}" for key, value in environment.items())
    return [
        "In the stack's state: " + (", ".join(names) or "it cannot be read") + ".",
        "",
        f"    cd {shlex.quote(str(project))}",
        f"    {words} \\",
        f"        pulumi destroy --yes --refresh --stack {stack}",
        "",
    ]


def by_tag(stack: str) -> list[str]:
    """Lines with the commands that remove what carries the stack's tag.

    AWS lists what is gone for some time more, and roles never.
    """
    pages = boto3.client("resourcegroupstaggingapi").get_paginator("get_resources")
    wanted = [{"Key": "first-run", "Values": [stack]}]
    try:
        arns = [
            found["ResourceARN"]
            for page in pages.paginate(TagFilters=wanted)
            for found in page["ResourceTagMappingList"]
        ]
    except (ClientError, BotoCoreError) as error:
        return [f"AWS does not say what carries the tag first-run={stack}: {error}"]
    if not arns:
        return []
    commands = [f"    {command(arn) or arn}" for arn in sorted(arns, key=_order)]
    return [
        f"AWS lists with the tag first-run={stack}, for a time also what is gone, never roles:",
        "",
        *commands,
    ]


def command(arn: str) -> str | None:
    """The command of the AWS CLI that removes a resource; None for one that is not known."""
    service, resource = arn.split(":")[2], arn.split(":", 5)[5]
    for (of, start), text in _COMMANDS.items():
        if service == of and resource.startswith(start):
            inner = resource.removeprefix(start)
            id_ = shlex.quote(inner.removesuffix(":*").rpartition("/")[2])
            if start == "log-group:":
                id_ = shlex.quote(inner.removesuffix(":*"))
            return text.format(id=id_, arn=shlex.quote(arn), parent=inner.partition("/")[0])
    return None


def _order(arn: str) -> int:
    service, resource = arn.split(":")[2], arn.split(":", 5)[5]
    for number, (of, start) in enumerate(_COMMANDS):
        if service == of and resource.startswith(start):
            return number
    return len(_COMMANDS)
