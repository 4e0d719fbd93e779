"""What else of a network decides whether a mount comes about: noted, as it is not judged."""

from collections import defaultdict
from collections.abc import Iterator

from ..reading.findings import Report, doubt
from ..reading.graph import Resource, Stack, once
from ..reading.kinds import SUBNETS, VPCS, token
from ..reading.naming import Here, candidates, here, listed, named, only, origins_of
from ..reading.network import vpc_of
from ..reading.values import Plain, at, flag, items, number
from .parts.consumer import Mount
from .parts.launches import Launch
from .parts.storage import MountTarget

_ACL = token("ec2", "NetworkAcl")
_DEFAULT_ACL = token("ec2", "DefaultNetworkAcl")
_ACL_RULE = token("ec2", "NetworkAclRule")
_ACL_ASSOCIATION = token("ec2", "NetworkAclAssociation")


def surroundings(
    stack: Stack, place: Launch, mount: Mount, there: list[MountTarget]
) -> Iterator[Report]:
    """Another VPC or region, a VPC without DNS, network ACLs."""
    consumer = mount.consumer
    what = f"whether {consumer.label} reaches {mount.label}"
    ends = dict.fromkeys(target.subnet for target in there if target.subnet)
    theirs = {vpc for subnet in ends if (vpc := vpc_of(subnet))}
    for subnet in dict.fromkeys([*place.subnets.names, *ends]):
        vpc = vpc_of(subnet)
        if subnet not in ends and vpc is not None and theirs and vpc not in theirs:
            other = ", ".join(one.label for one in theirs)
            yield doubt(
                what, f"{subnet.label} lies in {vpc.label}, the mount targets lie in {other}"
            )
        if isinstance(vpc, Here) and flag(vpc.resource.get("enableDnsSupport")) is False:
            because = f"enableDnsSupport of {vpc.label} is false, and a mount looks its name up"
            yield doubt(what, because)
        guarding = _guarding(stack)
        for acl in guarding.get(subnet.key) or guarding.get(vpc.key if vpc else "", []):
            if not _open_acls(stack).get(acl.urn, False):
                because = f"{acl.label} guards {subnet.label}, and network ACLs are not judged here"
                yield doubt(what, because)
    system = here(only(mount.system))
    mine, far = _region(consumer.resource), _region(system)
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
    by_id = {acl.get("id"): acl for acl in stack.of_type(_ACL)}
    for acl in stack.of_type(_ACL, _DEFAULT_ACL):
        for subnet in listed(acl, SUBNETS, "subnetIds", acl.given("subnetIds")).names:
            found[subnet.key].append(acl)
    for one in stack.of_type(_ACL_ASSOCIATION):
        given = one.get("networkAclId")
        known = [by_id[given]] if isinstance(given, str) and given in by_id else []
        for subnet in candidates(named(one, SUBNETS, "subnetId")):
            found[subnet.key] += known or one.origins("networkAclId", _ACL)
    for acl in stack.of_type(_DEFAULT_ACL):
        given = acl.get("defaultNetworkAclId")
        vpcs = [
            one for one in stack.of_type(*VPCS.tokens) if given == one.get("defaultNetworkAclId")
        ]
        for vpc in (
            *map(Here, vpcs if isinstance(given, str) else ()),
            *origins_of(acl, VPCS, "defaultNetworkAclId"),
        ):
            found[vpc.key].append(acl)
    return found


@once
def _open_acls(stack: Stack) -> dict[str, bool]:
    """By URN, the network ACLs that let everything through in both directions."""
    rules: dict[str, list[tuple[bool, Plain, str]]] = defaultdict(list)
    acls = stack.of_type(_ACL, _DEFAULT_ACL)
    for acl in acls:
        for name in ("ingress", "egress"):
            rules[acl.urn] += [(name == "egress", r, "action") for r in items(acl.given(name))]
    for one in stack.of_type(_ACL_RULE):
        rule = {name: one.get(name) for name in one.names}
        for acl in acls:
            same = isinstance(acl.get("id"), str) and acl.get("id") == one.get("networkAclId")
            if same or acl in one.origins("networkAclId", _ACL, _DEFAULT_ACL):
                rules[acl.urn].append((flag(one.get("egress")) is True, rule, "ruleAction"))
    return {
        urn: all(_allows(rule, action) for _, rule, action in found)
        and {egress for egress, _, _ in found} == {True, False}
        for urn, found in rules.items()
    }


def _allows(rule: Plain, action: str) -> bool:
    """Whether a rule lets everything through; one for IPv6 says nothing of a mount."""
    everything = number(at(rule, "protocol")) == -1 or at(rule, "protocol") == "all"
    block = at(rule, "cidrBlock")
    every = block == "0.0.0.0/0" or (not block and at(rule, "ipv6CidrBlock") is not None)
    return str(at(rule, action)).lower() == "allow" and everything and every
