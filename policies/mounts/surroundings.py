"""What else of a network decides whether a mount comes about: noted, as it is not judged."""

from collections.abc import Iterator

from ..reading.findings import Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.kinds import SUBNETS, VPCS
from ..reading.naming import Here, Known, Name, candidates, here, register
from ..reading.network import vpc_of
from ..reading.values import Plain, at, flag, items, number
from .parts.consumer import Consumer, Mount
from .parts.launches import Launch
from .parts.storage import MountTarget

_ACL = "aws:ec2/networkAcl:NetworkAcl"
_DEFAULT_ACL = "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl"
_ACL_RULE = "aws:ec2/networkAclRule:NetworkAclRule"
_ACL_ASSOCIATION = "aws:ec2/networkAclAssociation:NetworkAclAssociation"


def surroundings(
    stack: Stack, consumer: Consumer, place: Launch, mount: Mount, there: list[MountTarget]
) -> Iterator[Report]:
    """Another VPC or region, a VPC without DNS, network ACLs."""
    what = f"whether {consumer.label} reaches {mount.label}"
    ends = dict.fromkeys(subnet for target in there if (subnet := target.known_subnet))
    theirs = {vpc for subnet in ends if (vpc := vpc_of(stack, subnet))}
    for subnet in dict.fromkeys([*place.subnets.names, *ends]):
        vpc = vpc_of(stack, subnet)
        if subnet not in ends and vpc is not None and theirs and vpc not in theirs:
            other = ", ".join(one.label for one in theirs)
            because = f"{subnet.label} lies in {vpc.label}, the mount targets lie in {other}"
            yield doubt(what, consumer.urn, because)
        if isinstance(vpc, Here) and flag(vpc.resource.get("enableDnsSupport")) is False:
            because = f"enableDnsSupport of {vpc.label} is false, and a mount looks its name up"
            yield doubt(what, consumer.urn, because)
        for acl in _acls(stack, subnet, vpc):
            because = f"{acl.label} guards {subnet.label}, and network ACLs are not judged here"
            yield doubt(what, consumer.urn, because)
    mine = region_of(consumer.resource)
    known = here(mount.system) or mount.system
    far = region_of(known) if isinstance(known, Resource) else None
    if mine and far and mine != far:
        yield doubt(what, consumer.urn, f"it runs in region {mine}, the file system is in {far}")


def region_of(resource: Resource) -> str | None:
    """The region that a resource or its ARN names."""
    given = resource.get("region")
    if isinstance(given, str) and given:
        return given
    arn = resource.get("arn")
    parts = arn.split(":") if isinstance(arn, str) else []
    return parts[3] or None if len(parts) > 5 else None


def _acls(stack: Stack, subnet: Known, vpc: Known | None) -> list[Resource]:
    """The network ACLs of a subnet that do not simply let everything through."""
    guarded = stack.once(_guarded).get(subnet.key, [])
    default = [
        acl
        for acl in stack.of_type(_DEFAULT_ACL)
        if not guarded and vpc is not None and vpc in _vpcs_of(stack, acl)
    ]
    return [acl for acl in guarded or default if not stack.once(_open_acls).get(acl.urn, False)]


def _vpcs_of(stack: Stack, acl: Resource) -> list[Name]:
    vpcs = register(stack, VPCS)
    given = acl.get("defaultNetworkAclId")
    known = [v for v in stack.of_type(*VPCS.tokens) if given == v.get("defaultNetworkAclId")]
    return [
        *map(Here, known if isinstance(given, str) else ()),
        *vpcs.origins(acl, "defaultNetworkAclId"),
    ]


def _guarded(stack: Stack) -> dict[str, list[Resource]]:
    """By the key of a subnet, the network ACLs that name it."""
    found: dict[str, list[Resource]] = {}
    subnets = register(stack, SUBNETS)
    by_id = {acl.get("id"): acl for acl in stack.of_type(_ACL)}
    for acl in stack.of_type(_ACL, _DEFAULT_ACL):
        for subnet in subnets.listed(acl.given("subnetIds"), acl, "subnetIds").names:
            found.setdefault(subnet.key, []).append(acl)
    for one in stack.of_type(_ACL_ASSOCIATION):
        named = [by_id[i] for i in [one.get("networkAclId")] if isinstance(i, str) and i in by_id]
        for acl in named or stack.origins(one, "networkAclId", _ACL):
            for subnet in candidates(subnets.named(one.get("subnetId"), one, "subnetId")):
                found.setdefault(subnet.key, []).append(acl)
    return found


def _open_acls(stack: Stack) -> dict[str, bool]:
    """By URN, the network ACLs that let everything through in both directions."""
    rules: dict[str, list[tuple[bool, Plain, str]]] = {}
    acls = stack.of_type(_ACL, _DEFAULT_ACL)
    for acl in acls:
        for name in ("ingress", "egress"):
            for rule in items(acl.given(name)):
                rules.setdefault(acl.urn, []).append((name == "egress", rule, "action"))
    for one in stack.of_type(_ACL_RULE):
        rule = {name: one.get(name) for name in one.names}
        for acl in acls:
            same = isinstance(acl.get("id"), str) and acl.get("id") == one.get("networkAclId")
            if same or acl in stack.origins(one, "networkAclId", _ACL, _DEFAULT_ACL):
                egress = flag(one.get("egress")) is True
                rules.setdefault(acl.urn, []).append((egress, rule, "ruleAction"))
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
