"""Rule: each consumer finds a mount target in its zone, and the network lets it through."""

from collections import defaultdict

from ..reading.findings import Answer, Open, Report, any_of, doubt, verdict
from ..reading.graph import Resource, Stack, once
from ..reading.kinds import MOUNT_TARGET, NETWORK_ACLS, SECURITY_GROUPS, SUBNETS, VPCS, token
from ..reading.naming import Elsewhere, NotYet, Several, here, listed, named, only
from ..reading.network import End, default_group, lets_through, vpc_of
from ..reading.pack import Reports, rule
from ..reading.security_groups import openings_of
from ..reading.values import Plain, at, flag, items, number
from .parts.consumer import Consumer, Mount
from .parts.launches import Launch, places
from .parts.populators import consumers, populating
from .parts.storage import MountTarget, file_system_of, one_zone, targets, targets_of, zone_of
from .way_out import way_out

_NFS = 2049
_NEWER = ("IPV6_ONLY", "DUAL_STACK")


def _subjects(stack: Stack) -> list[Consumer | Resource]:
    mounting = [consumer for consumer in consumers(stack) if consumer.mounts]
    return [*mounting, *stack.of_type(MOUNT_TARGET)]


@rule(_subjects)
def consumer_reaches_its_mount_targets(subject: Consumer | Resource) -> Reports:
    """A consumer has a mount target in each of its availability zones, which EFS accepts,
    security groups let port 2049 through between the two, and what populates has a way to its
    packages.
    """
    if isinstance(subject, Resource):
        yield from _target(subject)
        return
    found = places(subject.resource)
    if not found:
        yield _nowhere(subject)
    for place in found:
        for mount in subject.mounts:
            yield from _mount(place, mount)
        if subject in populating(subject.stack):
            yield from way_out(subject, place)


def _target(resource: Resource) -> Reports:
    """What EFS refuses: two mount targets in one zone or two VPCs, or another zone than the one."""
    owner = only(file_system_of(resource))
    every = targets(resource.stack)[owner.key if owner else ""]
    mine = next(one for one in every if one.resource is resource)
    zone = one_zone(mine.system)
    if zone is not None and zone.is_same(mine.zone) is False:
        yield Report(
            f"{mine.label} stands in {mine.zone}, but its file system is a One Zone one in {zone} "
            f"(availabilityZoneName): EFS refuses it. Choose a subnet in {zone}."
        )
    for other in every if owner else ():
        if other is mine:
            return
        if other.zone.is_same(mine.zone) or (other.subnet and other.subnet == mine.subnet):
            yield Report(
                f"{mine.label} and {other.label} of one file system stand both in {mine.zone}: EFS "
                "takes one mount target in each zone, and refuses the second. Keep one."
            )
        vpcs = [vpc_of(one.subnet) for one in (mine, other)]
        if None not in vpcs and vpcs[0] != vpcs[1]:
            yield Report(
                f"{mine.label} stands in another VPC than {other.label}: the mount targets of a "
                "file system stand in one VPC, and EFS refuses the second. Use subnets of one."
            )


def _nowhere(consumer: Consumer) -> Report:
    points = " and ".join(mount.label for mount in consumer.mounts)
    if not consumer.is_function or any(mount.is_s3 for mount in consumer.mounts):
        because = "nothing in this stack says in which subnets it runs"
        return doubt(f"whether {consumer.label} reaches {points}", because)
    return Report(
        f"{consumer.label} mounts {points}, but has no vpcConfig: Lambda refuses a function "
        "outside a VPC that mounts an access point. Give it vpcConfig with subnetIds and "
        "securityGroupIds."
    )


def _mount(place: Launch, mount: Mount) -> Reports:
    system, who = mount.system, mount.consumer.label
    there = targets_of(mount.stack, system)
    if not there and not isinstance(system, Resource):
        lost = system or mount.point
        left = lost.open if isinstance(lost, Elsewhere | NotYet) else Open("it is made elsewhere")
        yield Report(f"whether {who} reaches {mount.whole}", left)
    elif not there:
        of = f" of {mount.whole}" if mount.point else ""
        yield from verdict(
            _no_target(mount.stack, mount.whole),
            what=f"whether {who} has a mount target of {mount.whole}",
            wrong=f"{who} mounts {mount.label}{of}, but {mount.whole} has no mount target. Make "
            "one in each zone that the consumer runs in.",
        )
    elif not place.subnets.names:
        because = f"{place.resource.label} does not tell"
        yield doubt(f"in which subnets {who} runs", because, preview=not place.subnets.certain)
    else:
        yield from _zones(place, mount, there)
        yield from _ports(place, mount, there)
        yield from _surroundings(place, mount, there)


def _no_target(stack: Stack, whole: str) -> Answer:
    for target in targets(stack).get("", []):
        return Open(f"which file system {target.label} belongs to is unknown", preview=True)
    return stack.there_is_none(f"mount target of {whole}")


def _zones(place: Launch, mount: Mount, there: list[MountTarget]) -> Reports:
    whole, who, single = mount.whole, mount.consumer.label, one_zone(mount.system)
    zones = ", ".join(dict.fromkeys(str(target.zone) for target in there))
    for subnet in place.subnets.names:
        zone = zone_of(subnet)
        served = any_of(target.serves(subnet) for target in there)
        if served is False:
            served = _no_target(place.resource.stack, f"{whole} in {zone}")
            if isinstance(mount.system, Elsewhere):
                served = Open(f"{whole} is made elsewhere, and may have others there")
            if not place.subnets.certain:
                because = "its subnets are unknown as a whole. Give them as a list, so that each "
                served = Open(because + "of them is known by where it comes from", preview=True)
        remedy = f"Make a mount target in {zone}, or leave the subnet out."
        if single is not None:
            remedy = f"It is a One Zone file system: run in {single} alone, without the subnet."
        yield from verdict(
            served,
            what=f"whether {whole} has a mount target in the zone of {subnet.label}, in which "
            f"{who} runs (it has some in {zones})",
            wrong=f"{who} runs in {subnet.label} in zone {zone}, but {whole} has mount targets in "
            f"{zones} only: there it cannot be mounted. {remedy}",
        )


def groups_of_target(target: MountTarget) -> Several:
    """The security groups of a mount target: its own, or the default one of its VPC."""
    if items(target.resource.given("securityGroups")):
        return listed(target.resource, SECURITY_GROUPS, "securityGroups")
    return default_group(target.resource.stack, target.subnet)


def _ports(place: Launch, mount: Mount, there: list[MountTarget]) -> Reports:
    seen: set[tuple[Several, bool]] = set()  # one line for all mount targets of the same groups
    for subnet in place.subnets.names:
        client = End(mount.consumer.label, place.groups, subnet)
        for target in [one for one in there if one.serves(subnet) is True] or there:
            groups = groups_of_target(target)
            server = End(target.label, groups, target.subnet, target.resource.get("ipAddress"))
            for ingress in (True, False):
                near, far = (server, client) if ingress else (client, server)
                answer = lets_through(mount.stack, near, far, _NFS, ingress=ingress)
                if answer is False and target.resource.given("ipAddressType") in _NEWER:
                    answer = Open(
                        f"{target.label} has an address of IPv6, which is not judged here"
                    )
                if answer is not True and (groups, ingress) not in seen:
                    seen.add((groups, ingress))
                    yield _closed(mount.stack, near, far, answer, ingress=ingress)


def _closed(stack: Stack, near: End, far: End, answer: Answer, *, ingress: bool) -> Report:
    verb, into, way = ("admits", "into", "from") if ingress else ("lets out", "out of", "to")
    if isinstance(answer, Open):
        ends = f"{far.label} and {near.label}" if ingress else f"{near.label} and {far.label}"
        groups = near.groups.labels or "the network"
        return Report(f"whether {groups} {verb} TCP {_NFS} between {ends}", answer)
    stated = sorted(map(str, openings_of(stack, near.groups, ingress=ingress)))
    mine, theirs = near.groups.labels, far.groups.labels
    return Report(
        f"{mine} of {near.label} {verb} {'; '.join(stated) or 'nothing'}, but not TCP {_NFS} {way} "
        f"{theirs} of {far.label}: the mount times out. Open TCP {_NFS} {into} {mine} {way} "
        f"{theirs}."
    )


def _surroundings(place: Launch, mount: Mount, there: list[MountTarget]) -> Reports:
    """Another VPC or region, a VPC without DNS, network ACLs."""
    what = f"whether {mount.consumer.label} reaches {mount.label}"
    ends = dict.fromkeys(target.subnet for target in there if target.subnet)
    theirs = {vpc for subnet in ends if (vpc := vpc_of(subnet))}
    guarding = _guarding(mount.stack)
    for subnet in dict.fromkeys([*place.subnets.names, *ends]):
        vpc = vpc_of(subnet)
        if subnet not in ends and vpc is not None and theirs and vpc not in theirs:
            other = ", ".join(one.label for one in theirs)
            because = f"{subnet.label} lies in {vpc.label}, the mount targets lie in {other}"
            yield doubt(what, because)
        if isinstance(vpc, Resource) and flag(vpc.get("enableDnsSupport")) is False:
            because = f"enableDnsSupport of {vpc.label} is false, and a mount looks its name up"
            yield doubt(what, because)
        acls = guarding.get(subnet.key) or guarding.get(vpc.key if vpc else "", [])
        for acl in (acl for acl in acls if not _is_open(acl)):
            because = f"{acl.label} guards {subnet.label}, and network ACLs are not judged here"
            yield doubt(what, because)
    mine, far = _region(mount.consumer.resource), _region(here(only(mount.system)))
    if mine and far and mine != far:
        yield doubt(what, f"it runs in region {mine}, the file system is in {far}")


def _region(resource: Resource | None) -> str | None:
    given, arn = (resource.get(name) if resource else None for name in ("region", "arn"))
    if isinstance(given, str) and given:
        return given
    parts = arn.split(":") if isinstance(arn, str) else []
    return parts[3] or None if len(parts) > 5 else None


@once
def _guarding(stack: Stack) -> dict[str, list[Resource]]:
    """By the key of a subnet, or of a VPC for the rest of its subnets, the network ACLs."""
    found: dict[str, list[Resource]] = defaultdict(list)
    for acl in stack.of_type(*NETWORK_ACLS.tokens):
        subnets = listed(acl, SUBNETS, "subnetIds", acl.given("subnetIds")).names
        for owner in (*subnets, *acl.origins("defaultNetworkAclId", *VPCS.tokens)):
            found[owner.key].append(acl)
    for one in stack.of_type(token("ec2", "NetworkAclAssociation")):
        guard, subnet = (
            here(named(one, NETWORK_ACLS, "networkAclId")),
            only(named(one, SUBNETS, "subnetId")),
        )
        if guard is not None and subnet is not None:
            found[subnet.key].append(guard)
    return found


@once
def _rules(stack: Stack) -> dict[str, list[tuple[bool, Plain, str]]]:
    """By the URN of a network ACL (whether it is for egress, rule, the name of its action)."""
    found: dict[str, list[tuple[bool, Plain, str]]] = defaultdict(list)
    for acl in stack.of_type(*NETWORK_ACLS.tokens):
        for name in ("ingress", "egress"):
            found[acl.urn] += [(name == "egress", r, "action") for r in items(acl.given(name))]
    for one in stack.of_type(token("ec2", "NetworkAclRule")):
        if (guarded := here(named(one, NETWORK_ACLS, "networkAclId"))) is not None:
            stated: Plain = {name: one.get(name) for name in one.names}
            found[guarded.urn].append((flag(one.get("egress")) is True, stated, "ruleAction"))
    return found


def _is_open(acl: Resource) -> bool:
    """Whether a network ACL lets everything through; its rules for IPv6 say nothing of a mount."""
    directions = set()
    for egress, stated, action in _rules(acl.stack)[acl.urn]:
        everything = number(at(stated, "protocol")) == -1 or at(stated, "protocol") == "all"
        block = at(stated, "cidrBlock")
        every = block == "0.0.0.0/0" or (not block and at(stated, "ipv6CidrBlock") is not None)
        if not (str(at(stated, action)).lower() == "allow" and everything and every):
            return False
        directions.add(egress)
    return directions == {True, False}
