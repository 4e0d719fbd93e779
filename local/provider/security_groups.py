"""Security groups, and their rules: as resources of their own, and within the group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .kind import Made, Properties

_DIRECTIONS = {"ingress": "IpPermissions", "egress": "IpPermissionsEgress"}
# Members of a permission, their key, and the properties of a rule in a group and of one that is a
# resource of its own.
_MEMBERS = (
    ("IpRanges", "CidrIp", "cidrBlocks", "cidrIpv4"),
    ("Ipv6Ranges", "CidrIpv6", "ipv6CidrBlocks", "cidrIpv6"),
    ("PrefixListIds", "PrefixListId", "prefixListIds", "prefixListId"),
    ("UserIdGroupPairs", "GroupId", "securityGroups", "referencedSecurityGroupId"),
)


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
        wanted = made.properties.get(direction) or []
        if permissions := [_permission(each, each["protocol"], made.id) for each in wanted]:
            authorize = getattr(ec2, f"authorize_security_group_{direction}")
            authorize(GroupId=made.id, IpPermissions=permissions)


def _permission(rule: Mapping[str, Any], protocol: object, group: str = "") -> dict[str, Any]:
    """A rule, as pulumi-aws writes it, as a permission of EC2; `group` is the one that it is in."""
    described = {"Description": rule["description"]} if rule.get("description") else {}
    permission: dict[str, Any] = {"IpProtocol": str(protocol)}
    for name, key, *properties in _MEMBERS:
        given = [rule[each] for each in properties if rule.get(each)]
        values = [value for each in given for value in (each if isinstance(each, list) else [each])]
        if key == "GroupId" and rule.get("self"):
            values.append(group)
        if values:
            permission[name] = [{key: value} | described for value in values]
    if permission["IpProtocol"] != "-1" and "fromPort" in rule:
        permission.update(FromPort=rule["fromPort"], ToPort=rule["toPort"])
    return permission


def rule(properties: Properties) -> dict[str, Any]:
    """A rule that is a resource, as AuthorizeSecurityGroupIngress or -Egress takes it."""
    permission = _permission(properties, properties["ipProtocol"])
    return {"GroupId": properties["securityGroupId"], "IpPermissions": [permission]}
