"""How each resource of AWS ends, and which changes replace it: what a local run has no need of.

Sources: the provider's schemas (`ForceNew`) and its delete functions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

from local.engine import integers

_PAUSE = 0.1
# AWS says that something is still in the way; the provider waits for it, up to 45 minutes.
_PASSING = {"DependencyViolation", "ClusterContainsTasksException", "FileSystemInUse"}


@dataclass(frozen=True)
class Ending:
    """How a resource of one type ends.

    Attributes:
        calls: What deletes it, one after the other: `<service>.<operation>`, and for each argument
            the property that it takes. `id` is the resource's own; `id*` is a list of it, and so is
            any other with a star.
        replaced_by: Properties whose change makes another one; `*` is all but those with a minus.
    """

    calls: tuple[str, ...]
    replaced_by: str = ""

    def replaces(self, name: str) -> bool:
        """Whether a change of a property makes another one."""
        words = self.replaced_by.split()
        return name in words or ("*" in words and f"-{name}" not in words)


_RULE = "SecurityGroupRuleIds=id* GroupId=securityGroupId"
_RULE_REPLACED = "securityGroupId"
_SCALED_REPLACED = "serviceNamespace resourceId scalableDimension"
_SCALED = (
    "ServiceNamespace=serviceNamespace ResourceId=resourceId ScalableDimension=scalableDimension"
)

ENDINGS: Mapping[str, Ending] = {
    "aws:ec2/vpc:Vpc": Ending(("ec2.delete_vpc VpcId=id",), "cidrBlock instanceTenancy"),
    "aws:ec2/subnet:Subnet": Ending(
        ("ec2.delete_subnet SubnetId=id",), "vpcId cidrBlock availabilityZone"
    ),
    "aws:ec2/internetGateway:InternetGateway": Ending(
        (
            "ec2.detach_internet_gateway InternetGatewayId=id VpcId=vpcId",
            "ec2.delete_internet_gateway InternetGatewayId=id",
        )
    ),
    "aws:ec2/routeTable:RouteTable": Ending(("ec2.delete_route_table RouteTableId=id",), "vpcId"),
    "aws:ec2/route:Route": Ending(
        ("ec2.delete_route RouteTableId=routeTableId DestinationCidrBlock=destinationCidrBlock",),
        "routeTableId destinationCidrBlock",
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Ending(
        ("ec2.disassociate_route_table AssociationId=id",), "subnetId"
    ),
    "aws:ec2/eip:Eip": Ending(("ec2.release_address AllocationId=id",), "domain"),
    "aws:ec2/natGateway:NatGateway": Ending(
        ("ec2.delete_nat_gateway NatGatewayId=id",), "allocationId subnetId"
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Ending(
        ("ec2.delete_vpc_endpoints VpcEndpointIds=id*",), "vpcId serviceName vpcEndpointType"
    ),
    "aws:ec2/securityGroup:SecurityGroup": Ending(
        ("ec2.delete_security_group GroupId=id",), "name description vpcId"
    ),
    # The VPC's own, which goes with it.
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Ending((), "vpcId"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Ending(
        (f"ec2.revoke_security_group_ingress {_RULE}",), _RULE_REPLACED
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Ending(
        (f"ec2.revoke_security_group_egress {_RULE}",), _RULE_REPLACED
    ),
    "aws:efs/fileSystem:FileSystem": Ending(
        ("efs.delete_file_system FileSystemId=id",),
        "creationToken encrypted kmsKeyId performanceMode availabilityZoneName",
    ),
    # moto has no DeleteFileSystemPolicy: it goes with its file system.
    "aws:efs/fileSystemPolicy:FileSystemPolicy": Ending((), "fileSystemId"),
    "aws:efs/mountTarget:MountTarget": Ending(
        ("efs.delete_mount_target MountTargetId=id",), "* -securityGroups"
    ),
    "aws:efs/accessPoint:AccessPoint": Ending(
        ("efs.delete_access_point AccessPointId=id",), "* -tags"
    ),
    "aws:ecs/cluster:Cluster": Ending(("ecs.delete_cluster cluster=name",), "name"),
    "aws:ecs/taskDefinition:TaskDefinition": Ending(
        ("ecs.deregister_task_definition taskDefinition=arn",),
        "* -tags -skipDestroy -trackLatest",
    ),
    "aws:cloudwatch/logGroup:LogGroup": Ending(("logs.delete_log_group logGroupName=id",), "name"),
    "aws:iam/role:Role": Ending(("iam.delete_role RoleName=id",), "name path"),
    "aws:iam/rolePolicy:RolePolicy": Ending(
        ("iam.delete_role_policy RoleName=role PolicyName=name",), "name role"
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Ending(
        ("iam.detach_role_policy RoleName=role PolicyArn=policyArn",), "role policyArn"
    ),
    "aws:lambda/function:Function": Ending(
        ("lambda.delete_function FunctionName=id",), "name packageType"
    ),
    "aws:lambda/alias:Alias": Ending(
        ("lambda.delete_alias FunctionName=functionName Name=name",), "name functionName"
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Ending(
        ("cloudwatch.delete_alarms AlarmNames=id*",), "name"
    ),
    "aws:cloudwatch/dashboard:Dashboard": Ending(
        ("cloudwatch.delete_dashboards DashboardNames=id*",), "dashboardName"
    ),
    "aws:cloudwatch/eventRule:EventRule": Ending(
        ("events.delete_rule Name=id",), "name eventBusName"
    ),
    "aws:cloudwatch/eventTarget:EventTarget": Ending(
        ("events.remove_targets Rule=rule Ids=targetId*",), "rule targetId eventBusName"
    ),
    "aws:sns/topic:Topic": Ending(("sns.delete_topic TopicArn=id",), "name"),
    # It goes with its topic; AWS would have to be given the policy of before.
    "aws:sns/topicPolicy:TopicPolicy": Ending((), "arn"),
    "aws:kms/key:Key": Ending(
        ("kms.schedule_key_deletion KeyId=id PendingWindowInDays=deletionWindowInDays",),
        "keyUsage multiRegion",
    ),
    "aws:lambda/functionUrl:FunctionUrl": Ending(
        ("lambda.delete_function_url_config FunctionName=functionName Qualifier=qualifier",),
        "functionName qualifier",
    ),
    "aws:lambda/permission:Permission": Ending(
        ("lambda.remove_permission FunctionName=function StatementId=id Qualifier=qualifier",), "*"
    ),
    "aws:appautoscaling/target:Target": Ending(
        (f"application-autoscaling.deregister_scalable_target {_SCALED}",), _SCALED_REPLACED
    ),
    "aws:appautoscaling/policy:Policy": Ending(
        (f"application-autoscaling.delete_scaling_policy PolicyName=name {_SCALED}",),
        f"name {_SCALED_REPLACED}",
    ),
    "aws:sqs/queue:Queue": Ending(("sqs.delete_queue QueueUrl=id",), "name"),
    "aws:sfn/stateMachine:StateMachine": Ending(
        ("stepfunctions.delete_state_machine stateMachineArn=id",), "name type"
    ),
    "aws:apigatewayv2/api:Api": Ending(("apigatewayv2.delete_api ApiId=id",), "protocolType"),
    "aws:apigatewayv2/integration:Integration": Ending(
        ("apigatewayv2.delete_integration ApiId=apiId IntegrationId=id",), "apiId integrationType"
    ),
    "aws:apigatewayv2/route:Route": Ending(
        ("apigatewayv2.delete_route ApiId=apiId RouteId=id",), "apiId"
    ),
    "aws:apigatewayv2/stage:Stage": Ending(
        ("apigatewayv2.delete_stage ApiId=apiId StageName=name",), "apiId name"
    ),
    "aws:s3/bucket:Bucket": Ending(("s3.delete_bucket Bucket=id",), "bucket bucketPrefix"),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": Ending(
        ("s3.delete_bucket_ownership_controls Bucket=id",), "bucket"
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Ending(
        ("s3.delete_public_access_block Bucket=id",), "bucket"
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        Ending(("s3.delete_bucket_encryption Bucket=id",), "bucket")
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Ending(("s3.delete_bucket_policy Bucket=id",), "bucket"),
    "aws:s3/bucketObjectv2:BucketObjectv2": Ending(
        ("s3.delete_object Bucket=bucket Key=key",), "bucket key"
    ),
}


def delete(type_: str, id_: str, properties: Mapping[str, Any], seconds: float) -> None:
    """Delete a resource, as the provider does it: it waits for what is in the way.

    Args:
        type_: Its type.
        id_: Its id.
        properties: Its inputs and outputs.
        seconds: How long to wait.

    Raises:
        ClientError: AWS refuses, or something is still in the way.
    """
    known = {**integers(properties), "id": id_}
    known |= {f"{name}*": [value] for name, value in known.items()}
    deadline = time.monotonic() + seconds
    if properties.get("forceDestroy"):
        _empty(id_)
    for call in ENDINGS[type_].calls:
        what, *arguments = call.split()
        service, _, operation = what.partition(".")
        pairs = [argument.partition("=") for argument in arguments]
        client: Any = boto3.client(service)  # type: ignore[call-overload]
        given = {name: known[value] for name, _, value in pairs}
        while not _done(getattr(client, operation), given, last=time.monotonic() > deadline):
            time.sleep(_PAUSE)


def _done(operation: Callable[..., object], given: Mapping[str, Any], *, last: bool) -> bool:
    try:
        operation(**given)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _PASSING and not last:
            return False
        # What was gone already is what was wanted.
        if "NotFound" not in code and not code.startswith("NoSuch"):
            raise
    return True


def _empty(bucket: str) -> None:
    client = boto3.client("s3")
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for found in page.get("Contents", ()):
            client.delete_object(Bucket=bucket, Key=found["Key"])
