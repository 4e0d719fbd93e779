"""Security groups, and their rules: as resources of their own, and within the group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .kind import Made, Properties

_DIRECTIONS = {"ingress": "IpPermissions", "egress": "IpPermissionsEgress"}


def default_group(properties: Properties) -> dict[str, Any]:
    """How the default security group of a VPC is found."""
    values = {"vpc-id": properties["vpcId"], "group-name": "default"}
    return {"Filters": [{"Name": name, "Values": [value]} for name, value in values.items()]}


def set_rules(made: Made) -> None:
    """The rules within a group; terraform takes away those with which AWS makes one."""
    ec2 = made.aws.client("ec2")
    group = ec2.describe_security_groups(GroupIds=[made.id])["SecurityGroups"][0]
    for direction, rules in _DIRECTIONS.items():
        if group[rules]:
            revoke = getattr(ec2, f"revoke_security_group_{direction}")
            revoke(GroupId=made.id, IpPermissions=group[rules])
        if wanted := [_inline(rule, made.id) for rule in made.properties.get(direction) or []]:
            authorize = getattr(ec2, f"authorize_security_group_{direction}")
            authorize(GroupId=made.id, IpPermissions=wanted)


def _inline(rule: Mapping[str, Any], group: str) -> dict[str, Any]:
    """A rule within a group, as pulumi-aws writes it, as a permission of EC2."""
    groups = [*(rule.get("securityGroups") or []), *([group] if rule.get("self") else [])]
    described = {"Description": rule["description"]} if rule.get("description") else {}
    permission: dict[str, Any] = {
        "IpProtocol": str(rule["protocol"]),
        "IpRanges": [{"CidrIp": each} | described for each in rule.get("cidrBlocks") or []],
        "Ipv6Ranges": [{"CidrIpv6": each} | described for each in rule.get("ipv6CidrBlocks") or []],
        "PrefixListIds": [
            {"PrefixListId": each} | described for each in rule.get("prefixListIds") or []
        ],
        "UserIdGroupPairs": [{"GroupId": each} | described for each in groups],
    }
    if permission["IpProtocol"] != "-1":
        permission.update(FromPort=rule["fromPort"], ToPort=rule["toPort"])
    return {name: value for name, value in permission.items() if value not in ([], None)}


def rule(properties: Properties) -> dict[str, Any]:
    """A rule that is a resource, as AuthorizeSecurityGroupIngress or -Egress takes it."""
    permission: dict[str, Any] = {"IpProtocol": properties["ipProtocol"]}
    if "fromPort" in properties:
        permission.update(FromPort=properties["fromPort"], ToPort=properties["toPort"])
    for name, kind, key in (
        ("cidrIpv4", "IpRanges", "CidrIp"),
        ("cidrIpv6", "Ipv6Ranges", "CidrIpv6"),
        ("prefixListId", "PrefixListIds", "PrefixListId"),
        ("referencedSecurityGroupId", "UserIdGroupPairs", "GroupId"),
    ):
        if name in properties:
            permission[kind] = [{key: properties[name]}]
    return {"GroupId": properties["securityGroupId"], "IpPermissions": [permission]}
