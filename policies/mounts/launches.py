"""What runs a task definition, and in which network: services, schedules, and populate runs."""

import re
from collections import defaultdict
from dataclasses import dataclass

from ..reading.graph import Resource, Stack
from ..reading.identity import (
    SECURITY_GROUPS,
    SUBNETS,
    TASK_DEFINITIONS,
    Entity,
    Kind,
    Several,
    register,
)
from ..reading.values import UNKNOWN, Plain, Unknown, at, flag
from .consumer import Consumer
from .consumers import read_consumers

_SERVICES = ("aws:ecs/service:Service", "aws:ecs/taskSet:TaskSet")
# Where a resource of AWS names a task definition, and where the network that it runs in.
_AWS = {
    "aws:ecs/service:Service": ("taskDefinition", (), ("networkConfiguration",)),
    "aws:ecs/taskSet:TaskSet": ("taskDefinition", (), ("networkConfiguration",)),
    "aws:cloudwatch/eventTarget:EventTarget": (
        "ecsTarget",
        ("taskDefinitionArn",),
        ("ecsTarget", "networkConfiguration"),
    ),
    "aws:scheduler/schedule:Schedule": (
        "target",
        ("ecsParameters", "taskDefinitionArn"),
        ("target", "ecsParameters", "networkConfiguration"),
    ),
}
# Resources that do something when they are created; what comes from a task definition runs it.
_DOING = re.compile(r"pulumi-(?:python|nodejs):dynamic\b.*|command:(?:local|remote):Command")
_PUBLIC_IP = re.compile(r"assign_?public_?ip\W{0,4}(enabled|disabled|true|false)", re.IGNORECASE)


@dataclass(frozen=True)
class Launch:
    """Something that runs a task definition."""

    resource: Resource
    task_definitions: tuple[Entity, ...]
    subnets: Several
    groups: Several
    public_ip: bool | Unknown | None

    @property
    def is_service(self) -> bool:
        """Whether it keeps tasks running, rather than run one."""
        return self.resource.type in _SERVICES

    @property
    def is_run(self) -> bool:
        """Whether creating it is a run of the task."""
        return _DOING.fullmatch(self.resource.type) is not None


def launches(stack: Stack) -> list[Launch]:
    """All that run a task definition of this stack, or one that is known by its ARN."""
    found = [
        _aws(stack, resource, *_AWS[token]) for token in _AWS for resource in stack.of_type(token)
    ]
    tasks = register(stack, TASK_DEFINITIONS)
    for resource in stack.resources:
        if _DOING.fullmatch(resource.type):
            named = {
                Entity(origin.urn, origin.label, origin)
                for name in resource.property_dependencies
                for origin in tasks.origins(resource, name)
            }
            if named:
                found.append(_run(stack, resource, tuple(named)))
    return found


def launches_of(stack: Stack, task_definition: Resource) -> list[Launch]:
    """What runs this task definition, or may."""
    return stack.once(_by_task_definition).get(task_definition.urn, [])


def _by_task_definition(stack: Stack) -> dict[str, list[Launch]]:
    found: dict[str, list[Launch]] = defaultdict(list)
    for launch in stack.once(launches):
        for task in launch.task_definitions:
            found[task.key].append(launch)
    return found


def populators(stack: Stack) -> list[Consumer]:
    """Containers that put files on an access point: they write, and serve nobody."""
    found = []
    for consumer in stack.once(read_consumers).consumers:
        if consumer.is_function or all(mount.read_only for mount in consumer.mounts):
            continue
        runs = launches_of(stack, consumer.resource)
        served = any(launch.is_service for launch in runs)
        if not served or any(launch.is_run for launch in runs) or installs(consumer):
            found.append(consumer)
    return found


def installs(consumer: Consumer) -> bool:
    """Whether what a container is told names pip."""
    return any(
        isinstance(text.value, str) and re.search(r"\bpip3?\b", text.value)
        for text in consumer.texts
    )


def _aws(
    stack: Stack, resource: Resource, name: str, path: tuple[str, ...], network: tuple[str, ...]
) -> Launch:
    top, *rest = network

    def part(key: str) -> Plain:
        return resource.get(top, *rest, key)

    named = register(stack, TASK_DEFINITIONS).named(resource.get(name, *path), resource, name)
    return Launch(
        resource,
        named,
        register(stack, SUBNETS).listed(part("subnets"), resource, top),
        register(stack, SECURITY_GROUPS).listed(part("securityGroups"), resource, top),
        flag(part("assignPublicIp")),
    )


def _run(stack: Stack, resource: Resource, tasks: tuple[Entity, ...]) -> Launch:
    return Launch(
        resource,
        tasks,
        _named_anywhere(stack, resource, SUBNETS),
        _named_anywhere(stack, resource, SECURITY_GROUPS),
        _public_ip(resource),
    )


def _named_anywhere(stack: Stack, resource: Resource, kind: Kind) -> Several:
    """Entities that any of the properties comes from; a preview of a dynamic resource has none."""
    there = register(stack, kind)
    found: dict[Entity, None] = {}
    certain = True
    for name in resource.property_dependencies:
        if origins := there.origins(resource, name):
            value = resource.get(name) if name in resource.names else UNKNOWN
            if not isinstance(value, list | Unknown):  # a text with ids in it
                certain = False
                found |= {Entity(o.urn, o.label, o): None for o in origins}
                continue
            several = there.listed(value, resource, name)
            found |= dict.fromkeys(several.entities)
            certain = certain and several.certain
    return Several(tuple(found), certain)


def _public_ip(resource: Resource) -> bool | Unknown | None:
    unknown = not resource.names
    for name in resource.names:
        value = resource.get(name)
        if name.replace("_", "").lower() == "assignpublicip":
            return flag(value)
        unknown = unknown or value is UNKNOWN
        if (text := _text_of(value)) and (match := _PUBLIC_IP.search(text)):
            return match[1].lower() in {"enabled", "true"}
    return UNKNOWN if unknown else None


def _text_of(value: Plain) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key} {_text_of(at(value, key))}" for key in value)
    if isinstance(value, list):
        return " ".join(map(_text_of, value))
    return str(value) if isinstance(value, str | bool) else ""
