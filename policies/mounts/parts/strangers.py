"""Whatever names a file system or an access point and is of a type that the packs do not read."""

import re
from collections.abc import Iterator
from itertools import groupby

from ...reading.findings import Report, doubt
from ...reading.graph import Resource, Stack, once
from ...reading.kinds import (
    ACCESS_POINT,
    FILE_SYSTEM,
    FUNCTION,
    FUNCTIONS,
    MOUNT_TARGET,
    S3_ACCESS_POINT,
    TASK_DEFINITION,
    token,
)
from ...reading.naming import candidates, here, named
from .launches import launches
from .populators import by_space, consumers, mounting, read_all

# What only describes, guards or counts a file system, and cannot mount it.
_PASSIVE = re.compile(
    r"(?:pulumi|random|time|tls|null):.*|aws(?:-native)?:(?:efs|iam|cloudwatch|backup|kms|"
    r"secretsmanager|resourcegroups|ram|s3files|route53|sns|sqs|s3|dynamodb|cfg|config|cloudtrail|"
    r"budgets|servicecatalog|sfn|scheduler|pipes|servicediscovery)[:/].*|aws:ssm/parameter:.*|"
    r"aws(?:-native)?:ec2[:/](?!instance|launch|spot|fleet|Instance|Launch|Spot).*|aws:vpc/.*|"
    r"aws:ecs/(?:service|cluster|taskSet).*|"
    r"aws:lambda/(?:permission|alias|invocation|layer|eventSource|functionUrl).*"
)
_NATIVE_EFS = re.compile(r"aws-native:efs:|aws:s3files/")
_S3_FILE_SYSTEM = token("s3files", "FileSystem")
_STORAGE = (ACCESS_POINT, FILE_SYSTEM, MOUNT_TARGET, S3_ACCESS_POINT, _S3_FILE_SYSTEM)
_ID = re.compile(rb"\bfs(?:ap)?-[0-9a-f]{8,40}\b")
_OUTSIDE = {
    FUNCTION: "functions that name a file system and have no fileSystemConfig",
    TASK_DEFINITION: "task definitions that name a file system outside their volumes",
}


@once
def strangers(stack: Stack) -> list[Report]:
    """One line for each."""
    read = {one.urn for one in read_all(stack)}
    read |= {launch.resource.urn for launch in launches(stack)}
    found = [
        doubt(
            f"what {one.label} does with {named}",
            f"this pack does not read {_OUTSIDE.get(one.type, f'resources of type {one.type}')}",
            urn=one.urn,
        )
        for one in stack.resources
        if one.urn not in read and (named := _named(one))
    ]
    return [*found, *_beside(stack), *_invoked(stack)]


def _named(resource: Resource) -> str:
    """The file systems and access points that a resource of a stranger's type names."""
    if _PASSIVE.match(resource.type):
        return ""
    has_parts = resource.stack.children.get(resource.urn) or _NATIVE_EFS.match(resource.type)
    if resource.is_component and has_parts:
        return ""  # what is in it is judged by itself
    origins = {
        origin.label: None
        for name in resource.property_dependencies
        if resource.get(name) is not None or not resource.names
        for origin in resource.origins(name, *_STORAGE)
    }
    ids = {one.decode(): None for one in _ID.findall(resource.raw_text())}
    return ", ".join((origins or ids).keys())


def _beside(stack: Stack) -> Iterator[Report]:
    """What a task definition names in its volumes beside those that are read."""
    for task, several in groupby(consumers(stack), lambda consumer: consumer.resource):
        places = [place for one in several for place in (*one.within_reach, *one.mounts)]
        read = {
            known
            for place in places
            for name in (place.point, place.system)
            for known in candidates(name)
        }
        named = task.origins("volumes", ACCESS_POINT, FILE_SYSTEM)
        for other in (one for one in named if one not in read):
            because = "it is in a volume of a kind that this pack does not read"
            yield doubt(f"what {task.label} does with {other.label}", because, urn=task.urn)


def _invoked(stack: Stack) -> Iterator[Report]:
    """Functions that this stack invokes, and that may so put files where others look."""
    mounts = {mount.urn: mount for mount in mounting(stack)}
    for invocation in stack.of_type(token("lambda", "Invocation")):
        invoked = here(named(invocation, FUNCTIONS, "functionName"))
        mount = mounts.get(invoked.urn) if invoked else None
        there = by_space(stack).get(mount.space, []) if mount else []
        if mount and any(
            other.consumer is not mount.consumer
            and other.location
            and other.location.meets(mount.location)
            for other in there
        ):
            yield doubt(
                f"whether {mount.consumer.label} populates {mount.label} for {invocation.label}",
                "what a function writes when it is invoked is not judged",
                urn=invocation.urn,
            )
