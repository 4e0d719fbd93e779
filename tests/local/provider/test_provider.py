"""The provider on the embedded cloud: what each resource type creates, and what it gives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import local.engine as engine
from local.cloud import Cloud
from local.engine import Result
from local.provider import KINDS, AwsProvider
from tests.deployments import point_clients_at

from ..conftest import client, zipped
from ..programs import Recorder, project
from .everything import EVERYTHING, TRUST


def deployed(cloud: Cloud, root: Path, program: str) -> tuple[Result, AwsProvider]:
    with pytest.MonkeyPatch.context() as patch:
        point_clients_at(cloud, patch)
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


def test_a_function_url_is_that_of_an_alias_or_of_the_function_itself(everything: Result) -> None:
    (function,) = everything.of_type("aws:lambda/function:Function")
    urls = everything.of_type("aws:lambda/functionUrl:FunctionUrl")
    assert {url.id for url in urls} == {function.id, f"{function.id}/live"}


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
