"""A consumer of a file system: one Lambda function, or one container of a task definition."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from ...reading.findings import Report
from ...reading.graph import Resource, Stack
from ...reading.kinds import FUNCTION
from ...reading.naming import Elsewhere, Name, NotYet, candidates
from ...reading.values import UNKNOWN, Plain, Unknown, items, text
from ..paths import paths_under
from .storage import Location, file_system_of, location_of


@dataclass(frozen=True)
class Mount:
    """One place of a file system at one path.

    Attributes:
        point: The access point; None for a volume without one.
        system: The file system, as far as it is known.
        location: The place; None where only the creation tells.
        path: Where the consumer has it, normalised.
        read_only: Whether the consumer cannot write there, whatever its role may.
        by_iam: Whether it comes as its role rather than as nobody in particular.
    """

    point: Name | None
    system: Name | None
    location: Location | None
    path: str
    read_only: bool = False
    by_iam: bool | Unknown = True

    @property
    def key(self) -> str:
        """What tells the access point, or the place without one, from others; empty if unknown."""
        if self.point is None:
            return f"{self.location.space}:{self.location.directory}" if self.location else ""
        return "" if isinstance(self.point, NotYet) else self.point.key

    @property
    def label(self) -> str:
        """What it mounts, in messages."""
        if self.point is not None:
            return self.point.label
        inside = self.location.directory if self.location else None
        whole = self.system.label if self.system else "a file system"
        return whole if inside in {None, "/"} else f"{inside} of {whole}"

    @property
    def is_s3(self) -> bool:
        """Whether it is an access point of S3 Files, which is no EFS."""
        point = self.point
        return isinstance(point, Elsewhere) and "s3files" in (point.given or point.label)


def mount_of(stack: Stack, point: Name, path: str) -> Mount:
    """An access point at a path."""
    known = candidates(point)
    own = getattr(known[0], "resource", None) if len(known) == 1 else None
    return Mount(point, file_system_of(stack, own), location_of(stack, point), path)


@dataclass(frozen=True)
class Text:
    """A text that a consumer gets, and what holds it (`environment variable X`)."""

    holder: str
    value: str | Unknown


@dataclass(frozen=True, kw_only=True, eq=False)
class Consumer:
    """What one function or container mounts, and the texts that it gets.

    Attributes:
        resource: The function, or the container's task definition.
        label: Its name in messages.
        path_property: The property that says where it mounts.
        mounts: What it mounts.
        within_reach: What its task definition has and it may or may not mount.
        mounted_paths: All the places where it mounts anything, normalised.
        texts: Its environment, command and entry point.
        image: A container's image.
        folder: A container's working directory.
    """

    resource: Resource
    label: str
    path_property: str
    mounts: tuple[Mount, ...]
    within_reach: tuple[Mount, ...] = ()
    mounted_paths: tuple[str, ...]
    texts: tuple[Text, ...]
    image: Plain = None
    folder: Plain = None

    @property
    def is_function(self) -> bool:
        """Whether it is a function, and no container."""
        return self.resource.type == FUNCTION

    @property
    def urn(self) -> str:
        """The URN of its resource."""
        return self.resource.urn

    def named_below(self, mount: Mount) -> Iterator[tuple[str, str]]:
        """(what holds it, the path in the file system) of each path below a mount."""
        if mount.location is not None and mount.location.directory is not None:
            for one in self.texts:
                for found in paths_under(mount.path, one.value) if one.value is not UNKNOWN else ():
                    yield one.holder, mount.location.path(found)


Pair: TypeAlias = tuple[Consumer, Mount]


# Consumers, and why others cannot be read.
Reading: TypeAlias = list[Consumer | Report]


def words(holder: str, value: Plain) -> list[Text]:
    """The texts of a command or an entry point."""
    if value is UNKNOWN:
        return [Text(holder, UNKNOWN)]
    known = [text(item) for item in items(value)]
    return [Text(holder, word) for word in known if word is not None]


def variables(pairs: Sequence[tuple[object, Plain]], whose: str = "") -> list[Text]:
    """The texts of an environment."""
    return [
        Text(f"environment variable {name}{whose}", value)
        for name, given in pairs
        if (value := text(given)) is not None
    ]


def at_path(mount: Mount, path: str, *, read_only: bool) -> Mount:
    """The same place at a path of a container's."""
    return replace(mount, path=path, read_only=read_only)
