"""Rule: paths, volumes and their options have the form that Lambda and ECS accept."""

import re
from collections.abc import Iterator

from ..reading.findings import Findings, Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.identity import (
    ACCESS_POINTS,
    FILE_SYSTEMS,
    FUNCTION,
    TASK_DEFINITION,
    Entity,
    register,
)
from ..reading.values import UNKNOWN, Plain, at, items, text
from .storage import file_system_of
from .task_definitions import Container, Unreadable, containers_of

NAME = "mounts-have-the-right-form"
DESCRIPTION = (
    "A function's mount path has Lambda's form, a container mounts a volume that exists, and an "
    "EFS volume with an access point has no root directory of its own, TLS and IAM on."
)

# Lambda's service model: FileSystemConfig.LocalMountPath.
_PATH = re.compile(r"/mnt/[a-zA-Z0-9-_.]+")
_LONGEST = 160


def judge(stack: Stack) -> Findings:
    """Each function's path, each task definition's volumes."""
    reports: list[Report] = []
    judged = 0
    for function in stack.of_type(FUNCTION):
        for config in items(function.get("fileSystemConfig")):
            path = text(at(config, "localMountPath"))
            if isinstance(path, str):
                judged += 1
                reports.extend(_path(function, path))
    for task in stack.of_type(TASK_DEFINITION):
        volumes = items(task.get("volumes"))
        judged += sum(1 for volume in volumes if _efs(volume) is not None)
        reports.extend(_unknown(task, volumes))
        for volume in volumes:
            if (efs := _efs(volume)) is not None:
                reports.extend(_volume(stack, task, volume, efs))
        reports.extend(_names(task, volumes))
    return Findings.of(judged, reports)


def _efs(volume: Plain) -> dict[str, Plain] | None:
    found = at(volume, "efsVolumeConfiguration")
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    return found if isinstance(found, dict) else None


def _path(function: Resource, path: str) -> Iterator[Report]:
    name = path.removeprefix("/mnt/")
    if _PATH.fullmatch(path) and len(path) <= _LONGEST and name not in {".", ".."}:
        return
    yield Report(
        f"fileSystemConfig.localMountPath of {function.label} is {path}, which Lambda refuses: a "
        f"mount path is /mnt/ and one name of letters, digits, '-', '_' and '.', {_LONGEST} "
        "characters at most. Give it, and every consumer of the same access point, such a path.",
        function.urn,
    )


def _names(task: Resource, volumes: list[Plain]) -> Iterator[Report]:
    """Mount points whose volume does not exist."""
    names = [text(at(volume, "name")) for volume in volumes]
    containers = containers_of(task)
    if UNKNOWN in names or task.get("volumes") is UNKNOWN or isinstance(containers, Unreadable):
        return
    there = [name for name in names if isinstance(name, str)]
    for container in containers:
        for volume in dict.fromkeys(_mounted(container)):
            if volume not in there:
                has = ", ".join(f"'{name}'" for name in there) or "none"
                yield Report(
                    f"{container.label} mounts volume '{volume}', but {task.label} has no such "
                    f"volume; it has {has}. Give sourceVolume of the mount point the name of a "
                    "volume of the task definition.",
                    task.urn,
                )


def _mounted(container: Container) -> Iterator[str]:
    for point in items(at(container.definition, "mountPoints")):
        volume = at(point, "sourceVolume")
        if isinstance(volume, str):
            yield volume


def _volume(stack: Stack, task: Resource, volume: Plain, efs: dict[str, Plain]) -> Iterator[Report]:
    name = at(volume, "name")
    what = (f"volume '{name}'" if isinstance(name, str) else "a volume") + f" of {task.label}"
    access_points = register(stack, ACCESS_POINTS)
    given = text(at(efs, "authorizationConfig", "accessPointId"))
    points = access_points.named(given, task, "volumes")
    point = " or ".join(entity.label for entity in points) or "an access point"
    root = at(efs, "rootDirectory")
    if given is not None and isinstance(root, str) and root.strip() not in {"", "/"}:
        yield Report(
            f"{what} has rootDirectory {root} beside {point}: ECS takes the access point's own "
            "root only, and refuses the task definition. Leave rootDirectory out, or give the "
            "access point that root.",
            task.urn,
        )
    iam = at(efs, "authorizationConfig", "iam")
    tls = at(efs, "transitEncryption")
    because = f"lies on {point}" if given is not None else "has IAM on"
    if (given is not None or iam == "ENABLED") and tls is not UNKNOWN and tls != "ENABLED":
        yield Report(
            f"{what} {because}, but its transitEncryption is {_said(tls)}: ECS demands TLS "
            "for that. Set efsVolumeConfiguration.transitEncryption to ENABLED.",
            task.urn,
        )
    if given is not None and iam is not UNKNOWN and iam != "ENABLED":
        yield Report(
            f"{what} lies on {point}, but its authorizationConfig.iam is {_said(iam)}: the task "
            "mounts as nobody in particular, and its task role does not count. Set "
            "authorizationConfig.iam to ENABLED.",
            task.urn,
        )
    yield from _other_file_system(stack, task, what, efs, points)


def _unknown(task: Resource, volumes: list[Plain]) -> Iterator[Report]:
    """What a preview does not know of volumes that lie on EFS, or may."""
    for volume in volumes:
        efs = at(volume, "efsVolumeConfiguration")
        if efs is None:
            continue
        parts = ("transitEncryption", "rootDirectory", "authorizationConfig.iam")
        unknown = [part for part in parts if at(efs, *part.split(".")) is UNKNOWN]
        if unknown:
            yield doubt(
                f"{', '.join(unknown)} of a volume of {task.label}. Give them known values.",
                task.urn,
                preview=True,
            )


def _said(value: Plain) -> str:
    return "not set, which means DISABLED" if value in (None, "") else str(value)


def _other_file_system(
    stack: Stack, task: Resource, what: str, efs: dict[str, Plain], points: tuple[Entity, ...]
) -> Iterator[Report]:
    """A volume whose access point belongs to a file system other than the volume's own."""
    own = register(stack, FILE_SYSTEMS).named(at(efs, "fileSystemId"), task, "volumes")
    found = file_system_of(stack, points[0]) if len(points) == 1 else None
    if found is not None and len(own) == 1 and own[0] != found:
        yield Report(
            f"{what} names {own[0].label}, but its {points[0].label} belongs to {found.label}. "
            "Take fileSystemId and accessPointId from one file system.",
            task.urn,
        )
