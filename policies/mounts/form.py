"""Rule: paths, volumes and their options have the form that Lambda and ECS accept."""

import re

from ..reading.findings import Open, Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.kinds import ACCESS_POINTS, FILE_SYSTEMS, FUNCTION, TASK_DEFINITION
from ..reading.naming import Elsewhere, here, named
from ..reading.pack import Reports, rule
from ..reading.values import UNKNOWN, Plain, at, items, text
from .parts.launches import launches_of
from .parts.storage import file_system_of
from .parts.task_definitions import containers_of, efs_of

# Lambda's service model: FileSystemConfig.LocalMountPath.
_PATH = re.compile(r"(?=.{1,160}$)/mnt/(?!\.{1,2}$)[a-zA-Z0-9-_.]+")
# ECS developer guide, "Use Amazon EFS volumes with Amazon ECS".
_OLDEST_PLATFORM = (1, 4)


def _subjects(stack: Stack) -> list[Resource]:
    functions = [f for f in stack.of_type(FUNCTION) if items(f.get("fileSystemConfig"))]
    tasks = [
        task
        for task in stack.of_type(TASK_DEFINITION)
        if any(efs_of(volume) is not None for volume in items(task.get("volumes")))
    ]
    return [*functions, *tasks]


@rule(_subjects)
def mounts_have_the_right_form(resource: Resource) -> Reports:
    """A function's mount path has Lambda's form, a container mounts a volume that exists, and
    an EFS volume has TLS where ECS demands it, no root directory of its own beside an access
    point, and a platform that mounts EFS.
    """
    if resource.type == FUNCTION:
        yield from _paths(resource)
        return
    yield from _names(resource)
    yield from _platform(resource)
    for volume in items(resource.get("volumes")):
        if (efs := efs_of(volume)) is not None:
            yield from _volume(resource, volume, efs)


def _paths(function: Resource) -> Reports:
    for config in items(function.get("fileSystemConfig")):
        path = text(at(config, "localMountPath"))
        if isinstance(path, str) and not _PATH.fullmatch(path):
            yield Report(
                f"fileSystemConfig.localMountPath of {function.label} is {path}, which Lambda "
                "refuses: a mount path is /mnt/ and one name of letters, digits, '-', '_' and '.', "
                "160 characters at most. Give it, and every consumer of the same access "
                "point, such a path."
            )


def _names(task: Resource) -> Reports:
    volumes = items(task.get("volumes"))
    names = [text(at(volume, "name")) for volume in volumes]
    containers = containers_of(task)
    if UNKNOWN in names or isinstance(containers, Open):
        return
    for container in containers:
        points = items(at(container.definition, "mountPoints"))
        for volume in dict.fromkeys(text(at(point, "sourceVolume")) for point in points):
            if isinstance(volume, str) and volume not in names:
                has = ", ".join(f"'{name}'" for name in names if name) or "none"
                yield Report(
                    f"{container.label} mounts volume '{volume}', but {task.label} has no such "
                    f"volume; it has {has}. Give sourceVolume of the mount point the name of a "
                    "volume of the task definition."
                )


def _platform(task: Resource) -> Reports:
    """Where ECS mounts no EFS: Windows, and Fargate's older platforms."""
    system = task.get("runtimePlatform", "operatingSystemFamily")
    if isinstance(system, str) and system.upper().startswith("WINDOWS"):
        yield Report(
            f"{task.label} has a volume on EFS, but runs on {system} "
            "(runtimePlatform.operatingSystemFamily): ECS mounts EFS in Linux containers only. Run "
            "it on LINUX."
        )
    for launch in launches_of(task):
        given = launch.platform if isinstance(launch.platform, str) else ""
        numbers = tuple(int(part) for part in given.split(".")[:2] if part.isdecimal())
        if numbers and numbers < _OLDEST_PLATFORM:
            yield Report(
                f"{launch.resource.label} runs {task.label} on platform version {given}, "
                "but a volume of it lies on EFS: Fargate mounts EFS from 1.4.0 on. Set "
                "platformVersion to LATEST, or leave it out.",
                urn=launch.resource.urn,
            )


def _volume(task: Resource, volume: Plain, efs: Plain) -> Reports:
    name = at(volume, "name")
    what = (f"volume '{name}'" if isinstance(name, str) else "a volume") + f" of {task.label}"
    parts = ("transitEncryption", "rootDirectory", "authorizationConfig.iam")
    tls, root, iam = (at(efs, *part.split(".")) for part in parts)
    unknown = [
        part for part, value in zip(parts, (tls, root, iam), strict=True) if value is UNKNOWN
    ]
    if unknown:
        because = f"{', '.join(unknown)} is unknown. Give them known values"
        yield doubt(f"the options of {what}", because, preview=True)
    given = text(at(efs, "authorizationConfig", "accessPointId"))
    point = named(task, ACCESS_POINTS, "volumes", given)
    label = point.label if point else "an access point"
    if given is not None and isinstance(root, str) and root.strip() not in {"", "/"}:
        yield Report(
            f"{what} has rootDirectory {root} beside {label}: ECS takes the access point's own "
            "root only, and refuses the task definition. Leave rootDirectory out, or give the "
            "access point that root."
        )
    if (given is not None or iam == "ENABLED") and tls not in (UNKNOWN, "ENABLED"):
        because = f"lies on {label}" if given is not None else "has IAM on"
        yield Report(
            f"{what} {because}, but its transitEncryption is {_said(tls)}: ECS demands TLS "
            "for that. Set efsVolumeConfiguration.transitEncryption to ENABLED."
        )
    if given is not None and iam not in (UNKNOWN, "ENABLED"):
        yield doubt(
            f"whether {what} is to be mounted as nobody in particular",
            f"its authorizationConfig.iam is {_said(iam)}, so the task role does not count. Set it "
            "to ENABLED where the role's rights are to hold",
        )
    own = named(task, FILE_SYSTEMS, "volumes", at(efs, "fileSystemId"))
    theirs = file_system_of(here(point))
    sure = [one for one in (own, theirs) if isinstance(one, Resource | Elsewhere)]
    if len(sure) == 2 and sure[0] != sure[1]:
        yield Report(
            f"{what} names {sure[0].label}, but its {label} belongs to {sure[1].label}. "
            "Take fileSystemId and accessPointId from one file system."
        )


def _said(value: Plain) -> str:
    return "not set, which means DISABLED" if value in (None, "") else str(value)
