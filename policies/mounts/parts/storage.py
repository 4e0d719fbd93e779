"""File systems: the places in them, their mount targets, and the zones that these stand in."""

from collections import defaultdict
from dataclasses import dataclass

from ...reading.findings import Answer, Open
from ...reading.graph import Resource, Stack, once
from ...reading.kinds import FILE_SYSTEMS, MOUNT_TARGET, SUBNETS
from ...reading.naming import Elsewhere, Known, Name, NotYet, here, named, only
from ...reading.values import UNKNOWN, Plain, text
from ..paths import lies_under


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

    def holds(self, other: "Location") -> bool:
        """Whether the other is this directory or lies below it."""
        mine, theirs = self.directory, other.directory
        known = self.space == other.space and mine is not None and theirs is not None
        return known and lies_under(theirs or "", mine or "")

    def meets(self, other: "Location | None") -> bool:
        """Whether what is written in one is seen in the other."""
        return other is not None and (self.holds(other) or other.holds(self))


def directory(value: Plain) -> str | None:
    """A directory as it is written, or the root where nothing is."""
    given = text(value)
    if given is UNKNOWN:
        return None
    return "/" + given.strip("/") if given else "/"


def root_of(point: Resource) -> str | None:
    given = point.given("rootDirectory")
    return directory(None if given is None else point.get("rootDirectory", "path"))


def file_system_of(resource: Resource | None) -> Name | None:
    """The file system that a mount target, an access point or a policy belongs to."""
    return named(resource, FILE_SYSTEMS, "fileSystemId") if resource else None


def location_of(point: Name) -> Location | None:
    """The place that an access point shows; None where only the creation tells."""
    if isinstance(point, NotYet):
        return None
    resource = here(point)
    if resource is None:
        return Location(point.key, "/")
    system = file_system_of(resource)
    space = system.key if isinstance(system, Resource | Elsewhere) else point.key
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
        return self.id == other.id if self.id and other.id else None

    def __str__(self) -> str:
        return self.name or self.id or "an unknown zone"


_NOWHERE = Zone(None, None)


@dataclass(frozen=True)
class MountTarget:
    """A mount target and what it belongs to; None is not certain."""

    resource: Resource
    system: Name | None
    subnet: Known | None
    zone: Zone

    @property
    def label(self) -> str:
        return self.resource.label

    def serves(self, subnet: Known) -> Answer:
        """Whether it stands in the zone of a subnet."""
        theirs = zone_of(subnet)
        same = subnet == self.subnet or theirs.is_same(self.zone)
        if same is not None:
            return same
        if not isinstance(subnet, Resource):
            return Open(f"the zone of {subnet.label} is not known; it is made elsewhere")
        whose = subnet.label if theirs == _NOWHERE else self.label
        preview = not isinstance(self.subnet, Elsewhere)
        return Open(f"the zone of {whose} is not known", preview)


def zone_of(subnet: Name | None) -> Zone:
    """The zone of a subnet; nothing is known of one that is made elsewhere."""
    resource = here(subnet)
    return _zone(resource, "availabilityZone") if resource else _NOWHERE


def _zone(resource: Resource, name: str) -> Zone:
    found = [resource.get(key) for key in (name, "availabilityZoneId")]
    return Zone(*(value if isinstance(value, str) and value else None for value in found))


def one_zone(system: Name | None) -> Zone | None:
    """The zone of a One Zone file system; None for one that is regional."""
    resource = here(system)
    given = resource.given("availabilityZoneName") if resource else None
    return Zone(given, None) if isinstance(given, str) and given else None


@once
def targets(stack: Stack) -> dict[str, list[MountTarget]]:
    """Mount targets by the key of their file system; of "", where that is not known yet."""
    found: dict[str, list[MountTarget]] = defaultdict(list)
    for resource in stack.of_type(MOUNT_TARGET):
        subnet = named(resource, SUBNETS, "subnetId")
        zone = zone_of(subnet)
        if zone == _NOWHERE:
            zone = _zone(resource, "availabilityZoneName")
        system = file_system_of(resource)
        known = only(system)
        certain = None if isinstance(subnet, NotYet) else subnet
        found[known.key if known else ""].append(MountTarget(resource, system, certain, zone))
    return found


def targets_of(stack: Stack, system: Name | None) -> list[MountTarget]:
    known = only(system)
    return targets(stack).get(known.key, []) if known else []
