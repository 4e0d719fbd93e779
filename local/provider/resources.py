"""A table of AWS resource types: the boto3 calls that make one, and the outputs it gives.

Names are those of pulumi-aws 7 on the wire. A property that neither the table nor its functions
read has no effect, and is named on screen.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from .code import code_of
from .containers import task_definition
from .kind import Kind, Made, Properties, ProviderError, pascal, tagged
from .operation import OPERATION_KINDS
from .s3 import S3_KINDS
from .security_groups import default_group, rule, set_rules
from .serving import SERVING_KINDS, function_active


def _mount_target(made: Made) -> None:
    """Wait until it is available, as terraform does; other resources of EFS are so at once here."""
    describe, deadline = made.aws.client("efs").describe_mount_targets, time.monotonic() + 60
    while describe(MountTargetId=made.id)["MountTargets"][0]["LifeCycleState"] != "available":
        if time.monotonic() > deadline:
            raise ProviderError(f"{made.id} is not available after a minute")
        time.sleep(0.1)


def _vpc(made: Made) -> dict[str, Any]:
    ec2 = made.aws.client("ec2")
    for name in ("enableDnsSupport", "enableDnsHostnames"):
        if name in made.properties:
            attribute = {name[0].upper() + name[1:]: {"Value": made.properties[name]}}
            ec2.modify_vpc_attribute(VpcId=made.id, **attribute)
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [made.id]}])
    groups = ec2.describe_security_groups(**default_group({"vpcId": made.id}))
    return {
        "mainRouteTableId": tables["RouteTables"][0]["RouteTableId"],
        "defaultSecurityGroupId": groups["SecurityGroups"][0]["GroupId"],
    }


def _prefix_list(made: Made) -> dict[str, Any]:
    """The list of a gateway endpoint's addresses; an interface endpoint has none."""
    name = {"Name": "prefix-list-name", "Values": [made.properties["serviceName"]]}
    found = made.aws.client("ec2").describe_managed_prefix_lists(Filters=[name])["PrefixLists"]
    return {"prefixListId": next((each["PrefixListId"] for each in found), "")}


def _attach_gateway(made: Made) -> None:
    if "vpcId" in made.properties:
        made.aws.client("ec2").attach_internet_gateway(
            InternetGatewayId=made.id, VpcId=made.properties["vpcId"]
        )


def _subnet(made: Made) -> None:
    if made.properties.get("mapPublicIpOnLaunch"):
        made.aws.client("ec2").modify_subnet_attribute(
            SubnetId=made.id, MapPublicIpOnLaunch={"Value": True}
        )


def _log_group(made: Made) -> None:
    if made.properties.get("retentionInDays"):
        made.aws.client("logs").put_retention_policy(
            logGroupName=made.id, retentionInDays=made.properties["retentionInDays"]
        )


def _function(properties: Properties) -> dict[str, Any]:
    arguments: dict[str, Any] = {"Code": code_of(properties)}
    if "fileSystemConfig" in properties:
        arguments["FileSystemConfigs"] = [pascal(properties["fileSystemConfig"])]
    if "environment" in properties:
        # The variables' names are data: no capital letters for them.
        arguments["Environment"] = {"Variables": properties["environment"].get("variables", {})}
    return {**arguments, "Tags": properties.get("tags", {})}


def _update_function(client: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """New configuration, new code, and a version of both, as terraform does it."""
    name, settled = arguments["FunctionName"], client.get_waiter("function_updated_v2")
    code = {k: v for k, v in arguments.items() if k in {"FunctionName", "Architectures"}}
    apart = {"Code", "Architectures", "Publish", "Tags"}
    client.update_function_configuration(
        **{key: value for key, value in arguments.items() if key not in apart}
    )
    settled.wait(FunctionName=name)
    client.update_function_code(**arguments["Code"], **code)
    settled.wait(FunctionName=name)
    published: dict[str, Any] = client.publish_version(FunctionName=name)
    return published


def _ec2_arn(resource: str) -> dict[str, str]:
    return {"arn": f"arn:aws:ec2:{{region}}:{{account}}:{resource}/{{id}}"}


_OWNER = {"ownerId": "{account}"}
_GROUP = {**_ec2_arn("security-group"), **_OWNER}
_RULE = {**_ec2_arn("security-group-rule"), "securityGroupRuleId": "{id}"}
_RULE_ID = "{SecurityGroupRules[0][SecurityGroupRuleId]}"
_EFS = {"dnsName": "{FileSystemId}.efs.{region}.amazonaws.com", **_OWNER}
_EFS_ARN = "arn:aws:elasticfilesystem:{region}:{account}:file-system/{FileSystemId}"
_FUNCTION_ARN = "arn:aws:lambda:{region}:{account}:function:{FunctionName}"
_INVOKE = "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/"
_EFS_TAGS, _ECS_TAGS = tagged("Tags", "Key", "Value"), tagged("tags", "key", "value")

# fmt: off
KINDS: Mapping[str, Kind] = {
    **S3_KINDS,
    **OPERATION_KINDS,
    **SERVING_KINDS,
    "aws:ec2/vpc:Vpc": Kind(
        "ec2.create_vpc", "Vpc.VpcId", "CidrBlock InstanceTenancy",
        gives={**_ec2_arn("vpc"), **_OWNER},
        then=_vpc, later=("mainRouteTableId", "defaultSecurityGroupId"),
        found="describe_vpcs VpcIds Vpcs"),
    "aws:ec2/subnet:Subnet": Kind(
        "ec2.create_subnet", "Subnet.SubnetId", "VpcId CidrBlock AvailabilityZone",
        gives={**_ec2_arn("subnet"), "availabilityZone": "AvailabilityZone",
               "availabilityZoneId": "AvailabilityZoneId"},
        then=_subnet, found="describe_subnets SubnetIds Subnets"),
    "aws:ec2/internetGateway:InternetGateway": Kind(
        "ec2.create_internet_gateway", "InternetGateway.InternetGatewayId",
        gives=_ec2_arn("internet-gateway"), then=_attach_gateway),
    "aws:ec2/routeTable:RouteTable": Kind(
        "ec2.create_route_table", "RouteTable.RouteTableId", "VpcId",
        gives=_ec2_arn("route-table"), found="describe_route_tables RouteTableIds RouteTables"),
    "aws:ec2/route:Route": Kind(
        "ec2.create_route", "r-{RouteTableId}{DestinationCidrBlock}",
        "RouteTableId DestinationCidrBlock GatewayId NatGatewayId"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Kind(
        "ec2.associate_route_table", "AssociationId", "RouteTableId SubnetId"),
    "aws:ec2/eip:Eip": Kind(
        "ec2.allocate_address", "AllocationId", "Domain",
        gives={**_ec2_arn("elastic-ip"), "allocationId": "AllocationId", "publicIp": "PublicIp"}),
    "aws:ec2/natGateway:NatGateway": Kind(
        "ec2.create_nat_gateway", "NatGateway.NatGatewayId", "SubnetId AllocationId"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Kind(
        "ec2.create_vpc_endpoint", "VpcEndpoint.VpcEndpointId",
        "VpcId ServiceName VpcEndpointType RouteTableIds SubnetIds SecurityGroupIds "
        "PrivateDnsEnabled PolicyDocument=policy", gives=_ec2_arn("vpc-endpoint"),
        then=_prefix_list, later=("prefixListId",)),
    "aws:ec2/securityGroup:SecurityGroup": Kind(
        "ec2.create_security_group", "GroupId", "GroupName=name Description VpcId",
        gives=_GROUP, named="name", then=set_rules,
        found="describe_security_groups GroupIds SecurityGroups"),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Kind(
        "ec2.describe_security_groups", "{SecurityGroups[0][GroupId]}", also=default_group,
        gives={**_GROUP, "name": "{SecurityGroups[0][GroupName]}"}, then=set_rules),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Kind(
        "ec2.authorize_security_group_ingress", _RULE_ID, also=rule, gives=_RULE),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Kind(
        "ec2.authorize_security_group_egress", _RULE_ID, also=rule, gives=_RULE),
    "aws:efs/fileSystem:FileSystem": Kind(
        "efs.create_file_system", "FileSystemId",
        "CreationToken PerformanceMode Encrypted KmsKeyId ThroughputMode "
        "ProvisionedThroughputInMibps AvailabilityZoneName", also=_EFS_TAGS,
        gives={**_EFS, "arn": "FileSystemArn"}, named="creationToken",
        found="describe_file_systems FileSystemId FileSystems"),
    "aws:efs/fileSystemPolicy:FileSystemPolicy": Kind(
        "efs.put_file_system_policy", "{FileSystemId}", "FileSystemId Policy",
        update="efs.put_file_system_policy"),
    "aws:efs/mountTarget:MountTarget": Kind(
        "efs.create_mount_target", "MountTargetId",
        "FileSystemId SubnetId SecurityGroups IpAddress",
        gives={**_EFS, "fileSystemArn": _EFS_ARN, "availabilityZoneId": "AvailabilityZoneId",
               "availabilityZoneName": "AvailabilityZoneName", "ipAddress": "IpAddress",
               "networkInterfaceId": "NetworkInterfaceId"},
        then=_mount_target,
        found="describe_mount_targets MountTargetId MountTargets"),
    "aws:efs/accessPoint:AccessPoint": Kind(
        "efs.create_access_point", "AccessPointId", "FileSystemId PosixUser RootDirectory",
        also=_EFS_TAGS, gives={"arn": "AccessPointArn", "fileSystemArn": _EFS_ARN, **_OWNER},
        replaced_by="fileSystemId posixUser rootDirectory",
        found="describe_access_points AccessPointId AccessPoints"),
    "aws:ecs/cluster:Cluster": Kind(
        "ecs.create_cluster", "cluster.clusterArn", "clusterName=name settings",
        also=_ECS_TAGS, gives={"arn": "clusterArn"}, named="name",
        found="describe_clusters clusters clusters"),
    "aws:ecs/taskDefinition:TaskDefinition": Kind(
        "ecs.register_task_definition", "taskDefinition.family",
        "family taskRoleArn executionRoleArn networkMode requiresCompatibilities cpu memory "
        "volumes runtimePlatform", also=task_definition, update="ecs.register_task_definition",
        gives={"arn": "taskDefinitionArn", "revision": "revision",
               "arnWithoutRevision": "arn:aws:ecs:{region}:{account}:task-definition/{family}"}),
    "aws:cloudwatch/logGroup:LogGroup": Kind(
        "logs.create_log_group", "{logGroupName}", "logGroupName=name kmsKeyId tags",
        gives={"arn": "arn:aws:logs:{region}:{account}:log-group:{logGroupName}"},
        named="name", then=_log_group,
        found="describe_log_groups logGroupNamePrefix logGroups"),
    "aws:iam/role:Role": Kind(
        "iam.create_role", "Role.RoleName", "RoleName=name Path Description MaxSessionDuration "
        "AssumeRolePolicyDocument=assumeRolePolicy PermissionsBoundary", also=_EFS_TAGS,
        replaced_by="name path",
        gives={"arn": "Arn", "uniqueId": "RoleId"}, named="name", found="get_role RoleName Role"),
    "aws:iam/rolePolicy:RolePolicy": Kind(
        "iam.put_role_policy", "{RoleName}:{PolicyName}",
        "RoleName=role PolicyName=name PolicyDocument=policy", named="name",
        update="iam.put_role_policy", replaced_by="name role"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Kind(
        "iam.attach_role_policy", "{RoleName}/{PolicyArn}", "RoleName=role PolicyArn"),
    "aws:lambda/function:Function": Kind(
        "lambda.create_function", "FunctionName",
        "FunctionName=name Role Runtime Handler Description Timeout MemorySize Publish VpcConfig "
        "Architectures EphemeralStorage LoggingConfig KMSKeyArn=kmsKeyArn",
        also=_function, named="name", then=function_active, update=_update_function,
        gives={"arn": _FUNCTION_ARN, "qualifiedArn": _FUNCTION_ARN + ":{Version}",
               "invokeArn": _INVOKE + _FUNCTION_ARN + "/invocations", "version": "Version",
               "codeSha256": "CodeSha256", "sourceCodeSize": "CodeSize",
               "lastModified": "LastModified"}),
    "aws:lambda/alias:Alias": Kind(
        "lambda.create_alias", "AliasArn",
        "FunctionName Name FunctionVersion Description RoutingConfig", named="name",
        update="lambda.update_alias",
        gives={"arn": "AliasArn", "invokeArn": _INVOKE + "{AliasArn}/invocations"}),
}
