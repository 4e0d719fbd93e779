"""The outputs that AWS and the provider make up, by type."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Protocol

ACCOUNT = "111122223333"
REGION = "eu-west-1"

# Type -> (what its id begins with, its ARN). `{id}` and `{name}` are its own.
_IDENTITIES = {
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": ("sg-", "ec2:{}:security-group/{id}"),
    "aws:ec2/internetGateway:InternetGateway": ("igw-", "ec2:{}:internet-gateway/{id}"),
    "aws:ec2/natGateway:NatGateway": ("nat-", ""),
    "aws:ec2/networkAcl:NetworkAcl": ("acl-", ""),
    "aws:ec2/routeTable:RouteTable": ("rtb-", ""),
    "aws:ec2/securityGroup:SecurityGroup": ("sg-", "ec2:{}:security-group/{id}"),
    "aws:ec2/subnet:Subnet": ("subnet-", "ec2:{}:subnet/{id}"),
    "aws:ec2/vpc:Vpc": ("vpc-", "ec2:{}:vpc/{id}"),
    "aws:ecs/cluster:Cluster": ("", "ecs:{}:cluster/{name}"),
    "aws:ecs/taskDefinition:TaskDefinition": ("", "ecs:{}:task-definition/{family}:1"),
    "aws:efs/accessPoint:AccessPoint": ("fsap-", "elasticfilesystem:{}:access-point/{id}"),
    "aws:efs/fileSystem:FileSystem": ("fs-", "elasticfilesystem:{}:file-system/{id}"),
    "aws:efs/mountTarget:MountTarget": ("fsmt-", ""),
    "aws:iam/policy:Policy": ("", "iam::" + ACCOUNT + ":policy/{name}"),
    "aws:iam/role:Role": ("", "iam::" + ACCOUNT + ":role/{name}"),
    "aws:lambda/function:Function": ("", "lambda:{}:function:{name}"),
    "aws:s3/bucket:Bucket": ("", "s3:::{name}"),
    "aws-native:efs:AccessPoint": ("fsap-", "elasticfilesystem:{}:access-point/{id}"),
    "aws-native:efs:FileSystem": ("fs-", "elasticfilesystem:{}:file-system/{id}"),
}
# What AWS or the provider fills in where the program says nothing.
_FILLED: Mapping[str, Mapping[str, Any]] = {
    "aws:cloudwatch/logGroup:LogGroup": {"logGroupClass": "STANDARD"},
    "aws:ec2/defaultRouteTable:DefaultRouteTable": {"routes": []},
    "aws:ec2/route:Route": {"instanceId": "", "networkInterfaceId": ""},
    "aws:ec2/routeTable:RouteTable": {"routes": [], "propagatingVgws": []},
    "aws:ec2/securityGroup:SecurityGroup": {"ingress": [], "egress": [], "name": ""},
    "aws:ec2/securityGroupRule:SecurityGroupRule": {"sourceSecurityGroupId": ""},
    "aws:ec2/subnet:Subnet": {"availabilityZone": "", "availabilityZoneId": ""},
    "aws:ecs/service:Service": {"launchType": "", "platformVersion": "LATEST"},
    "aws:ecs/taskDefinition:TaskDefinition": {"revision": 1, "networkMode": "awsvpc"},
    "aws:efs/accessPoint:AccessPoint": {"rootDirectory": {"path": "/", "creationInfo": None}},
    "aws:efs/fileSystem:FileSystem": {
        "availabilityZoneName": "",
        "encrypted": False,
        "kmsKeyId": "",
        "performanceMode": "generalPurpose",
    },
    "aws:iam/role:Role": {"inlinePolicies": [], "managedPolicyArns": []},
    "aws:lambda/function:Function": {"architectures": ["x86_64"], "version": "1"},
}
# Without a property `region`, as their services have none.
GLOBAL = ("aws:iam/", "aws:cloudfront/", "aws:route53/")
_NAMED = {
    "aws:ecs/taskDefinition:TaskDefinition": "family",
    "aws:iam/policy:Policy": "name",
    "aws:iam/role:Role": "name",
    "aws:lambda/function:Function": "name",
    "aws:ecs/cluster:Cluster": "name",
}


class Resource(Protocol):
    """What a resource needs for it."""

    type: str
    name: str
    urn: str
    region: str
    props: dict[str, Any]
    made: dict[str, Any]


def complete(one: Resource) -> None:
    """The outputs that the type has, where the description says nothing of them."""
    digits = hashlib.sha256(one.urn.encode()).hexdigest()[:17]
    if (named := _NAMED.get(one.type)) and named not in one.props:
        one.props[named] = f"{one.name}-{digits[:7]}"  # a check makes it up, before any creation
    if one.type.startswith(("aws:", "aws-native:", "pulumi-", "command:")):
        prefix, arn = _IDENTITIES.get(one.type, ("", ""))
        name = one.props.get("name") or one.props.get("family") or one.props.get("bucket")
        id_ = one.made.setdefault("id", prefix + digits if prefix else name or one.name)
        if arn:
            place = f"{one.region}:{ACCOUNT}"
            text = arn.replace("{}", place).format(id=id_, name=name, family=name)
            one.made.setdefault("arn", f"arn:aws:{text}")
        for key, value in _FILLED.get(one.type, {}).items():
            if key not in one.props:
                one.made.setdefault(key, value)
        if one.type == "aws:efs/fileSystem:FileSystem":
            one.made.setdefault("dnsName", f"{id_}.efs.{one.region}.amazonaws.com")
