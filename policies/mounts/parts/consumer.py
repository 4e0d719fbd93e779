"""Consumers of file systems: a Lambda function, or a container of a task definition."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from ...reading.findings import Report, doubt
from ...reading.graph import Resource, Stack
from ...reading.kinds import ACCESS_POINTS, FUNCTION
from ...reading.naming import Elsewhere, Name, NotYet, here, named, only
from ...reading.values import UNKNOWN, Plain, Unknown, at, items, text
from ..paths import normalise, paths_under
from .storage import Location, file_system_of, location_of


@dataclass(frozen=True)
class Volume:
    """A place of a file system, through an access point or not.

    `location` is None where only the creation tells. `by_iam` tells whether a client comes as its
    role rather than as nobody in particular.
    """

    point: Name | None
    system: Name | None
    location: Location | None
    by_iam: bool | Unknown = True

    @property
    def key(self) -> str:
        """What tells the access point, or the place without one, from others; empty if unknown."""
        if self.point is None:
            return f"{self.location.space}:{self.location.directory}" if self.location else ""
        return "" if isinstance(self.point, NotYet) else self.point.key

    @property
    def label(self) -> str:
        if self.point is not None:
            return self.point.label
        inside = self.location.directory if self.location else None
        return self.whole if inside in {None, "/"} else f"{inside} of {self.whole}"

    @property
    def whole(self) -> str:
        """The file system, in messages."""
        of = f"the file system of {self.point.label}" if self.point else "a file system"
        return self.system.label if self.system else of

    @property
    def space(self) -> str:
        return self.location.space if self.location else ""

    @property
    def is_s3(self) -> bool:
        """Whether it is an access point of S3 Files, which is no EFS."""
        point = self.point
        return isinstance(point, Elsewhere) and "s3files" in (point.given or point.label)


@dataclass(frozen=True, kw_only=True)
class Mount(Volume):
    """A volume at the normalised path where a consumer has it."""

    consumer: "Consumer"
    path: str
    read_only: bool = False

    @property
    def urn(self) -> str:
        return self.consumer.urn

    @property
    def stack(self) -> Stack:
        return self.consumer.stack

    def named_paths(self) -> Iterator[tuple[str, str]]:
        """(what holds it, the path in the file system) of each path below it that a text names."""
        if self.location is not None and self.location.directory is not None:
            for one in self.consumer.texts:
                for found in paths_under(self.path, one.value) if one.value is not UNKNOWN else ():
                    yield one.holder, self.location.path(found)


@dataclass(frozen=True)
class Text:
    """A text that a consumer gets, and what holds it: command, entry point, or a variable."""

    holder: str
    value: str | Unknown
    variable: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Consumer:
    """What one function or container mounts, and the texts that it gets.

    Attributes:
        resource: The function, or the container's task definition.
        volumes: What it mounts: (volume, normalised path, whether read-only).
        within_reach: What its task definition has and it may or may not mount.
        mounted_paths: All the places where it mounts anything, normalised.
    """

    resource: Resource
    label: str
    volumes: list[tuple[Volume, str, bool]]
    within_reach: tuple[Volume, ...] = ()
    mounted_paths: list[str]
    texts: tuple[Text, ...]
    image: Plain = None
    folder: Plain = None

    @cached_property
    def mounts(self) -> tuple[Mount, ...]:
        return tuple(
            Mount(**vars(volume), consumer=self, path=path, read_only=read_only)
            for volume, path, read_only in self.volumes
        )

    @property
    def is_function(self) -> bool:
        return self.resource.type == FUNCTION

    @property
    def urn(self) -> str:
        return self.resource.urn

    @property
    def stack(self) -> Stack:
        return self.resource.stack


def volume_of(point: Name, by_iam: bool | Unknown = True) -> Volume:
    return Volume(point, file_system_of(here(only(point))), location_of(point), by_iam)


def texts_of(
    variables: Iterable[tuple[Plain, Plain]], entry_point: Plain, command: Plain, whose: str = ""
) -> Iterator[Text]:
    for name, value in variables:
        if (given := text(value)) is not None:
            yield Text(f"environment variable {name}{whose}", given, str(name))
    for holder, words in (("entry point", entry_point), ("command", command)):
        for word in map(text, items(words)):
            if word is not None:
                yield Text(f"{holder}{whose}", word)


def read_functions(stack: Stack) -> Iterator[Consumer | Report]:
    """Each function that mounts an access point, and what cannot be read of one."""
    for function in stack.of_type(FUNCTION):
        read = [_mounted(function, config) for config in items(function.get("fileSystemConfig"))]
        yield from (one for one in read if isinstance(one, Report))
        volumes = [one for one in read if not isinstance(one, Report)]
        given = function.get("environment", "variables")
        pairs = sorted(given.items()) if isinstance(given, dict) else []
        entry_point, command = (function.get("imageConfig", k) for k in ("entryPoints", "commands"))
        unknown = [Text("environment", UNKNOWN)] if given is UNKNOWN else []
        if volumes:
            yield Consumer(
                resource=function,
                label=function.label,
                volumes=volumes,
                mounted_paths=[path for _, path, _ in volumes],
                texts=(*unknown, *texts_of(pairs, entry_point, command)),
            )


def _mounted(function: Resource, config: Plain) -> tuple[Volume, str, bool] | Report:
    point = named(function, ACCESS_POINTS, "fileSystemConfig", at(config, "arn"))
    path = text(at(config, "localMountPath"))
    if path is UNKNOWN:
        what = f"mounts {point.label if point else 'an access point'}"
        because = f"fileSystemConfig{'' if config is UNKNOWN else '.localMountPath'} is unknown. "
        because += "Give localMountPath a value that is known in preview"
        what = f"at which path {function.label} {what}"
        return doubt(what, because, preview=True, urn=function.urn)
    if path is None or point is None:
        missing = "localMountPath" if path is None else "arn"
        why = f"its fileSystemConfig has no {missing}. Give both arn and localMountPath as texts"
        return doubt(f"what {function.label} mounts", why, urn=function.urn)
    if isinstance(point, NotYet) and not point.candidates:
        return doubt(
            f"which access point {function.label} mounts at {path}",
            "fileSystemConfig.arn is unknown and comes from no access point of this stack. Take it "
            "from the access point's own output, or give it as a known text",
            preview=True,
            urn=function.urn,
        )
    if isinstance(point, Elsewhere) and ":s3files:" in point.given:
        point = Elsewhere(point.key, f"S3 Files access point {point.key}", point.given)
    return volume_of(point), normalise(path), False
