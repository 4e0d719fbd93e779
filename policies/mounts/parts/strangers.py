"""Whatever names a file system or an access point and is of a type that the packs do not read."""

import re
from collections.abc import Iterator

from ...reading.findings import Report, doubt
from ...reading.graph import Resource, Stack
from ...reading.kinds import ACCESS_POINT, FILE_SYSTEM, FUNCTION, FUNCTIONS, TASK_DEFINITION
from ...reading.naming import here, register
from .launches import launches
from .populators import by_space, mounting, read_all
from .storage import MOUNT_TARGET

# What only describes, guards or counts a file system, and cannot mount it.
_PASSIVE = re.compile(
    r"(?:pulumi|random|time|tls|null):.*|aws(?:-native)?:(?:efs|iam|cloudwatch|backup|kms|secretsmanager|resourcegroups|ram|"
    r"s3files|route53|sns|sqs|s3|dynamodb|cfg|config|cloudtrail|budgets|servicecatalog|sfn|"
    r"scheduler|pipes|servicediscovery)[:/].*|aws:ssm/parameter:.*|aws(?:-native)?:ec2[:/](?!instance|launch|spot|"
    r"fleet|Instance|Launch|Spot).*|aws:vpc/.*|aws:ecs/(?:service|cluster|taskSet).*|"
    r"aws:lambda/(?:permission|alias|invocation|layer|eventSource|functionUrl).*"
)
_NATIVE_EFS = re.compile(r"aws-native:efs:|aws:s3files/")
_STORAGE = (
    ACCESS_POINT,
    FILE_SYSTEM,
    MOUNT_TARGET,
    "aws:s3files/accessPoint:AccessPoint",
    "aws:s3files/fileSystem:FileSystem",
)
_ID = re.compile(rb"\bfs(?:ap)?-[0-9a-f]{8,40}\b")
_INVOCATION = "aws:lambda/invocation:Invocation"


def strangers(stack: Stack) -> list[Report]:
    """One line for each."""
    read = {one.urn for one in stack.once(read_all)}
    read |= {launch.resource.urn for launch in stack.once(launches)}
    found = [
        doubt(
            f"what {resource.label} does with {named}",
            resource.urn,
            f"this pack does not read {_kind(resource)}",
        )
        for resource in stack.resources
        if resource.urn not in read and (named := _named(stack, resource))
    ]
    return [*found, *_invoked(stack)]


def _kind(resource: Resource) -> str:
    if resource.type == FUNCTION:
        return "functions that name a file system and have no fileSystemConfig"
    if resource.type == TASK_DEFINITION:
        return "task definitions that name a file system outside their volumes"
    return f"resources of type {resource.type}"


def _named(stack: Stack, resource: Resource) -> str:
    """The file systems and access points that a resource of a stranger's type names."""
    if _PASSIVE.match(resource.type):
        return ""
    if resource.is_component and (
        stack.children.get(resource.urn) or _NATIVE_EFS.match(resource.type)
    ):
        return ""  # what is in it is judged by itself
    origins = {
        origin.label: None
        for name in resource.property_dependencies
        if resource.get(name) is not None or not resource.names
        for origin in stack.origins(resource, name, *_STORAGE)
    }
    ids = {one.decode(): None for one in _ID.findall(resource.raw_text())}
    return ", ".join((origins or ids).keys())


def _invoked(stack: Stack) -> Iterator[Report]:
    """Functions that this stack invokes, and that may so put files where others look."""
    functions = register(stack, FUNCTIONS)
    mounts = {consumer.urn: (consumer, mount) for consumer, mount in stack.once(mounting)}
    for invocation in stack.of_type(_INVOCATION):
        given = invocation.get("functionName")
        invoked = here(functions.named(given, invocation, "functionName"))
        if invoked is not None and invoked.urn in mounts:
            consumer, mount = mounts[invoked.urn]
            there = stack.once(by_space).get(mount.location.space if mount.location else "", [])
            if any(
                other is not consumer and at.location and mount.location.meets(at.location)
                for other, at in there
                if mount.location
            ):
                because = "what a function writes when it is invoked is not judged"
                what = f"whether {consumer.label} populates {mount.label} for {invocation.label}"
                yield doubt(what, invocation.urn, because)
