"""The provider on the embedded cloud: what each resource type creates, and what it gives."""

from __future__ import annotations

import base64
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import local.engine as engine
from local.cloud import Cloud
from local.engine import Result
from local.provider import KINDS, AwsProvider, ProviderError

from ..conftest import client, zipped
from ..programs import Recorder, project

TRUST = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": ["lambda.amazonaws.com", "ecs-tasks.amazonaws.com"]}}]}"""

# One resource of each type that the program uses.
EVERYTHING = f"""
import json, pulumi, pulumi_aws as aws

vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", enable_dns_support=True,
                  enable_dns_hostnames=True, tags={{"Name": "v"}})
aws.ec2.DefaultSecurityGroup("default", vpc_id=vpc.id, ingress=[], egress=[])
subnet = aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block="10.0.0.0/24",
                        availability_zone="us-east-1a", map_public_ip_on_launch=True)
gateway = aws.ec2.InternetGateway("gateway", vpc_id=vpc.id)
table = aws.ec2.RouteTable("table", vpc_id=vpc.id)
aws.ec2.Route("route", route_table_id=table.id, destination_cidr_block="0.0.0.0/0",
              gateway_id=gateway.id)
aws.ec2.RouteTableAssociation("association", route_table_id=table.id, subnet_id=subnet.id)
address = aws.ec2.Eip("address", domain="vpc")
aws.ec2.NatGateway("nat", allocation_id=address.id, subnet_id=subnet.id)
group = aws.ec2.SecurityGroup("group", vpc_id=vpc.id, description="d")
inward = aws.vpc.SecurityGroupIngressRule(
    "in", security_group_id=group.id, referenced_security_group_id=group.id,
    ip_protocol="tcp", from_port=2049, to_port=2049)
outward = aws.vpc.SecurityGroupEgressRule(
    "out", security_group_id=group.id, cidr_ipv4="10.0.0.0/16",
    ip_protocol="tcp", from_port=2049, to_port=2049)
aws.ec2.VpcEndpoint("s3", vpc_id=vpc.id, service_name="com.amazonaws.us-east-1.s3",
                    vpc_endpoint_type="Gateway", route_table_ids=[table.id])
system = aws.efs.FileSystem("system", encrypted=True, throughput_mode="elastic")
point = aws.efs.AccessPoint("point", file_system_id=system.id,
    posix_user={{"uid": 1000, "gid": 1000}}, root_directory={{"path": "/a", "creation_info":
                     {{"owner_uid": 1000, "owner_gid": 1000, "permissions": "0755"}}}})
target = aws.efs.MountTarget("target", file_system_id=system.id, subnet_id=subnet.id,
                             security_groups=[group.id])
aws.efs.FileSystemPolicy("policy", file_system_id=system.id, policy=system.arn.apply(
    lambda arn: json.dumps({{"Version": "2012-10-17", "Statement": [{{
        "Effect": "Deny", "Principal": {{"AWS": "*"}}, "Resource": arn,
        "Action": "elasticfilesystem:ClientRootAccess"}}]}})))
log = aws.cloudwatch.LogGroup("log", name="/small/log", retention_in_days=14)
role = aws.iam.Role("role", assume_role_policy={TRUST!r})
rights = aws.iam.RolePolicy("rights", role=role.id, policy=system.arn.apply(lambda arn: json.dumps(
    {{"Version": "2012-10-17", "Statement": [
        {{"Effect": "Allow", "Action": ["elasticfilesystem:ClientMount"], "Resource": arn}},
        {{"Effect": "Allow", "Action": ["ec2:*"], "Resource": "*"}}]}})))
attached = aws.iam.RolePolicyAttachment("attached", role=role.name, policy_arn=
    "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole")
cluster = aws.ecs.Cluster("cluster")
task = aws.ecs.TaskDefinition("task", family="small", cpu="256", memory="512",
    network_mode="awsvpc", requires_compatibilities=["FARGATE"],
    execution_role_arn=role.arn, task_role_arn=role.arn, ephemeral_storage={{"size_in_gib": 30}},
    container_definitions=json.dumps([{{"name": "c", "image": "i", "essential": True}}]),
    volumes=[{{"name": "efs", "efs_volume_configuration": {{
        "file_system_id": system.id, "transit_encryption": "ENABLED",
        "authorization_config": {{"access_point_id": point.id, "iam": "ENABLED"}}}}}}])
function = aws.lambda_.Function("function", role=role.arn, runtime="python3.11", handler="app.main",
    publish=True, memory_size=256, timeout=9, architectures=["x86_64"],
    ephemeral_storage={{"size": 600}}, environment={{"variables": {{"lower_case": "x"}}}},
    code=pulumi.AssetArchive({{"app.py": pulumi.StringAsset("def main(event, _): return event")}}),
    file_system_config={{"arn": point.arn, "local_mount_path": "/mnt/a"}},
    vpc_config={{"subnet_ids": [subnet.id], "security_group_ids": [group.id]}},
    logging_config={{"log_format": "JSON", "log_group": log.name}},
    reserved_concurrent_executions=7,
    opts=pulumi.ResourceOptions(depends_on=[target, rights, attached]))
bucket = aws.s3.Bucket("bucket", force_destroy=True, tags={{"Team": "a"}})
aws.s3.BucketOwnershipControls("bucket", bucket=bucket.id,
                               rule={{"object_ownership": "BucketOwnerEnforced"}})
aws.s3.BucketPublicAccessBlock("bucket", bucket=bucket.id, block_public_acls=True,
    block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True)
aws.s3.BucketServerSideEncryptionConfiguration("bucket", bucket=bucket.id, rules=[{{
    "apply_server_side_encryption_by_default": {{"sse_algorithm": "AES256"}}}}])
aws.s3.BucketPolicy("bucket", bucket=bucket.id, policy=bucket.arn.apply(lambda arn: json.dumps(
    {{"Version": "2012-10-17", "Statement": [{{"Effect": "Deny", "Principal": "*",
      "Action": "s3:*", "Resource": [arn, arn + "/*"],
      "Condition": {{"Bool": {{"aws:SecureTransport": "false"}}}}}}]}})))
aws.s3.BucketObjectv2("object", bucket=bucket.id, key="a/b.txt", content_type="text/plain",
                      source=pulumi.StringAsset("hello"))
aws.lambda_.Alias("alias", name="live", function_name=function.name,
                  function_version=function.version)
aws.lambda_.Permission("call", function=function.name, action="lambda:InvokeFunction",
                       principal="123456789012")
aws.lambda_.FunctionUrl("url", function_name=function.name, authorization_type="AWS_IAM",
                        qualifier="live")
scaled = aws.appautoscaling.Target("scaled", service_namespace="lambda", min_capacity=1,
    max_capacity=2, scalable_dimension="lambda:function:ProvisionedConcurrency",
    resource_id=pulumi.Output.concat("function:", function.name, ":live"))
aws.appautoscaling.Policy("scaled", policy_type="TargetTrackingScaling",
    service_namespace=scaled.service_namespace, resource_id=scaled.resource_id,
    scalable_dimension=scaled.scalable_dimension, target_tracking_scaling_policy_configuration={{
        "target_value": 0.7, "predefined_metric_specification": {{
            "predefined_metric_type": "LambdaProvisionedConcurrencyUtilization"}}}})
aws.sqs.Queue("queue", message_retention_seconds=60, sqs_managed_sse_enabled=True)
api = aws.apigatewayv2.Api("api", protocol_type="HTTP")
way = aws.apigatewayv2.Integration("api", api_id=api.id, integration_type="AWS_PROXY",
    integration_uri=function.arn, payload_format_version="2.0", timeout_milliseconds=5000)
aws.apigatewayv2.Route("api", api_id=api.id, route_key="POST /",
                       target=pulumi.Output.concat("integrations/", way.id))
aws.apigatewayv2.Stage("api", api_id=api.id, name="$default", auto_deploy=True)
aws.sfn.StateMachine("machine", role_arn=role.arn, definition=json.dumps(
    {{"StartAt": "A", "States": {{"A": {{"Type": "Succeed"}}}}}}))
key = aws.kms.Key("key", enable_key_rotation=True, tags={{"Team": "a"}})
topic = aws.sns.Topic("topic", kms_master_key_id=key.arn)
aws.sns.TopicPolicy("topic", arn=topic.arn, policy=topic.arn.apply(lambda arn: json.dumps(
    {{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Resource": arn,
      "Action": "sns:Publish", "Principal": {{"Service": "cloudwatch.amazonaws.com"}}}}]}})))
part = {{"namespace": "AWS/EFS", "dimensions": {{"FileSystemId": system.id}}, "period": 60}}
aws.cloudwatch.MetricAlarm("alarm", comparison_operator="GreaterThanThreshold", threshold=1,
    evaluation_periods=1, alarm_actions=[topic.arn], ok_actions=[topic.arn], metric_queries=[
        {{"id": "m", "metric": {{**part, "metric_name": "MeteredIOBytes", "stat": "Sum"}}}},
        {{"id": "e", "expression": "m / PERIOD(m)", "label": "rate", "return_data": True}}])
aws.cloudwatch.Dashboard("shown", dashboard_name="shown", dashboard_body='{{"widgets": []}}')
rule = aws.cloudwatch.EventRule("rule", event_pattern='{{"source": ["aws.ecs"]}}')
aws.cloudwatch.EventTarget("rule", rule=rule.name, arn=topic.arn, input_transformer={{
    "input_paths": {{"task": "$.detail.taskArn"}}, "input_template": '"<task> failed"'}})
"""


def deployed(cloud: Cloud, root: Path, program: str) -> tuple[Result, AwsProvider]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cloud.environment().items():
            patch.setenv(name, value)
        provider = AwsProvider(cloud.region, cloud=True)
        return engine.up(project(root, program), provider, Recorder()), provider


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """One cloud for all tests here; a mount target is `creating` on it for a while."""
    with Cloud(tmp_path_factory.mktemp("state"), seconds_to_create=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def everything(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Result:
    result, _ = deployed(cloud, tmp_path_factory.mktemp("everything"), EVERYTHING)
    assert result.error is None
    return result


def test_every_type_of_the_table_is_created_and_gives_what_it_promises(everything: Result) -> None:
    by_type = {r.type: r for r in everything.resources if r.type.startswith("aws:")}
    assert set(by_type) == set(KINDS)
    missing = {
        f"{type_}.{name}"
        for type_, resource in by_type.items()
        for name in KINDS[type_].computed
        if not resource.outputs.get(name)
    }
    assert missing == set()


def test_an_alarm_and_a_notice_are_those_that_the_program_describes(
    everything: Result, cloud: Cloud
) -> None:
    (topic,) = everything.of_type("aws:sns/topic:Topic")
    (system,) = everything.of_type("aws:efs/fileSystem:FileSystem")
    (alarm,) = client(cloud, "cloudwatch").describe_alarms()["MetricAlarms"]
    assert (alarm["AlarmActions"], alarm["OKActions"]) == ([topic.id], [topic.id])
    (metric,) = (query["MetricStat"] for query in alarm["Metrics"] if "MetricStat" in query)
    assert metric["Metric"]["Dimensions"] == [{"Name": "FileSystemId", "Value": system.id}]
    assert [query["ReturnData"] for query in alarm["Metrics"]] == [False, True]
    (rule,) = everything.of_type("aws:cloudwatch/eventRule:EventRule")
    (target,) = client(cloud, "events").list_targets_by_rule(Rule=rule.id)["Targets"]
    assert target["Arn"] == topic.id
    assert target["InputTransformer"]["InputPathsMap"] == {"task": "$.detail.taskArn"}
    (key,) = everything.of_type("aws:kms/key:Key")
    assert client(cloud, "kms").get_key_rotation_status(KeyId=key.id)["KeyRotationEnabled"]


def test_the_function_is_the_one_that_the_program_describes(
    everything: Result, cloud: Cloud
) -> None:
    (function,) = everything.of_type("aws:lambda/function:Function")
    found = client(cloud, "lambda").get_function(
        FunctionName=function.id, Qualifier=function.outputs["version"]
    )
    reserved = client(cloud, "lambda").get_function_concurrency(FunctionName=function.id)
    assert reserved["ReservedConcurrentExecutions"] == 7
    configuration = found["Configuration"]
    assert {
        name: configuration[name]
        for name in ("MemorySize", "Timeout", "Handler", "Environment", "EphemeralStorage")
    } == {
        "MemorySize": 256,
        "Timeout": 9,
        "Handler": "app.main",
        "Environment": {"Variables": {"lower_case": "x"}},
        "EphemeralStorage": {"Size": 600},
    }
    assert configuration["FileSystemConfigs"][0]["LocalMountPath"] == "/mnt/a"


def test_the_task_definition_is_the_one_that_the_program_describes(
    everything: Result, cloud: Cloud
) -> None:
    (task,) = everything.of_type("aws:ecs/taskDefinition:TaskDefinition")
    found: dict[str, Any] = client(cloud, "ecs").describe_task_definition(
        taskDefinition=task.outputs["arn"]
    )["taskDefinition"]
    (point,) = everything.of_type("aws:efs/accessPoint:AccessPoint")
    volume = found["volumes"][0]["efsVolumeConfiguration"]
    assert volume["authorizationConfig"] == {"accessPointId": point.id, "iam": "ENABLED"}
    assert found["ephemeralStorage"] == {"sizeInGiB": 30}
    assert task.outputs["revision"] == 1


def test_a_security_group_lets_nothing_out_but_by_its_rules(
    everything: Result, cloud: Cloud
) -> None:
    (group,) = everything.of_type("aws:ec2/securityGroup:SecurityGroup")
    found = client(cloud, "ec2").describe_security_groups(GroupIds=[group.id])["SecurityGroups"][0]
    assert [rule["FromPort"] for rule in found["IpPermissionsEgress"]] == [2049]


def test_the_default_security_group_is_closed(everything: Result, cloud: Cloud) -> None:
    (group,) = everything.of_type("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
    found = client(cloud, "ec2").describe_security_groups(GroupIds=[group.id])["SecurityGroups"][0]
    assert (found["IpPermissions"], found["IpPermissionsEgress"]) == ([], [])


def test_tags_and_dns_of_the_vpc_are_set(everything: Result, cloud: Cloud) -> None:
    (vpc,) = everything.of_type("aws:ec2/vpc:Vpc")
    ec2 = client(cloud, "ec2")
    found = ec2.describe_vpcs(VpcIds=[vpc.id])["Vpcs"][0]
    names = ec2.describe_vpc_attribute(VpcId=vpc.id, Attribute="enableDnsHostnames")
    assert found["Tags"] == [{"Key": "Name", "Value": "v"}]
    assert names["EnableDnsHostnames"] == {"Value": True}


def test_a_log_group_has_its_retention(everything: Result, cloud: Cloud) -> None:
    groups = client(cloud, "logs").describe_log_groups(logGroupNamePrefix="/small")["logGroups"]
    assert [(group["logGroupName"], group["retentionInDays"]) for group in groups] == [
        ("/small/log", 14)
    ]


def test_a_mount_target_is_waited_for(cloud: Cloud, tmp_path: Path) -> None:
    program = """
        import pulumi_aws as aws
        vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
        subnet = aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block="10.0.0.0/24")
        system = aws.efs.FileSystem("waited-for")
        aws.efs.MountTarget("target", file_system_id=system.id, subnet_id=subnet.id)
    """
    result, _ = deployed(cloud, tmp_path, program)
    (target,) = result.of_type("aws:efs/mountTarget:MountTarget")
    found = client(cloud, "efs").describe_mount_targets(MountTargetId=target.id)
    assert found["MountTargets"][0]["LifeCycleState"] == "available"


def test_a_refusal_of_aws_names_resource_code_and_message(cloud: Cloud, tmp_path: Path) -> None:
    program = """
        import pulumi_aws as aws
        aws.efs.MountTarget("target", file_system_id="fs-12345678",
                            subnet_id="subnet-12345678901234567")
    """
    result, _ = deployed(cloud, tmp_path, program)
    assert result.error is not None
    assert result.error.startswith("aws:efs/mountTarget:MountTarget (target): SubnetNotFound: ")


def test_a_type_that_is_not_in_the_table_gets_an_id_and_is_reported(
    cloud: Cloud, tmp_path: Path
) -> None:
    program = """
        import pulumi, pulumi_aws as aws
        pulumi.export("id", aws.sfn.Activity("topic").id)
    """
    result, provider = deployed(cloud, tmp_path, program)
    assert provider.not_emulated == {"aws:sfn/activity:Activity": ["topic"]}
    assert result.outputs["id"].startswith("topic-")


def test_rules_within_a_group_take_the_place_of_those_of_aws(cloud: Cloud, tmp_path: Path) -> None:
    program = """
        import pulumi, pulumi_aws as aws
        vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
        other = aws.ec2.SecurityGroup("other", vpc_id=vpc.id, description="d")
        group = aws.ec2.SecurityGroup("group", vpc_id=vpc.id, description="d", ingress=[
            {"protocol": "tcp", "from_port": 1, "to_port": 2, "cidr_blocks": ["10.0.0.0/8"]},
            {"protocol": "tcp", "from_port": 3, "to_port": 3, "self": True,
             "security_groups": [other.id], "description": "both"},
        ], egress=[{"protocol": "-1", "from_port": 0, "to_port": 0,
                    "ipv6_cidr_blocks": ["::/0"]}])
        pulumi.export("ids", [group.id, other.id])
    """
    result, _ = deployed(cloud, tmp_path, program)
    assert result.error is None
    own, other = result.outputs["ids"]
    (found,) = client(cloud, "ec2").describe_security_groups(GroupIds=[own])["SecurityGroups"]
    first, second = found["IpPermissions"]
    assert (first["FromPort"], first["ToPort"]) == (1, 2)
    assert [each["CidrIp"] for each in first["IpRanges"]] == ["10.0.0.0/8"]
    assert {each["GroupId"] for each in second["UserIdGroupPairs"]} == {own, other}
    (way_out,) = found["IpPermissionsEgress"]
    assert (way_out["IpProtocol"], len(way_out["Ipv6Ranges"])) == ("-1", 1)


def test_code_is_a_folder_or_a_zip_file_as_well(cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "code" / "inner").mkdir(parents=True)
    (tmp_path / "code" / "app.py").write_text("from inner import of\ndef main(e, _): return of.V")
    (tmp_path / "code" / "inner" / "of.py").write_text("V = 5")
    (tmp_path / "code.zip").write_bytes(zipped("import of\ndef main(e, _): return of.V + 1"))
    program = f"""
        import pulumi, pulumi_aws as aws
        role = aws.iam.Role("archives", assume_role_policy={TRUST!r})
        def function(name, code):
            aws.lambda_.Function(name, name=name, role=role.arn, handler="app.main", code=code,
                                 runtime="python{sys.version_info[0]}.{sys.version_info[1]}")
        function("folder", pulumi.FileArchive("code"))
        function("both", pulumi.AssetArchive({{"of.py": pulumi.FileAsset("code/inner/of.py"),
            "app.py": pulumi.StringAsset("import sys; sys.path.append('/var/task/old')\\n"
                                         "from old.app import main"),
            "old": pulumi.FileArchive("code.zip")}}))
        function("zip", pulumi.FileArchive("code.zip"))
    """
    result, _ = deployed(cloud, tmp_path, program)
    assert result.error is None
    names = ("folder", "both")
    said = [client(cloud, "lambda").invoke(FunctionName=name, Payload=b"{}") for name in names]
    assert [each["Payload"].read() for each in said] == [b"5", b"6"]
    code = client(cloud, "lambda").get_function(FunctionName="zip")["Configuration"]["CodeSha256"]
    packed = hashlib.sha256((tmp_path / "code.zip").read_bytes()).digest()
    assert code == base64.b64encode(packed).decode()


def test_zones_are_those_of_the_cloud(cloud: Cloud, tmp_path: Path) -> None:
    program = """
        import pulumi, pulumi_aws as aws
        zones = aws.get_availability_zones()
        pulumi.export("zones", [zones.names, zones.zone_ids])
    """
    result, _ = deployed(cloud, tmp_path, program)
    zones = client(cloud, "ec2").describe_availability_zones()["AvailabilityZones"]
    assert result.outputs["zones"] == [
        [zone["ZoneName"] for zone in zones],
        [zone["ZoneId"] for zone in zones],
    ]


def test_the_code_is_what_the_archive_holds(cloud: Cloud, tmp_path: Path) -> None:
    program = f"""
        import pulumi, pulumi_aws as aws
        open("b.py", "w").write("B = 1")
        role = aws.iam.Role("code", assume_role_policy={TRUST!r})
        inner = pulumi.AssetArchive({{"b.py": pulumi.FileAsset("b.py")}})
        aws.lambda_.Function("code", role=role.arn, runtime="python3.11", handler="a.main",
            code=pulumi.AssetArchive({{"in": inner, "a.py": pulumi.StringAsset(
                "from importlib import *\\ndef main(event, _): return import_module('in.b').B")}}))
    """
    result, _ = deployed(cloud, tmp_path, program)
    assert result.error is None
    (function,) = result.of_type("aws:lambda/function:Function")
    answer = client(cloud, "lambda").invoke(FunctionName=function.id)
    assert answer["Payload"].read() == b"1"


def test_code_from_elsewhere_is_refused() -> None:
    import pulumi

    provider = AwsProvider("us-east-1", cloud=True)
    for code, message in (
        (pulumi.FileArchive("x.zip"), "'x.zip' is neither a folder nor a zip file"),
        (pulumi.RemoteArchive("https://example.org/x.zip"), "code from RemoteArchive is not"),
    ):
        with pytest.raises(ProviderError, match=message):
            provider.create("aws:lambda/function:Function", "f", {"code": code, "name": "f"})


def test_a_bucket_is_as_the_program_describes_it(everything: Result, cloud: Cloud) -> None:
    s3 = client(cloud, "s3")
    (bucket,) = everything.of_type("aws:s3/bucket:Bucket")
    name = {"Bucket": bucket.id}
    assert set(s3.get_public_access_block(**name)["PublicAccessBlockConfiguration"].values()) == {
        True
    }
    rules = s3.get_bucket_ownership_controls(**name)["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    (rule,) = s3.get_bucket_encryption(**name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert "aws:SecureTransport" in s3.get_bucket_policy(**name)["Policy"]
    assert s3.get_bucket_tagging(**name)["TagSet"] == [{"Key": "Team", "Value": "a"}]
    found = s3.get_object(**name, Key="a/b.txt")
    assert (found["Body"].read(), found["ContentType"]) == (b"hello", "text/plain")


def test_a_bucket_and_a_function_from_it_are_made_in_another_region(
    cloud: Cloud, tmp_path: Path
) -> None:
    code = zipped("def main(event, _): return event")
    (tmp_path / "code.zip").write_bytes(code)
    program = f"""
import pulumi, pulumi_aws as aws
eu = pulumi.ResourceOptions(provider=aws.Provider("eu", region="eu-west-1"))
bucket = aws.s3.Bucket("elsewhere", opts=eu)
code = aws.s3.BucketObjectv2("code", bucket=bucket.id, key="code.zip", opts=eu,
                             source=pulumi.FileAsset({str(tmp_path / "code.zip")!r}))
role = aws.iam.Role("elsewhere", assume_role_policy={TRUST!r})
aws.lambda_.Function("elsewhere", role=role.arn, runtime="python3.11", handler="app.main",
                     s3_bucket=bucket.id, s3_key=code.key, opts=eu)
"""
    result, provider = deployed(cloud, tmp_path / "program", program)
    assert (result.error, provider.not_emulated) == (None, {})
    (function,) = result.of_type("aws:lambda/function:Function")
    assert function.outputs["sourceCodeSize"] == len(code)
    (bucket,) = result.of_type("aws:s3/bucket:Bucket")
    place = client(cloud, "s3").get_bucket_location(Bucket=bucket.id)
    assert place["LocationConstraint"] == "eu-west-1"
