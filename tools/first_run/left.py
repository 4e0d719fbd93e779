"""What a first run has left on AWS, and the command that removes it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from .stacks import Made


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
    """Lines with the ARNs of what carries the stack's tag.

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
    return [
        f"AWS lists with the tag first-run={stack}, for a time also what is gone, never roles:",
        "",
        *[f"    {arn}" for arn in sorted(arns)],
    ]
