"""Containers of ECS task definitions as consumers."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

from ..reading.graph import Resource, Stack
from ..reading.identity import ACCESS_POINTS, TASK_DEFINITION, Entity, Register, register
from ..reading.values import UNKNOWN, Plain, at, flag, items, plain, text
from .consumer import Consumer, Mount, Reading, Text, words
from .paths import normalise


@dataclass(frozen=True)
class MountPoint:
    """A volume, by name, at a normalised path."""

    volume: str
    path: str
    read_only: bool


@dataclass(frozen=True)
class Container:
    """One container definition.

    `borrowed_paths` are those of the containers that it names in `volumesFrom`.
    """

    label: str
    definition: Plain
    mount_points: list[MountPoint]
    borrowed_paths: list[str] = field(default_factory=list)


def read_containers(stack: Stack, reading: Reading) -> None:
    """Add each container of each task definition that has a volume on an access point."""
    access_points = register(stack, ACCESS_POINTS)
    for task in stack.of_type(TASK_DEFINITION):
        if task.get("volumes") is None:
            continue
        containers = containers_of(task)
        volumes = _volumes(task, containers, access_points, reading)
        if not volumes:
            continue
        within_reach = tuple(
            dict.fromkeys(point for points in volumes.values() for point in points)
        )
        if isinstance(containers, Unreadable):
            mounted = " and ".join(point.label for point in within_reach)
            reading.leave_out(
                task,
                f"at which path the containers of {task.label} mount {mounted}; "
                f"containerDefinitions {containers.why}",
                containers.remedy,
                preview=containers.preview,
            )
            continue
        reading.consumers.extend(
            _consumer(task, container, volumes, within_reach) for container in containers
        )


@dataclass(frozen=True)
class Unreadable:
    """Why container definitions cannot be read, the remedy, and whether a preview is to blame."""

    why: str
    remedy: str
    preview: bool


def containers_of(task: Resource) -> list[Container] | Unreadable:
    """The containers of a task definition."""
    definitions = task.get("containerDefinitions")
    if isinstance(definitions, str):
        try:
            definitions = plain(json.loads(definitions, object_pairs_hook=_camel_case))
        except (ValueError, RecursionError) as error:
            return Unreadable(
                f"is no JSON ({error})", "Build it with a JSON encoder.", preview=False
            )
    if definitions is UNKNOWN or any(item is UNKNOWN for item in items(definitions)):
        return Unreadable(
            "is unknown as a whole, because a value in it is",
            "Build it, as one JSON text, from values that are known in preview.",
            preview=True,
        )
    found = items(definitions)
    if not found or not all(isinstance(item, dict) for item in found):
        return Unreadable(
            "is no list of container definitions", "Give a JSON list of objects.", preview=False
        )
    return _with_borrowed_paths([_container(task, item, index) for index, item in enumerate(found)])


def _camel_case(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # The provider reads these keys whatever their case, and CloudFormation's begin with a capital.
    return {key[:1].lower() + key[1:]: value for key, value in pairs}


def _container(task: Resource, definition: Plain, index: int) -> Container:
    name = at(definition, "name")
    called = f"'{name}'" if isinstance(name, str) else f"number {index + 1}"
    points = [
        MountPoint(
            volume if isinstance(volume := at(point, "sourceVolume"), str) else "",
            normalise(path),
            flag(at(point, "readOnly")) is True,
        )
        for point in items(at(definition, "mountPoints"))
        if isinstance(path := at(point, "containerPath"), str) and path
    ]
    return Container(f"container {called} of {task.label}", definition, points)


def _with_borrowed_paths(containers: list[Container]) -> list[Container]:
    paths = {
        name: [point.path for point in container.mount_points]
        for container in containers
        if isinstance(name := at(container.definition, "name"), str)
    }
    return [
        replace(
            container,
            borrowed_paths=[
                path
                for lender in items(at(container.definition, "volumesFrom"))
                if isinstance(source := at(lender, "sourceContainer"), str)
                for path in paths.get(source, [])
            ],
        )
        for container in containers
    ]


def _volumes(
    task: Resource,
    containers: list[Container] | Unreadable,
    access_points: Register,
    reading: Reading,
) -> dict[str, tuple[Entity, ...]]:
    """By name, the volumes that lie on an access point."""
    found: dict[str, tuple[Entity, ...]] = {}
    unknown = False
    for volume in items(task.get("volumes")):
        name = text(at(volume, "name"))
        given = at(volume, "efsVolumeConfiguration", "authorizationConfig", "accessPointId")
        if given is UNKNOWN and name is UNKNOWN:
            name = _only_volume(containers)
        candidates = access_points.named(given, task, "volumes")
        if isinstance(name, str) and candidates:
            found[name] = candidates
        elif given is UNKNOWN:
            unknown = True
    if unknown:
        origins = access_points.origins(task, "volumes")
        source = " or ".join(origin.label for origin in origins) or "no access point of this stack"
        reading.leave_out(
            task,
            f"which access point the volumes of {task.label} lie on; they are unknown, and come "
            f"from {source}",
            "Take accessPointId from the access point's own output and give the rest known values.",
            preview=True,
        )
    return found


def _only_volume(containers: list[Container] | Unreadable) -> str | None:
    if isinstance(containers, Unreadable):
        return None
    names = {point.volume for container in containers for point in container.mount_points}
    return names.pop() if len(names) == 1 else None


def _consumer(
    task: Resource,
    container: Container,
    volumes: dict[str, tuple[Entity, ...]],
    within_reach: tuple[Entity, ...],
) -> Consumer:
    tmpfs = [
        normalise(path)
        for item in items(at(container.definition, "linuxParameters", "tmpfs"))
        if isinstance(path := at(item, "containerPath"), str) and path
    ]
    return Consumer(
        resource=task,
        label=container.label,
        path_property="containerPath",
        mounts=tuple(
            Mount(volumes[point.volume], point.path, point.read_only)
            for point in container.mount_points
            if point.volume in volumes
        ),
        within_reach=within_reach,
        mounted_paths=(
            *(point.path for point in container.mount_points),
            *container.borrowed_paths,
            *tmpfs,
        ),
        texts=tuple(_texts(container.definition)),
        image=at(container.definition, "image"),
    )


def _texts(definition: Plain) -> list[Text]:
    found = [
        Text(f"environment variable {at(variable, 'name')}", value)
        for variable in items(at(definition, "environment"))
        if (value := text(at(variable, "value"))) is not None
    ]
    found += words("command", at(definition, "command"))
    found += words("entry point", at(definition, "entryPoint"))
    return found
