"""What runs a task definition, and in which network: services, schedules, runs at creation."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from ...reading.findings import Answer, Open
from ...reading.graph import Resource, Stack
from ...reading.kinds import FUNCTION, SECURITY_GROUPS, SUBNETS, TASK_DEFINITIONS
from ...reading.naming import Name, Several, candidates, register
from ...reading.values import UNKNOWN, Plain, Unknown, at, flag, items

_SERVICES = ("aws:ecs/service:Service", "aws:ecs/taskSet:TaskSet")
# By type: where a resource names a task definition, its network, and the rest of the launch.
_AWS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    **dict.fromkeys(_SERVICES, (("taskDefinition",), ("networkConfiguration",), ())),
    "aws:cloudwatch/eventTarget:EventTarget": (
        ("ecsTarget", "taskDefinitionArn"),
        ("ecsTarget", "networkConfiguration"),
        ("ecsTarget",),
    ),
    "aws:scheduler/schedule:Schedule": (
        ("target", "ecsParameters", "taskDefinitionArn"),
        ("target", "ecsParameters", "networkConfiguration"),
        ("target", "ecsParameters"),
    ),
    "aws:pipes/pipe:Pipe": (
        ("targetParameters", "ecsTaskParameters", "taskDefinitionArn"),
        ("targetParameters", "ecsTaskParameters", "networkConfiguration", "awsVpcConfiguration"),
        ("targetParameters", "ecsTaskParameters"),
    ),
}
# Resources that do something when they are created; what comes from a task definition may run it.
_DYNAMIC = re.compile(r"pulumi-(?:python|nodejs):dynamic\b.*")
_COMMAND = re.compile(r"command:(?:local|remote):Command")
_RUN_TASK = re.compile(r"run[-_]?task|start[-_]?task", re.IGNORECASE)
_ONLY_SAID = re.compile(r"(?:^|[;&|]\s*)(?:echo|printf)\b[^;&|]*")
_PUBLIC_IP = re.compile(r"assign_?public_?ip\W{0,4}(enabled|disabled|true|false)", re.IGNORECASE)
_PLATFORM = re.compile(r"platform[-_]?version\W{1,4}(\d+(?:\.\d+)+)", re.IGNORECASE)
_OVERRIDES = ("containerOverrides", "container_overrides")


@dataclass(frozen=True)
class Launch:
    """Something that runs a task definition, or a function.

    Attributes:
        resource: What runs it.
        task: The task definition, or those of which it is one.
        subnets: Where it runs.
        groups: With which security groups.
        public_ip: Whether it gets a public address.
        is_run: Whether its creation is a run of the task.
        platform: The platform version, if one is given.
        overrides: What it gives to containers in place of their definitions.
    """

    resource: Resource
    task: tuple[Name, ...]
    subnets: Several
    groups: Several
    public_ip: bool | Unknown | None
    is_run: Answer = False
    platform: str | None = None
    overrides: tuple[Plain, ...] = ()


def launches(stack: Stack) -> list[Launch]:
    """All that run a task definition of this stack, or one that is known by its ARN."""
    found = [_aws(stack, resource) for token in _AWS for resource in stack.of_type(token)]
    tasks = register(stack, TASK_DEFINITIONS)
    for resource in stack.resources:
        if _DYNAMIC.fullmatch(resource.type) or _COMMAND.fullmatch(resource.type):
            named = tasks.anywhere(resource).names
            if named:
                found.append(_run(stack, resource, named))
    return found


def launches_of(stack: Stack, task: Resource) -> list[Launch]:
    """What runs this task definition, or may."""
    return stack.once(_by_task_definition).get(task.urn, [])


def _by_task_definition(stack: Stack) -> dict[str, list[Launch]]:
    found: dict[str, list[Launch]] = defaultdict(list)
    for launch in stack.once(launches):
        for name in launch.task:
            for task in candidates(name):
                found[task.key].append(launch)
    return found


def _aws(stack: Stack, resource: Resource) -> Launch:
    task, network, rest = _AWS[resource.type]
    named = register(stack, TASK_DEFINITIONS).named(resource.get(*task), resource, task[0])
    group_list = resource.get(*network, "securityGroups")
    return Launch(
        resource,
        () if named is None else (named,),
        register(stack, SUBNETS).listed(resource.get(*network, "subnets"), resource, network[0]),
        register(stack, SECURITY_GROUPS).listed(group_list, resource, network[0]),
        _is_public(resource.get(*network, "assignPublicIp")),
        platform=_platform(resource.get(*rest, "platformVersion")),
        overrides=tuple(_overrides(resource)),
    )


def _is_public(value: Plain) -> bool | Unknown | None:
    return False if value is None else flag(value)


def _platform(value: Plain) -> str | None:
    return value if isinstance(value, str) else None


def _run(stack: Stack, resource: Resource, tasks: tuple[Name, ...]) -> Launch:
    said = " ".join(f"{name} {_text_of(resource.get(name))}" for name in resource.names)
    subnets = register(stack, SUBNETS).anywhere(resource)
    groups = register(stack, SECURITY_GROUPS).anywhere(resource)
    platform = _PLATFORM.search(said)
    return Launch(
        resource,
        tasks,
        subnets,
        groups,
        _public_ip(resource, said),
        _runs(resource, in_a_network=bool(subnets.names or groups.names)),
        platform[1] if platform else None,
        tuple(_overrides(resource)),
    )


def _runs(resource: Resource, *, in_a_network: bool) -> Answer:
    """Whether creating it runs the task: proven by the command, or by all that RunTask takes."""
    if _COMMAND.fullmatch(resource.type):
        if resource.get("create") is UNKNOWN or not resource.names:
            return Open(f"the command of {resource.label} is unknown", preview=True)
        return bool(_RUN_TASK.search(_ONLY_SAID.sub("", _text_of(resource.get("create")))))
    return in_a_network or Open(f"what {resource.label} does with the task definition is not known")


def _public_ip(resource: Resource, said: str) -> bool | Unknown | None:
    for name in resource.names:
        if name.replace("_", "").lower() == "assignpublicip":
            return flag(resource.get(name))
    if match := _PUBLIC_IP.search(said):
        return match[1].lower() in {"enabled", "true"}
    unknown = not resource.names or UNKNOWN in map(resource.get, resource.names)
    return UNKNOWN if unknown else None


def _text_of(value: Plain) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key} {_text_of(at(value, key))}" for key in value)
    if isinstance(value, list):
        return " ".join(map(_text_of, value))
    return str(value) if isinstance(value, str | bool) else ""


def _overrides(resource: Resource) -> Iterator[Plain]:
    """Container overrides, wherever and in whatever text they stand."""
    pending = [resource.get(name) for name in resource.names]
    while pending:
        value = pending.pop()
        if isinstance(value, str) and any(key in value for key in _OVERRIDES):
            pending.append(_first_object(value))
        elif isinstance(value, list):
            pending += value
        elif isinstance(value, dict):
            for key, item in value.items():
                if key in _OVERRIDES:
                    yield from items(item)
                elif isinstance(item, dict | list | str):
                    pending.append(item)


def _first_object(value: str) -> Plain:
    """The first JSON object in a text, as in a command line."""
    try:
        found: Plain = json.JSONDecoder().raw_decode(value, max(value.find("{"), 0))[0]
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def places(stack: Stack, resource: Resource) -> list[Launch]:
    """What runs a task, or a function itself: every network, as far as the stack says."""
    if resource.type != FUNCTION:
        return launches_of(stack, resource)
    config = resource.get("vpcConfig")
    # What the provider reads back for a function outside a VPC are empty lists.
    if config is not UNKNOWN and not items(at(config, "subnetIds")):
        return []

    def part(name: str) -> Plain:
        return UNKNOWN if config is UNKNOWN else resource.get("vpcConfig", name)

    subnets = register(stack, SUBNETS).listed(part("subnetIds"), resource, "vpcConfig")
    groups = register(stack, SECURITY_GROUPS).listed(
        part("securityGroupIds"), resource, "vpcConfig"
    )
    return [Launch(resource, (), subnets, groups, None)]
