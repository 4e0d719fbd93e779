"""Containers of ECS task definitions as consumers."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from ...reading.findings import Open, Report, doubt
from ...reading.graph import Resource, Stack
from ...reading.kinds import ACCESS_POINTS, FILE_SYSTEMS, TASK_DEFINITION
from ...reading.naming import Elsewhere, NotYet, named
from ...reading.values import UNKNOWN, Plain, Unknown, at, flag, items, parsed, text
from ..paths import normalise
from .consumer import Consumer, Text, Volume, texts_of, volume_of
from .launches import launches_of
from .storage import Location, directory

# (volume, normalised path, whether read-only)
_Point: TypeAlias = tuple[str, str, bool]


@dataclass(frozen=True)
class Container:
    """One container definition, and what it mounts."""

    name: str
    label: str
    definition: Plain
    points: list[_Point]


def read_containers(stack: Stack) -> Iterator[Consumer | Report]:
    """Each container of each task definition that has a volume on EFS."""
    for task in stack.of_type(TASK_DEFINITION):
        containers = containers_of(task) if task.get("volumes") is not None else []
        volumes: dict[str, Volume] = {}
        for one in _volumes(task, containers):
            if isinstance(one, Report):
                yield one
            else:
                volumes |= one
        if volumes and isinstance(containers, Open):
            mounted = " and ".join(dict.fromkeys(volume.label for volume in volumes.values()))
            what = f"at which path the containers of {task.label} mount {mounted}"
            yield Report(what, containers, task.urn)
        elif volumes and not isinstance(containers, Open):
            yield from (_consumer(task, container, volumes) for container in containers)


def containers_of(task: Resource) -> list[Container] | Open:
    """The containers of a task definition, with what they take over by volumesFrom."""
    given = task.get("containerDefinitions")
    definitions = parsed(given, camel_case=True)
    if definitions is None and isinstance(given, str):
        return Open("containerDefinitions is no JSON. Build it with a JSON encoder")
    if definitions is UNKNOWN or UNKNOWN in items(definitions):
        return Open(
            "containerDefinitions is unknown as a whole, because a value in it is. Build it, as "
            "one JSON text, from values that are known in preview",
            preview=True,
        )
    if not items(definitions) or not all(isinstance(item, dict) for item in items(definitions)):
        why = "is no list of container definitions. Give a JSON list of objects"
        return Open(f"containerDefinitions {why}")
    found = []
    for index, item in enumerate(items(definitions), 1):
        name = at(item, "name")
        called = f"'{name}'" if isinstance(name, str) else f"number {index}"
        points = list(_points(item))
        known = name if isinstance(name, str) else ""
        found.append(Container(known, f"container {called} of {task.label}", item, points))
    by_name = {container.name: container for container in found if container.name}
    return [replace(one, points=list(_with_borrowed(one, by_name))) for one in found]


def _points(definition: Plain) -> Iterator[_Point]:
    for point in items(at(definition, "mountPoints")):
        volume = at(point, "sourceVolume")
        for path in _paths(point):
            known = volume if isinstance(volume, str) else ""
            yield known, path, flag(at(point, "readOnly")) is True


def _paths(value: Plain) -> list[str]:
    path = at(value, "containerPath")
    return [normalise(path)] if isinstance(path, str) and path else []


def _with_borrowed(container: Container, by_name: dict[str, Container]) -> Iterator[_Point]:
    """What it mounts, and takes over by volumesFrom, itself or through others."""
    seen, pending = {container.name}, [(container, False)]
    while pending:
        lender, only = pending.pop(0)
        yield from ((volume, path, mine or only) for volume, path, mine in lender.points)
        for given in items(at(lender.definition, "volumesFrom")):
            source = at(given, "sourceContainer")
            if isinstance(source, str) and source in by_name and source not in seen:
                seen.add(source)
                pending.append((by_name[source], only or flag(at(given, "readOnly")) is True))


def efs_of(volume: Plain) -> dict[str, Plain] | Unknown | None:
    """The EFS configuration of a volume, if it has one or may have."""
    found = at(volume, "efsVolumeConfiguration")
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    return found if isinstance(found, dict | Unknown) else None


def _volumes(
    task: Resource, containers: list[Container] | Open
) -> Iterator[dict[str, Volume] | Report]:
    """By name, the volumes that lie on EFS; and a doubt where some are unknown."""
    points = [] if isinstance(containers, Open) else [p for one in containers for p in one.points]
    used = {volume for volume, _, _ in points}
    unknown = False
    for volume in items(task.get("volumes")):
        if (efs := efs_of(volume)) is None:
            continue
        name = text(at(volume, "name"))
        if name is UNKNOWN and at(efs, "authorizationConfig", "accessPointId") is UNKNOWN:
            name = used.pop() if len(used) == 1 else name
        found = _volume(task, efs)
        if found is None or not isinstance(name, str):
            unknown = True
        else:
            yield {name: found}
    if unknown:
        source = named(task, ACCESS_POINTS, "volumes", UNKNOWN)
        is_lost = isinstance(source, NotYet) and not source.candidates
        known = source.label if source and not is_lost else "no access point of this stack"
        yield doubt(
            f"which access point the volumes of {task.label} lie on",
            f"they are unknown, and come from {known}. Take accessPointId from the access point's "
            "own output and give the rest known values",
            preview=True,
            urn=task.urn,
        )


def _volume(task: Resource, efs: Plain) -> Volume | None:
    """What a volume shows; None where its access point comes from none of the stack."""
    iam, given = (at(efs, "authorizationConfig", name) for name in ("iam", "accessPointId"))
    by_iam = UNKNOWN if iam is UNKNOWN else iam == "ENABLED"
    point = named(task, ACCESS_POINTS, "volumes", given)
    system = named(task, FILE_SYSTEMS, "volumes", at(efs, "fileSystemId"))
    if isinstance(point, NotYet) and not point.candidates:
        return None
    if point is not None:
        volume = volume_of(point, by_iam)
        return replace(volume, system=volume.system or system)
    inside = directory(at(efs, "rootDirectory"))
    location = Location(system.key, inside) if isinstance(system, Resource | Elsewhere) else None
    return Volume(None, system, location, by_iam)


def _consumer(task: Resource, container: Container, volumes: dict[str, Volume]) -> Consumer:
    tmpfs = items(at(container.definition, "linuxParameters", "tmpfs"))
    points = container.points
    return Consumer(
        resource=task,
        label=container.label,
        volumes=[(volumes[v], path, only) for v, path, only in points if v in volumes],
        within_reach=tuple(volume for volume in volumes.values() if volume.point is not None),
        mounted_paths=[path for _, path, _ in points] + [p for one in tmpfs for p in _paths(one)],
        texts=tuple(_texts(task, container)),
        image=at(container.definition, "image"),
        folder=at(container.definition, "workingDirectory"),
    )


def _texts(task: Resource, container: Container) -> Iterator[Text]:
    launches = launches_of(task)
    overrides = [
        (launch, override)
        for launch in launches
        for override in launch.overrides
        if at(override, "name") == container.name
    ]
    replacing = {launch.resource.urn for launch, one in overrides if at(one, "command") is not None}
    replaced = launches and len(replacing) == len(launches)
    for launch, definition in ((None, container.definition), *overrides):
        pairs = [(at(v, "name"), at(v, "value")) for v in items(at(definition, "environment"))]
        command = None if replaced and launch is None else at(definition, "command")
        whose = f" of {launch.resource.label}" if launch else ""
        yield from texts_of(pairs, at(definition, "entryPoint"), command, whose)
