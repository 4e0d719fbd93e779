"""What else of a network decides whether a mount comes about: noted, as it is not judged."""

from collections import defaultdict
from collections.abc import Iterator

from ..reading.findings import Report, doubt
from ..reading.graph import Resource, Stack, once
from ..reading.kinds import NETWORK_ACLS, SUBNETS, VPCS, token
from ..reading.naming import Here, here, listed, named, only, origins_of
from ..reading.network import vpc_of
from ..reading.values import Plain, at, flag, items, number
from .parts.consumer import Mount
from .parts.launches import Launch
from .parts.storage import MountTarget


def surroundings(place: Launch, mount: Mount, there: list[MountTarget]) -> Iterator[Report]:
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
        if isinstance(vpc, Here) and flag(vpc.resource.get("enableDnsSupport")) is False:
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
    """The region that a resource or its ARN names."""
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
        for owner in (*subnets, *origins_of(acl, VPCS, "defaultNetworkAclId")):
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
            rule: Plain = {name: one.get(name) for name in one.names}
            found[guarded.urn].append((flag(one.get("egress")) is True, rule, "ruleAction"))
    return found


def _is_open(acl: Resource) -> bool:
    """Whether a network ACL lets everything through; its rules for IPv6 say nothing of a mount."""
    directions = set()
    for egress, rule, action in _rules(acl.stack)[acl.urn]:
        everything = number(at(rule, "protocol")) == -1 or at(rule, "protocol") == "all"
        block = at(rule, "cidrBlock")
        every = block == "0.0.0.0/0" or (not block and at(rule, "ipv6CidrBlock") is not None)
        if not (str(at(rule, action)).lower() == "allow" and everything and every):
            return False
        directions.add(egress)
    return directions == {True, False}
