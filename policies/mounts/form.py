"""Rule: paths, volumes and their options have the form that Lambda and ECS accept."""

import re
from collections.abc import Iterator

from ..reading.findings import Open, Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.kinds import ACCESS_POINTS, FILE_SYSTEMS, FUNCTION, TASK_DEFINITION
from ..reading.naming import Name, NotYet, here, register
from ..reading.pack import Parameters, Rule
from ..reading.values import UNKNOWN, Plain, at, items, text
from .parts.launches import launches_of
from .parts.storage import file_system_of
from .parts.task_definitions import containers_of, efs_of

# Lambda's service model: FileSystemConfig.LocalMountPath.
_PATH = re.compile(r"/mnt/[a-zA-Z0-9-_.]+")
_LONGEST = 160
# ECS developer guide, "Use Amazon EFS volumes with Amazon ECS".
_OLDEST_PLATFORM = (1, 4)


def _judge(stack: Stack, resource: Resource, _: Parameters) -> Iterator[Report]:
    if resource.type == FUNCTION:
        for config in items(resource.get("fileSystemConfig")):
            if isinstance(path := text(at(config, "localMountPath")), str):
                yield from _path(resource, path)
        return
    volumes = items(resource.get("volumes"))
    yield from _names(resource, volumes)
    yield from _platform(stack, resource)
    for volume in volumes:
        if (efs := efs_of(volume)) is not None:
            yield from _volume(stack, resource, volume, efs)


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
    if UNKNOWN in names or UNKNOWN in volumes or isinstance(containers, Open):
        return
    for container in containers:
        points = items(at(container.definition, "mountPoints"))
        for volume in dict.fromkeys(text(at(point, "sourceVolume")) for point in points):
            if isinstance(volume, str) and volume not in names:
                has = ", ".join(f"'{name}'" for name in names if name) or "none"
                yield Report(
                    f"{container.label} mounts volume '{volume}', but {task.label} has no such "
                    f"volume; it has {has}. Give sourceVolume of the mount point the name of a "
                    "volume of the task definition.",
                    task.urn,
                )


def _platform(stack: Stack, task: Resource) -> Iterator[Report]:
    """Where ECS mounts no EFS: Windows, and Fargate's older platforms."""
    system = task.get("runtimePlatform", "operatingSystemFamily")
    if isinstance(system, str) and system.upper().startswith("WINDOWS"):
        yield Report(
            f"{task.label} has a volume on EFS, but runs on {system} "
            "(runtimePlatform.operatingSystemFamily): ECS mounts EFS in Linux containers only. Run "
            "it on LINUX.",
            task.urn,
        )
    for launch in launches_of(stack, task):
        numbers = (launch.platform or "").split(".")[:2]
        if len(numbers) == 2 and tuple(int(n) for n in numbers if n.isdecimal()) < _OLDEST_PLATFORM:
            yield Report(
                f"{launch.resource.label} runs {task.label} on platform version {launch.platform}, "
                "but a volume of it lies on EFS: Fargate mounts EFS from 1.4.0 on. Set "
                "platformVersion to LATEST, or leave it out.",
                launch.resource.urn,
            )


def _volume(stack: Stack, task: Resource, volume: Plain, efs: Plain) -> Iterator[Report]:
    name = at(volume, "name")
    what = (f"volume '{name}'" if isinstance(name, str) else "a volume") + f" of {task.label}"
    parts = ("transitEncryption", "rootDirectory", "authorizationConfig.iam")
    unknown = [part for part in parts if at(efs, *part.split(".")) is UNKNOWN]
    if unknown:
        because = f"{', '.join(unknown)} is unknown. Give them known values"
        yield doubt(f"the options of {what}", task.urn, because, preview=True)
    given = text(at(efs, "authorizationConfig", "accessPointId"))
    point = register(stack, ACCESS_POINTS).named(given, task, "volumes")
    label = point.label if point else "an access point"
    root, tls = at(efs, "rootDirectory"), at(efs, "transitEncryption")
    iam = at(efs, "authorizationConfig", "iam")
    if given is not None and isinstance(root, str) and root.strip() not in {"", "/"}:
        yield Report(
            f"{what} has rootDirectory {root} beside {label}: ECS takes the access point's own "
            "root only, and refuses the task definition. Leave rootDirectory out, or give the "
            "access point that root.",
            task.urn,
        )
    if (given is not None or iam == "ENABLED") and tls is not UNKNOWN and tls != "ENABLED":
        because = f"lies on {label}" if given is not None else "has IAM on"
        yield Report(
            f"{what} {because}, but its transitEncryption is {_said(tls)}: ECS demands TLS "
            "for that. Set efsVolumeConfiguration.transitEncryption to ENABLED.",
            task.urn,
        )
    if given is not None and iam is not UNKNOWN and iam != "ENABLED":
        yield doubt(
            f"whether {what} is to be mounted as nobody in particular",
            task.urn,
            f"its authorizationConfig.iam is {_said(iam)}, so the task role does not count. Set it "
            "to ENABLED where the role's rights are to hold",
        )
    yield from _other_file_system(stack, task, what, efs, point)


def _said(value: Plain) -> str:
    return "not set, which means DISABLED" if value in (None, "") else str(value)


def _other_file_system(
    stack: Stack, task: Resource, what: str, efs: Plain, point: Name | None
) -> Iterator[Report]:
    """A volume whose access point belongs to a file system other than the volume's own."""
    own = register(stack, FILE_SYSTEMS).named(at(efs, "fileSystemId"), task, "volumes")
    found = file_system_of(stack, here(point))
    if point is None or own is None or found is None or own == found:
        return
    if not isinstance(own, NotYet) and not isinstance(found, NotYet):
        yield Report(
            f"{what} names {own.label}, but its {point.label} belongs to {found.label}. "
            "Take fileSystemId and accessPointId from one file system.",
            task.urn,
        )


def _subjects(stack: Stack) -> list[Resource]:
    functions = [f for f in stack.of_type(FUNCTION) if items(f.get("fileSystemConfig"))]
    tasks = [
        task
        for task in stack.of_type(TASK_DEFINITION)
        if any(efs_of(volume) is not None for volume in items(task.get("volumes")))
    ]
    return [*functions, *tasks]


RULE = Rule(
    name="mounts-have-the-right-form",
    description=(
        "A function's mount path has Lambda's form, a container mounts a volume that exists, and "
        "an EFS volume has TLS where ECS demands it, no root directory of its own beside an access "
        "point, and a platform that mounts EFS."
    ),
    subjects=_subjects,
    judge=_judge,
)
