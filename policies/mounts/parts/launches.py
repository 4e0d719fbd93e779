"""What runs a task definition, and in which network: services, schedules, runs at creation."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from ...reading.findings import Answer, Open
from ...reading.graph import Resource, Stack, once
from ...reading.kinds import FUNCTION, SECURITY_GROUPS, SUBNETS, TASK_DEFINITIONS, token
from ...reading.naming import Name, Several, anywhere, candidates, listed, named
from ...reading.network import default_group
from ...reading.values import UNKNOWN, Plain, Unknown, at, flag, items

# By type: where a resource tells of a launch, and below that, where of the network.
_AWS: dict[str, tuple[tuple[str, ...], str]] = {
    token("ecs", "Service"): ((), "networkConfiguration"),
    token("ecs", "TaskSet"): ((), "networkConfiguration"),
    token("cloudwatch", "EventTarget"): (("ecsTarget",), "networkConfiguration"),
    token("scheduler", "Schedule"): (("target", "ecsParameters"), "networkConfiguration"),
    token("pipes", "Pipe"): (
        ("targetParameters", "ecsTaskParameters"),
        "networkConfiguration.awsVpcConfiguration",
    ),
}
# Resources that do something when they are created; what comes from a task definition may run it.
_DYNAMIC = re.compile(r"pulumi-(?:python|nodejs):dynamic\b.*")
_COMMAND = re.compile(r"command:(?:local|remote):Command")
_RUN_TASK = re.compile(r"run[-_]?task|start[-_]?task", re.IGNORECASE)
_ONLY_SAID = re.compile(r"(?:^|[;&|]\s*)(?:echo|printf)\b[^;&|]*|(?:^|\s)#[^\n]*")
_PUBLIC_IP = re.compile(r"assign_?public_?ip\W{0,4}(enabled|disabled|true|false)", re.IGNORECASE)
_PLATFORM = re.compile(r"platform[-_]?version\W{1,4}(\d+(?:\.\d+)+)", re.IGNORECASE)
_OVERRIDES = ("containerOverrides", "container_overrides")


@dataclass(frozen=True)
class Launch:
    """Something that runs a task definition, or one of several, or a function.

    `is_run` tells whether its creation is a run of the task; `overrides` is what it gives to
    containers in place of their definitions.
    """

    resource: Resource
    task: tuple[Name, ...]
    subnets: Several
    own_groups: Several
    public_ip: bool | Unknown | None
    is_run: Answer = False
    platform: Plain = None
    overrides: tuple[Plain, ...] = ()

    @property
    def groups(self) -> Several:
        """Its security groups: its own, or the default one of its VPC."""
        own = self.own_groups
        if own.names or not own.certain or not self.subnets.names:
            return own
        return default_group(self.resource.stack, self.subnets.names[0])


@once
def launches(stack: Stack) -> list[Launch]:
    """All that run a task definition of this stack, or one that is known by its ARN."""
    found = [_aws(resource) for resource in stack.of_type(*_AWS)]
    for resource in stack.resources:
        if _DYNAMIC.fullmatch(resource.type) or _COMMAND.fullmatch(resource.type):
            tasks = anywhere(resource, TASK_DEFINITIONS).names
            if tasks:
                found.append(_run(resource, tasks))
    return found


def launches_of(task: Resource) -> list[Launch]:
    """What runs this task definition, or may."""
    return _by_task_definition(task.stack).get(task.urn, [])


@once
def _by_task_definition(stack: Stack) -> dict[str, list[Launch]]:
    found: dict[str, list[Launch]] = defaultdict(list)
    for launch in launches(stack):
        for task in (one for name in launch.task for one in candidates(name)):
            found[task.key].append(launch)
    return found


def _aws(resource: Resource) -> Launch:
    path, network = _AWS[resource.type]

    def get(*names: str) -> Plain:
        first, *rest = (*path, *names)
        return resource.get(first, *rest)

    task = path[0] if path else "taskDefinition"
    given = get("taskDefinitionArn" if path else "taskDefinition")
    name = named(resource, TASK_DEFINITIONS, task, given)
    where = network.split(".")
    source = path[0] if path else where[0]
    public = get(*where, "assignPublicIp")
    return Launch(
        resource,
        () if name is None else (name,),
        listed(resource, SUBNETS, source, get(*where, "subnets")),
        listed(resource, SECURITY_GROUPS, source, get(*where, "securityGroups")),
        False if public is None else flag(public),
        platform=get("platformVersion"),
        overrides=tuple(_overrides(resource)),
    )


def _run(resource: Resource, tasks: tuple[Name, ...]) -> Launch:
    said = " ".join(f"{name} {_text_of(resource.get(name))}" for name in resource.names)
    subnets, groups = anywhere(resource, SUBNETS), anywhere(resource, SECURITY_GROUPS)
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
                else:
                    pending.append(item)


def _first_object(value: str) -> Plain:
    try:
        found: Plain = json.JSONDecoder().raw_decode(value, max(value.find("{"), 0))[0]
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def places(resource: Resource) -> list[Launch]:
    """What runs a task, or a function itself: every network, as far as the stack says."""
    if resource.type != FUNCTION:
        return launches_of(resource)
    # What the provider reads back for a function outside a VPC are empty lists.
    subnets, groups = (resource.get("vpcConfig", k) for k in ("subnetIds", "securityGroupIds"))
    if not items(subnets):
        return []
    where = (
        listed(resource, SUBNETS, "vpcConfig", subnets),
        listed(resource, SECURITY_GROUPS, "vpcConfig", groups),
    )
    return [Launch(resource, (), *where, None)]
