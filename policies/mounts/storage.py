"""File systems, mount targets, and the availability zones that they stand in."""

from collections import defaultdict
from dataclasses import dataclass

from ..reading.graph import Resource, Stack
from ..reading.identity import FILE_SYSTEMS, SUBNETS, Entity, register

MOUNT_TARGET = "aws:efs/mountTarget:MountTarget"


@dataclass(frozen=True)
class Zone:
    """An availability zone by name (eu-central-1a) or by id (euc1-az1); None is not known."""

    name: str | None
    id: str | None

    def is_same(self, other: "Zone") -> bool | None:
        """Whether both are one; None where that cannot be told."""
        if self.name and other.name:
            return self.name == other.name
        if self.id and other.id:
            return self.id == other.id
        return None

    def __str__(self) -> str:
        return self.name or self.id or "an unknown zone"


@dataclass(frozen=True)
class MountTarget:
    """A mount target and what it belongs to; several candidates are a preview's doubt."""

    resource: Resource
    file_systems: tuple[Entity, ...]
    subnets: tuple[Entity, ...]
    zone: Zone

    @property
    def label(self) -> str:
        """Its name in messages."""
        return self.resource.label


def zone_of(subnet: Entity) -> Zone:
    """The zone of a subnet; nothing is known of one that is made elsewhere."""
    resource = subnet.resource
    if resource is None:
        return Zone(None, None)
    return _zone(resource, "availabilityZone", "availabilityZoneId")


def _zone(resource: Resource, name: str, id_: str) -> Zone:
    found = [value if isinstance(value := resource.get(key), str) else None for key in (name, id_)]
    return Zone(found[0] or None, found[1] or None)


def mount_targets(stack: Stack) -> list[MountTarget]:
    """All mount targets of a stack."""
    return [_mount_target(stack, resource) for resource in stack.of_type(MOUNT_TARGET)]


def _mount_target(stack: Stack, resource: Resource) -> MountTarget:
    subnets = register(stack, SUBNETS).named(resource.get("subnetId"), resource, "subnetId")
    zone = zone_of(subnets[0]) if len(subnets) == 1 else Zone(None, None)
    if zone == Zone(None, None):
        zone = _zone(resource, "availabilityZoneName", "availabilityZoneId")
    return MountTarget(resource, file_systems_of(stack, resource), subnets, zone)


def file_systems_of(stack: Stack, resource: Resource) -> tuple[Entity, ...]:
    """The file system that a mount target, an access point or a policy belongs to."""
    systems = register(stack, FILE_SYSTEMS)
    return systems.named(resource.get("fileSystemId"), resource, "fileSystemId")


def file_system_of(stack: Stack, access_point: Entity | None) -> Entity | None:
    """The file system of an access point of this stack, if that is certain."""
    if access_point is None or access_point.resource is None:
        return None
    found = file_systems_of(stack, access_point.resource)
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True)
class Targets:
    """Mount targets by the key of their file system, and those of which it is uncertain."""

    sure: dict[str, list[MountTarget]]
    doubtful: list[MountTarget]


def targets(stack: Stack) -> Targets:
    """The mount targets of a stack, sorted."""
    found = Targets(defaultdict(list), [])
    for target in stack.once(mount_targets):
        if len(target.file_systems) == 1:
            found.sure[target.file_systems[0].key].append(target)
        else:
            found.doubtful.append(target)
    return found


def targets_of(stack: Stack, file_system: Entity) -> list[MountTarget]:
    """The mount targets that certainly belong to a file system."""
    return stack.once(targets).sure.get(file_system.key, [])
