"""Containers of ECS task definitions as consumers."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...reading.findings import Open, Report, doubt
from ...reading.graph import Resource, Stack
from ...reading.kinds import ACCESS_POINTS, FILE_SYSTEMS, TASK_DEFINITION
from ...reading.naming import Elsewhere, Here, Name, NotYet, register
from ...reading.values import UNKNOWN, Plain, Unknown, at, flag, items, parsed, text
from ..paths import normalise
from .consumer import (
    Consumer,
    Mount,
    Reading,
    Text,
    at_path,
    mount_of,
    variables,
    words,
)
from .launches import launches_of
from .storage import Location, directory


@dataclass(frozen=True)
class Container:
    """One container definition; `points` are (volume, normalised path, whether read-only)."""

    name: str
    label: str
    definition: Plain
    points: list[tuple[str, str, bool]]


def read_containers(stack: Stack) -> Reading:
    """Each container of each task definition that has a volume on EFS."""
    found: Reading = []
    for task in stack.of_type(TASK_DEFINITION):
        if task.get("volumes") is None:
            continue
        containers = containers_of(task)
        volumes, unread = _volumes(stack, task, containers)
        found += unread
        if not volumes:
            continue
        if isinstance(containers, Open):
            mounted = " and ".join(dict.fromkeys(mount.label for mount in volumes.values()))
            what = f"at which path the containers of {task.label} mount {mounted}"
            found.append(Report(what, task.urn, containers))
            continue
        found += [_consumer(stack, task, container, volumes) for container in containers]
    return found


def containers_of(task: Resource) -> list[Container] | Open:
    """The containers of a task definition."""
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
    found = items(definitions)
    if not found or not all(isinstance(item, dict) for item in found):
        why = "is no list of container definitions. Give a JSON list of objects"
        return Open(f"containerDefinitions {why}")
    return _with_borrowed([_container(task, item, index) for index, item in enumerate(found)])


def _container(task: Resource, definition: Plain, index: int) -> Container:
    name = at(definition, "name")
    called = f"'{name}'" if isinstance(name, str) else f"number {index + 1}"
    points = [
        (
            volume if isinstance(volume := at(point, "sourceVolume"), str) else "",
            normalise(path),
            flag(at(point, "readOnly")) is True,
        )
        for point in items(at(definition, "mountPoints"))
        if isinstance(path := at(point, "containerPath"), str) and path
    ]
    label = f"container {called} of {task.label}"
    return Container(name if isinstance(name, str) else "", label, definition, points)


def _with_borrowed(containers: list[Container]) -> list[Container]:
    """With what each takes over by volumesFrom, itself or through others."""
    by_name = {container.name: container for container in containers if container.name}

    def borrowed(container: Container) -> Iterator[tuple[str, str, bool]]:
        seen, pending = {container.name}, [(container, False)]
        while pending:
            lender, only = pending.pop(0)
            yield from ((volume, path, mine or only) for volume, path, mine in lender.points)
            for given in items(at(lender.definition, "volumesFrom")):
                source = at(given, "sourceContainer")
                if isinstance(source, str) and source in by_name and source not in seen:
                    seen.add(source)
                    pending.append((by_name[source], only or flag(at(given, "readOnly")) is True))

    return [replace(container, points=list(borrowed(container))) for container in containers]


def efs_of(volume: Plain) -> dict[str, Plain] | Unknown | None:
    """The EFS configuration of a volume, if it has one or may have."""
    found = at(volume, "efsVolumeConfiguration")
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    return found if isinstance(found, dict | Unknown) else None


def _volumes(
    stack: Stack, task: Resource, containers: list[Container] | Open
) -> tuple[dict[str, Mount], list[Report]]:
    """By name, the volumes that lie on EFS."""
    found: dict[str, Mount] = {}
    unknown = False
    points = register(stack, ACCESS_POINTS)
    for volume in items(task.get("volumes")):
        efs = efs_of(volume)
        name = text(at(volume, "name"))
        given = at(efs, "authorizationConfig", "accessPointId")
        if given is UNKNOWN and name is UNKNOWN:
            name = _only_volume(containers)
        point = points.named(given, task, "volumes")
        lost = _is_lost(point)
        if efs is None:
            continue
        unknown = unknown or lost or not isinstance(name, str)
        if isinstance(name, str) and not lost:
            found[name] = _volume(stack, task, efs, point)
    if not unknown:
        return found, []
    source = points.named(UNKNOWN, task, "volumes")
    known = source.label if source and not _is_lost(source) else "no access point of this stack"
    return found, [
        doubt(
            f"which access point the volumes of {task.label} lie on",
            task.urn,
            f"they are unknown, and come from {known}. Take accessPointId from the access point's "
            "own output and give the rest known values",
            preview=True,
        )
    ]


def _is_lost(name: Name | None) -> bool:
    return isinstance(name, NotYet) and not name.candidates


def _volume(
    stack: Stack, task: Resource, efs: dict[str, Plain] | Unknown, point: Name | None
) -> Mount:
    iam = at(efs, "authorizationConfig", "iam")
    by_iam = UNKNOWN if iam is UNKNOWN else iam == "ENABLED"
    system = register(stack, FILE_SYSTEMS).named(at(efs, "fileSystemId"), task, "volumes")
    if point is not None:
        mount = mount_of(stack, point, "")
        return replace(mount, by_iam=by_iam, system=mount.system or system)
    root = directory(at(efs, "rootDirectory"))
    location = Location(system.key, root) if isinstance(system, Here | Elsewhere) else None
    return Mount(None, system, location, "", by_iam=by_iam)


def _only_volume(containers: list[Container] | Open) -> str | None:
    if isinstance(containers, Open):
        return None
    names = {volume for container in containers for volume, _, _ in container.points}
    return names.pop() if len(names) == 1 else None


def _consumer(
    stack: Stack, task: Resource, container: Container, volumes: dict[str, Mount]
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
            at_path(volumes[volume], path, read_only=read_only)
            for volume, path, read_only in container.points
            if volume in volumes
        ),
        within_reach=tuple(mount for mount in volumes.values() if mount.point is not None),
        mounted_paths=(*(path for _, path, _ in container.points), *tmpfs),
        texts=tuple(_texts(stack, task, container)),
        image=at(container.definition, "image"),
        folder=at(container.definition, "workingDirectory"),
    )


def _texts(stack: Stack, task: Resource, container: Container) -> Iterator[Text]:
    launches = launches_of(stack, task)
    overrides = [
        (launch, override)
        for launch in launches
        for override in launch.overrides
        if at(override, "name") == container.name
    ]
    replacing = {launch.resource.urn for launch, one in overrides if at(one, "command") is not None}
    for text_ in _texts_of(container.definition, ""):
        if text_.holder != "command" or not launches or len(replacing) < len(launches):
            yield text_
    for launch, override in overrides:
        yield from _texts_of(override, f" of {launch.resource.label}")


def _texts_of(definition: Plain, whose: str) -> Iterator[Text]:
    pairs = [(at(v, "name"), at(v, "value")) for v in items(at(definition, "environment"))]
    yield from variables(pairs, whose)
    yield from words(f"entry point{whose}", at(definition, "entryPoint"))
    yield from words(f"command{whose}", at(definition, "command"))
