"""Rule: each consumer finds a mount target in its zone, and the network lets it through."""

from collections.abc import Iterator

from ..reading.findings import Answer, Open, Report, any_of, doubt, verdict
from ..reading.graph import Resource, Stack
from ..reading.kinds import SECURITY_GROUPS
from ..reading.naming import Elsewhere, NotYet, Several, register
from ..reading.network import End, default_group, lets_through, vpc_of
from ..reading.pack import Parameters, Rule
from ..reading.security_groups import openings_of
from ..reading.values import items
from .parts.consumer import Consumer, Mount
from .parts.launches import Launch, places
from .parts.populators import consumers, populating
from .parts.storage import MOUNT_TARGET, MountTarget, Zone, one_zone, targets, targets_of, zone_of
from .surroundings import surroundings
from .way_out import way_out

_NFS = 2049


def _judge(stack: Stack, subject: Consumer | Resource, _: Parameters) -> Iterator[Report]:
    if isinstance(subject, Resource):
        yield from _target(stack, subject)
        return
    found = places(stack, subject.resource)
    if not found:
        yield _nowhere(subject)
    for place in found:
        for mount in subject.mounts:
            yield from _mount(stack, subject, place, mount)
        if (subject.urn, subject.label) in stack.once(populating):
            yield from way_out(stack, subject, place)


def _target(stack: Stack, resource: Resource) -> Iterator[Report]:
    """What EFS refuses: two mount targets in one zone or two VPCs, or another zone than the one."""
    mine = stack.once(targets).by_urn[resource.urn]
    only = one_zone(mine.system)
    if only is not None and only.is_same(mine.zone) is False:
        yield Report(
            f"{mine.label} stands in {mine.zone}, but its file system is a One Zone one in {only} "
            f"(availabilityZoneName): EFS refuses it. Choose a subnet in {only}.",
            resource.urn,
        )
    for other in targets_of(stack, mine.system):
        if other.resource is resource:
            return
        if other.zone.is_same(mine.zone) or (other.known_subnet and other.subnet == mine.subnet):
            yield Report(
                f"{mine.label} and {other.label} of one file system stand both in {mine.zone}: EFS "
                "takes one mount target in each zone, and refuses the second. Keep one.",
                resource.urn,
            )
        vpcs = [vpc_of(stack, one.known_subnet) for one in (mine, other)]
        if None not in vpcs and vpcs[0] != vpcs[1]:
            yield Report(
                f"{mine.label} stands in another VPC than {other.label}: the mount targets of a "
                "file system stand in one VPC, and EFS refuses the second. Use subnets of one.",
                resource.urn,
            )


def _nowhere(consumer: Consumer) -> Report:
    points = " and ".join(mount.label for mount in consumer.mounts)
    if not consumer.is_function or any(mount.is_s3 for mount in consumer.mounts):
        because = "nothing in this stack says in which subnets it runs"
        return doubt(f"whether {consumer.label} reaches {points}", consumer.urn, because)
    return Report(
        f"{consumer.label} mounts {points}, but has no vpcConfig: Lambda refuses a function "
        "outside a VPC that mounts an access point. Give it vpcConfig with subnetIds and "
        "securityGroupIds.",
        consumer.urn,
    )


def _mount(stack: Stack, consumer: Consumer, place: Launch, mount: Mount) -> Iterator[Report]:
    system = mount.system
    whole = system.label if system else f"the file system of {mount.label}"
    what = f"whether {consumer.label} reaches {whole}"
    there = targets_of(stack, system)
    if (
        system is None
        or isinstance(system, NotYet)
        or (isinstance(system, Elsewhere) and not there)
    ):
        lost = mount.point.open if isinstance(mount.point, Elsewhere | NotYet) else None
        left = (system.open if system else lost) or Open("it is made elsewhere")
        yield Report(what, consumer.urn, left)
    elif not there:
        yield from verdict(
            _no_target(stack, system.label),
            consumer.urn,
            what=f"whether {consumer.label} has a mount target of {whole}",
            wrong=f"{consumer.label} mounts {mount.label}"
            + (f" of {whole}" if mount.point else "")
            + f", but {whole} has no mount target. Make one in each zone that "
            "the consumer runs in.",
        )
    elif not place.subnets.names:
        because = f"{place.resource.label} does not tell"
        preview = not place.subnets.certain
        yield doubt(
            f"in which subnets {consumer.label} runs", consumer.urn, because, preview=preview
        )
    else:
        yield from _zones(stack, consumer, place, mount, there)
        yield from _ports(stack, consumer, place, there)
        yield from surroundings(stack, consumer, place, mount, there)


def _no_target(stack: Stack, whole: str) -> Answer:
    for target in stack.once(targets).doubtful:
        return Open(f"which file system {target.label} belongs to is unknown", preview=True)
    return stack.there_is_none(f"mount target of {whole}")


def _zones(
    stack: Stack, consumer: Consumer, place: Launch, mount: Mount, there: list[MountTarget]
) -> Iterator[Report]:
    whole = mount.system.label if mount.system else ""
    zones = ", ".join(dict.fromkeys(str(target.zone) for target in there))
    for subnet in place.subnets.names:
        zone = zone_of(subnet)
        served = any_of(target.serves(subnet) for target in there)
        if served is False:
            served = _no_target(stack, f"{whole} in {zone}")
            if isinstance(mount.system, Elsewhere):
                served = Open(f"{whole} is made elsewhere, and may have others there")
            if not place.subnets.certain:
                because = "its subnets are unknown as a whole. Give them as a list, so that each "
                served = Open(because + "of them is known by where it comes from", preview=True)
        yield from verdict(
            served,
            consumer.urn,
            what=f"whether {whole} has a mount target in the zone of {subnet.label}, in which "
            f"{consumer.label} runs (it has some in {zones})",
            wrong=f"{consumer.label} runs in {subnet.label} in zone {zone}, but {whole} has mount "
            f"targets in {zones} only: there it cannot be mounted. "
            + _remedy(zone, one_zone(mount.system)),
        )


def _remedy(zone: Zone, only: Zone | None) -> str:
    if only is not None:
        return f"It is a One Zone file system: leave the subnet out, and run in {only} alone."
    return f"Make a mount target in {zone}, or leave the subnet out."


def groups_of(stack: Stack, place: Launch) -> Several:
    """The security groups of a place: its own, or the default one of its VPC."""
    if place.groups.names or not place.groups.certain or not place.subnets.names:
        return place.groups
    return default_group(stack, place.subnets.names[0])


def groups_of_target(stack: Stack, target: MountTarget) -> Several:
    """The security groups of a mount target: its own, or the default one of its VPC."""
    resource = target.resource
    given = resource.given("securityGroups")
    if items(given):
        return register(stack, SECURITY_GROUPS).listed(given, resource, "securityGroups")
    return default_group(stack, target.known_subnet)


def _ports(
    stack: Stack, consumer: Consumer, place: Launch, there: list[MountTarget]
) -> Iterator[Report]:
    groups = groups_of(stack, place)
    seen: set[tuple[Several, bool]] = set()  # one line for all mount targets of the same groups
    for subnet in place.subnets.names:
        near = [target for target in there if target.serves(subnet) is True]
        for target in near or there:
            theirs = groups_of_target(stack, target)
            client = End(groups, subnet)
            address = target.resource.get("ipAddress")
            server = End(theirs, target.known_subnet, address if isinstance(address, str) else None)
            for ingress, ends in ((True, (server, client)), (False, (client, server))):
                answer = _open(stack, ends, consumer, target, ingress=ingress)
                if answer is not True and (theirs, ingress) not in seen:
                    seen.add((theirs, ingress))
                    yield from _closed(stack, consumer, target, ends, answer, ingress=ingress)


def _open(
    stack: Stack, ends: tuple[End, End], consumer: Consumer, target: MountTarget, *, ingress: bool
) -> Answer:
    labels = [target.label, consumer.label] if ingress else [consumer.label, target.label]
    for end, label in zip(ends, labels, strict=True):
        if not end.groups.names:
            why = f"{label} has no security group that this stack makes"
            return Open(why, preview=not end.groups.certain)
    return lets_through(stack, *ends, _NFS, ingress=ingress)


def _closed(
    stack: Stack,
    consumer: Consumer,
    target: MountTarget,
    ends: tuple[End, End],
    answer: Answer,
    *,
    ingress: bool,
) -> Iterator[Report]:
    near, far = (end.groups for end in ends)
    verb = "admits" if ingress else "lets out"
    way = "from" if ingress else "to"

    def wrong() -> str:
        stated = sorted(map(str, openings_of(stack, near, ingress=ingress)))
        return (
            f"{near.labels} of {target.label if ingress else consumer.label} {verb} "
            f"{'; '.join(stated) or 'nothing'}, but not TCP {_NFS} {way} {far.labels} of "
            f"{consumer.label if ingress else target.label}: the mount times out. Open TCP {_NFS} "
            f"{'into' if ingress else 'out of'} {near.labels} {way} {far.labels}."
        )

    yield from verdict(
        answer,
        consumer.urn,
        wrong=wrong,
        what=f"whether {near.labels or 'the network'} {verb} TCP {_NFS} between {consumer.label} "
        f"and {target.label}",
    )


def _subjects(stack: Stack) -> list[Consumer | Resource]:
    mounting = [consumer for consumer in stack.once(consumers) if consumer.mounts]
    return [*mounting, *stack.of_type(MOUNT_TARGET)]


RULE = Rule(
    name="consumer-reaches-its-mount-targets",
    description=(
        "A consumer has a mount target in each of its availability zones, which EFS accepts, "
        "security groups let port 2049 through between the two, and what populates has a way to "
        "its packages."
    ),
    subjects=_subjects,
    judge=_judge,
)
