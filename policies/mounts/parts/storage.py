"""File systems: the places in them, their mount targets, and the zones that these stand in."""

from collections import defaultdict
from dataclasses import dataclass

from ...reading.findings import Answer, Open
from ...reading.graph import Resource, Stack
from ...reading.kinds import FILE_SYSTEMS, SUBNETS
from ...reading.naming import Elsewhere, Here, Known, Name, NotYet, candidates, here, register
from ...reading.values import UNKNOWN, Plain, text

MOUNT_TARGET = "aws:efs/mountTarget:MountTarget"


@dataclass(frozen=True)
class Location:
    """A directory of a file system; None is not known.

    `space` is the key of the file system, or of an access point whose file system is not known.
    """

    space: str
    directory: str | None

    def path(self, relative: str) -> str:
        """The path in the file system of what lies below this directory."""
        return f"{(self.directory or '').rstrip('/')}/{relative.strip('/')}".rstrip("/") or "/"

    def is_same(self, other: "Location") -> bool:
        """Whether both are one directory."""
        return self == other and self.directory is not None

    def holds(self, other: "Location") -> bool:
        """Whether the other is this directory or lies below it."""
        mine, theirs = self.directory, other.directory
        if self.space != other.space or mine is None or theirs is None:
            return False
        return mine == "/" or theirs == mine or theirs.startswith(mine + "/")

    def meets(self, other: "Location") -> bool:
        """Whether what is written in one is seen in the other."""
        return self.holds(other) or other.holds(self)


def directory(value: Plain) -> str | None:
    """A directory as it is written, or the root where nothing is."""
    given = text(value)
    if given is UNKNOWN:
        return None
    return "/" + given.strip("/") if given else "/"


def root_of(point: Resource) -> str | None:
    """The directory that an access point shows."""
    return directory(
        None if point.given("rootDirectory") is None else point.get("rootDirectory", "path")
    )


def file_system_of(stack: Stack, resource: Resource | None) -> Name | None:
    """The file system that a mount target, an access point or a policy belongs to."""
    if resource is None:
        return None
    systems = register(stack, FILE_SYSTEMS)
    return systems.named(resource.get("fileSystemId"), resource, "fileSystemId")


def location_of(stack: Stack, point: Name) -> Location | None:
    """The place that an access point shows; None where only the creation tells."""
    if isinstance(point, NotYet):
        return None
    resource = here(point)
    if resource is None:
        return Location(point.key, "/")
    system = file_system_of(stack, resource)
    space = system.key if isinstance(system, Here | Elsewhere) else point.key
    return Location(space, root_of(resource))


@dataclass(frozen=True)
class Zone:
    """An availability zone by name (eu-central-1a) or by id (euc1-az1); None is not known."""

    name: str | None
    id: str | None

    def is_same(self, other: "Zone") -> bool | None:
        """Whether both are one; None where that is not known."""
        if self.name and other.name:
            return self.name == other.name
        if self.id and other.id:
            return self.id == other.id
        return None

    def __str__(self) -> str:
        return self.name or self.id or "an unknown zone"


_NOWHERE = Zone(None, None)


@dataclass(frozen=True)
class MountTarget:
    """A mount target and what it belongs to."""

    resource: Resource
    system: Name | None
    subnet: Name | None
    zone: Zone

    @property
    def label(self) -> str:
        """Its name in messages."""
        return self.resource.label

    @property
    def known_subnet(self) -> Known | None:
        """Its subnet, if that is certain."""
        return None if isinstance(self.subnet, NotYet) else self.subnet

    def serves(self, subnet: Known) -> Answer:
        """Whether it stands in the zone of a subnet."""
        if subnet == self.subnet:
            return True
        same = zone_of(subnet).is_same(self.zone)
        if same is not None:
            return same
        if not isinstance(subnet, Here):
            return Open(f"the zone of {subnet.label} is not known; it is made elsewhere")
        whose = subnet.label if zone_of(subnet) == _NOWHERE else self.label
        preview = isinstance(self.subnet, Here | NotYet)
        return Open(f"the zone of {whose} is not known", preview=preview)


def zone_of(subnet: Name | None) -> Zone:
    """The zone of a subnet; nothing is known of one that is made elsewhere."""
    resource = here(subnet)
    return _NOWHERE if resource is None else _zone(resource, "availabilityZone")


def _zone(resource: Resource, name: str) -> Zone:
    found = [resource.get(key) for key in (name, "availabilityZoneId")]
    named, id_ = (value if isinstance(value, str) and value else None for value in found)
    return Zone(named, id_)


def one_zone(system: Name | None) -> Zone | None:
    """The zone of a One Zone file system; None for one that is regional."""
    resource = here(system)
    given = resource.given("availabilityZoneName") if resource else None
    return Zone(given, None) if isinstance(given, str) and given else None


@dataclass(frozen=True)
class Targets:
    """Mount targets by the key of their file system, and those of which it is not known yet."""

    sure: dict[str, list[MountTarget]]
    doubtful: list[MountTarget]
    by_urn: dict[str, MountTarget]


def targets(stack: Stack) -> Targets:
    """The mount targets of a stack, sorted."""
    found = Targets(defaultdict(list), [], {})
    for resource in stack.of_type(MOUNT_TARGET):
        target = found.by_urn[resource.urn] = _mount_target(stack, resource)
        named = candidates(target.system)
        if len(named) == 1:
            found.sure[named[0].key].append(target)
        else:
            found.doubtful.append(target)
    return found


def _mount_target(stack: Stack, resource: Resource) -> MountTarget:
    subnet = register(stack, SUBNETS).named(resource.get("subnetId"), resource, "subnetId")
    zone = zone_of(subnet)
    if zone == _NOWHERE:
        zone = _zone(resource, "availabilityZoneName")
    return MountTarget(resource, file_system_of(stack, resource), subnet, zone)


def targets_of(stack: Stack, system: Name | None) -> list[MountTarget]:
    """The mount targets that certainly belong to a file system."""
    known = candidates(system)
    return stack.once(targets).sure.get(known[0].key, []) if len(known) == 1 else []
