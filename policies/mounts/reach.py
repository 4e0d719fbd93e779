"""Rule: each consumer finds a mount target in its zone, and the network lets it through."""

from collections.abc import Iterator

from ..reading.answers import Answer, any_of
from ..reading.findings import Findings, Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.identity import (
    DEFAULT_SECURITY_GROUP,
    SECURITY_GROUPS,
    VPCS,
    Entity,
    Several,
    register,
)
from ..reading.security_groups import End, lets_through, openings_of
from ..reading.values import UNKNOWN, items
from .consumer import Consumer
from .consumers import read_consumers
from .launches import populators
from .places import Place, places
from .storage import MountTarget, file_system_of, targets, targets_of, zone_of
from .way_out import way_out

NAME = "consumer-reaches-its-mount-targets"
DESCRIPTION = (
    "A consumer has a mount target in each of its availability zones, security groups let port "
    "2049 through between the two, and what populates has a way to its packages."
)

_NFS = 2049


def judge(stack: Stack) -> Findings:
    """Each consumer in each network that it runs in."""
    reports: list[Report] = []
    judged = 0
    populating = {id(consumer) for consumer in stack.once(populators)}
    for consumer in stack.once(read_consumers).consumers:
        if not consumer.mounts:
            continue
        judged += 1
        found = places(stack, consumer)
        if not found:
            reports.append(_nowhere(consumer))
        for place in found:
            for mount in consumer.mounts:
                system = file_system_of(stack, mount.access_point)
                reports.extend(_mount(stack, consumer, place, mount.access_point_label, system))
            if id(consumer) in populating:
                reports.extend(way_out(stack, consumer, place))
    return Findings.of(judged, dict.fromkeys(reports))


def _nowhere(consumer: Consumer) -> Report:
    if consumer.is_function:
        points = " and ".join(mount.access_point_label for mount in consumer.mounts)
        return Report(
            f"{consumer.label} mounts {points}, but has no vpcConfig: Lambda refuses a function "
            "outside a VPC that mounts an access point. Give it vpcConfig with subnetIds and "
            "securityGroupIds.",
            consumer.resource.urn,
        )
    return doubt(
        f"whether {consumer.label} reaches its mount targets; nothing in this stack says in which "
        "subnets it runs.",
        consumer.resource.urn,
        preview=False,
    )


def _mount(
    stack: Stack, consumer: Consumer, place: Place, point: str, system: Entity | None
) -> Iterator[Report]:
    urn = consumer.resource.urn
    if system is None or system.resource is None:
        where = system.label if system else f"the file system of {point}"
        yield doubt(
            f"whether {consumer.label} reaches {where}, which is made elsewhere.",
            urn,
            preview=False,
        )
        return
    there = targets_of(stack, system)
    if not there:
        if not stack.once(targets).doubtful:
            yield Report(
                f"{consumer.label} mounts {point} of {system.label}, but {system.label} has no "
                "mount target. Make one in each zone that the consumer runs in.",
                urn,
            )
        return
    if not place.subnets.entities:
        yield doubt(
            f"in which subnets {consumer.label} runs; {place.source.label} does not tell.",
            urn,
            preview=not place.subnets.certain,
        )
        return
    yield from _zones(consumer, place, system, there)
    yield from _ports(stack, consumer, place, there)


def _in_zone(subnet: Entity, target: MountTarget) -> Answer:
    if subnet in target.subnets and len(target.subnets) == 1:
        return True
    same = zone_of(subnet).is_same(target.zone)
    if same is None:
        return (
            None if subnet.resource is None or target.zone.is_same(target.zone) is None else UNKNOWN
        )
    return same


def _zones(
    consumer: Consumer, place: Place, system: Entity, there: list[MountTarget]
) -> Iterator[Report]:
    urn = consumer.resource.urn
    answers = {
        subnet: any_of(_in_zone(subnet, target) for target in there)
        for subnet in place.subnets.entities
    }
    zones = ", ".join(dict.fromkeys(str(target.zone) for target in there))
    missing = [subnet for subnet, answer in answers.items() if answer is False]
    if missing and not place.subnets.certain and len(missing) < len(answers):
        yield doubt(
            f"whether {consumer.label} runs in {missing[0].label} ({zone_of(missing[0])}), where "
            f"{system.label} has no mount target; its subnets are unknown as a whole. Give them as "
            "a list, so that each of them is known by where it comes from.",
            urn,
            preview=True,
        )
        missing = []
    for subnet in missing:
        yield Report(
            f"{consumer.label} runs in {subnet.label} in zone {zone_of(subnet)}, but "
            f"{system.label} has mount targets in {zones} only: there it cannot be mounted. "
            f"Make a mount target in {zone_of(subnet)}, or leave the subnet out.",
            urn,
        )
    for subnet, answer in answers.items():
        if answer is None or answer is UNKNOWN:
            yield doubt(
                f"whether {system.label} has a mount target in the zone of {subnet.label}, in "
                f"which {consumer.label} runs; its zone is not known. The mount targets are "
                f"in {zones}.",
                urn,
                preview=answer is UNKNOWN,
            )


def _ports(
    stack: Stack, consumer: Consumer, place: Place, there: list[MountTarget]
) -> Iterator[Report]:
    groups = place.groups if place.groups.entities else _default_group(stack, place)
    told: set[tuple[Several, bool]] = set()  # one line for all mount targets of the same groups
    for subnet in place.subnets.entities:
        near = [target for target in there if _in_zone(subnet, target) is True]
        for target in near or there:
            theirs = _target_groups(stack, target)
            client = End(groups, subnet)
            server = End(theirs, target.subnets[0] if len(target.subnets) == 1 else None)
            if not groups.entities or not theirs.entities:
                who = consumer.label if not groups.entities else target.label
                yield doubt(
                    f"whether port {_NFS} is open between {consumer.label} and {target.label}; "
                    f"{who} has no security group that this stack makes.",
                    consumer.resource.urn,
                    preview=not (groups.certain and theirs.certain),
                )
                continue
            for ingress, near_end, far_end in ((True, server, client), (False, client, server)):
                answer = lets_through(stack, near_end, far_end, _NFS, ingress=ingress)
                if answer is not True and (theirs, ingress) not in told:
                    told.add((theirs, ingress))
                    ends = (near_end.groups, far_end.groups)
                    yield _closed(stack, consumer, target, ends, answer, ingress=ingress)


def _closed(
    stack: Stack,
    consumer: Consumer,
    target: MountTarget,
    ends: tuple[Several, Several],
    answer: Answer,
    *,
    ingress: bool,
) -> Report:
    near, far = ends
    verb = "admits" if ingress else "lets out"
    if answer is False and near.certain and far.certain:
        stated = sorted(
            str(opening)
            for group in near.entities
            for opening in openings_of(stack, group, ingress=ingress)
        )
        way = "from" if ingress else "to"
        return Report(
            f"{near.labels} of {target.label if ingress else consumer.label} {verb} "
            f"{'; '.join(stated) or 'nothing'}, but not TCP {_NFS} {way} {far.labels} of "
            f"{consumer.label if ingress else target.label}: the mount times out. Open TCP {_NFS} "
            f"{'into' if ingress else 'out of'} {near.labels} {way} {far.labels}.",
            consumer.resource.urn,
        )
    return doubt(
        f"whether {near.labels} {verb} TCP {_NFS} between {consumer.label} and {target.label}; "
        "it is made elsewhere, or its rules name prefix lists, addresses or groups that are not "
        "known.",
        consumer.resource.urn,
        preview=answer is not None,
    )


def _target_groups(stack: Stack, target: MountTarget) -> Several:
    resource = target.resource
    given = resource.given("securityGroups")
    if items(given):
        return register(stack, SECURITY_GROUPS).listed(given, resource, "securityGroups")
    subnet = target.subnets[0].resource if len(target.subnets) == 1 else None
    return _default_group_of(stack, subnet)


def _default_group(stack: Stack, place: Place) -> Several:
    subnet = place.subnets.entities[0].resource if place.subnets.entities else None
    return _default_group_of(stack, subnet)


def _default_group_of(stack: Stack, subnet: Resource | None) -> Several:
    """The default security group of a subnet's VPC, where the stack manages it."""
    if subnet is None:
        return Several((), certain=True)
    vpcs = register(stack, VPCS)
    own = vpcs.named(subnet.get("vpcId"), subnet, "vpcId")
    found = [
        Entity(group.urn, group.label, group)
        for group in stack.of_type(DEFAULT_SECURITY_GROUP)
        if own and vpcs.named(group.get("vpcId"), group, "vpcId") == own
    ]
    return Several(tuple(found), certain=True)
