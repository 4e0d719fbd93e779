"""Containers of ECS task definitions as consumers."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...reading.findings import Open, Report, doubt
from ...reading.graph import Resource, Stack
from ...reading.kinds import ACCESS_POINTS, FILE_SYSTEMS, TASK_DEFINITION
from ...reading.naming import Elsewhere, Here, NotYet, named
from ...reading.values import UNKNOWN, Plain, Unknown, at, flag, items, parsed, text
from ..paths import normalise
from .consumer import Consumer, Reading, Text, Volume, variables, volume_of, words
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
        containers = containers_of(task) if task.get("volumes") is not None else []
        volumes: dict[str, Volume] = {}
        for one in _volumes(task, containers):
            if isinstance(one, Report):
                found.append(one)
            else:
                volumes |= one
        if volumes and isinstance(containers, Open):
            mounted = " and ".join(dict.fromkeys(volume.label for volume in volumes.values()))
            what = f"at which path the containers of {task.label} mount {mounted}"
            found.append(Report(what, containers, task.urn))
        elif volumes and not isinstance(containers, Open):
            found += [_consumer(task, container, volumes) for container in containers]
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
    return _with_borrowed([_container(task, item, index) for index, item in enumerate(found, 1)])


def _container(task: Resource, definition: Plain, index: int) -> Container:
    name = at(definition, "name")
    called = f"'{name}'" if isinstance(name, str) else f"number {index}"
    points = [
        (volume if isinstance(volume := at(point, "sourceVolume"), str) else "", path, only_read)
        for point in items(at(definition, "mountPoints"))
        for path in _paths(point)
        for only_read in [flag(at(point, "readOnly")) is True]
    ]
    label = f"container {called} of {task.label}"
    return Container(name if isinstance(name, str) else "", label, definition, points)


def _paths(value: Plain) -> list[str]:
    path = at(value, "containerPath")
    return [normalise(path)] if isinstance(path, str) and path else []


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
    task: Resource, containers: list[Container] | Open
) -> Iterator[dict[str, Volume] | Report]:
    """By name, the volumes that lie on EFS; and a doubt where some are unknown."""
    unknown = False
    for volume in items(task.get("volumes")):
        if (efs := efs_of(volume)) is None:
            continue
        name = text(at(volume, "name"))
        if name is UNKNOWN and at(efs, "authorizationConfig", "accessPointId") is UNKNOWN:
            name = _only_volume(containers)
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
    iam = at(efs, "authorizationConfig", "iam")
    by_iam = UNKNOWN if iam is UNKNOWN else iam == "ENABLED"
    point = named(task, ACCESS_POINTS, "volumes", at(efs, "authorizationConfig", "accessPointId"))
    if isinstance(point, NotYet) and not point.candidates:
        return None
    system = named(task, FILE_SYSTEMS, "volumes", at(efs, "fileSystemId"))
    if point is not None:
        volume = volume_of(point, by_iam)
        return replace(volume, system=volume.system or system)
    inside = directory(at(efs, "rootDirectory"))
    location = Location(system.key, inside) if isinstance(system, Here | Elsewhere) else None
    return Volume(None, system, location, by_iam)


def _only_volume(containers: list[Container] | Open) -> str | None:
    if isinstance(containers, Open):
        return None
    names = {volume for container in containers for volume, _, _ in container.points}
    return names.pop() if len(names) == 1 else None


def _consumer(task: Resource, container: Container, volumes: dict[str, Volume]) -> Consumer:
    tmpfs = items(at(container.definition, "linuxParameters", "tmpfs"))
    return Consumer(
        resource=task,
        label=container.label,
        volumes=tuple(
            (volumes[volume], path, read_only)
            for volume, path, read_only in container.points
            if volume in volumes
        ),
        within_reach=tuple(volume for volume in volumes.values() if volume.point is not None),
        mounted_paths=(
            *(path for _, path, _ in container.points),
            *(path for item in tmpfs for path in _paths(item)),
        ),
        texts=tuple(_texts(task, container)),
        image=at(container.definition, "image"),
        folder=at(container.definition, "workingDirectory"),
    )


def _texts(task: Resource, container: Container) -> Iterator[Text]:
    """What the container gets by its definition and by each launch."""
    launches = launches_of(task)
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
