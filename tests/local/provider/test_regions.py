"""More than one region in one program, and what is in an account already."""

from __future__ import annotations

from pathlib import Path

import pytest

from local import engine
from local.cloud import Cloud
from local.engine import Result
from local.provider import AwsProvider

from ..conftest import Stack, client
from ..programs import Recorder, one, preview, project
from .everything import TRUST
from .test_provider import deployed

TWO = f"""
import json, pulumi, pulumi_aws as aws
west = aws.Provider("west", region="eu-west-1")
def here(name, opts=None, **where):
    vpc = aws.ec2.Vpc(name, cidr_block="10.0.0.0/16", enable_dns_hostnames=True, opts=opts, **where)
    zone = aws.get_availability_zones(**where, opts=opts and pulumi.InvokeOptions(
        provider=opts.provider)).names[0]
    subnet = aws.ec2.Subnet(f"{{name}}-net", vpc_id=vpc.id, cidr_block="10.0.0.0/24",
                            availability_zone=zone, opts=opts, **where)
    system = aws.efs.FileSystem(f"{{name}}-files", opts=opts, **where)
    point = aws.efs.AccessPoint(f"{{name}}-point", file_system_id=system.id, opts=opts, **where,
        posix_user={{"uid": 1000, "gid": 1000}}, root_directory={{"path": "/a", "creation_info":
                         {{"owner_uid": 1000, "owner_gid": 1000, "permissions": "0755"}}}})
    group = aws.ec2.SecurityGroup(f"{{name}}-group", vpc_id=vpc.id, opts=opts, **where)
    for kind, direction in (("in", aws.vpc.SecurityGroupIngressRule),
                            ("out", aws.vpc.SecurityGroupEgressRule)):
        direction(f"{{name}}-{{kind}}", security_group_id=group.id, ip_protocol="tcp", opts=opts,
            from_port=2049, to_port=2049, referenced_security_group_id=group.id, **where)
    target = aws.efs.MountTarget(f"{{name}}-target", file_system_id=system.id, opts=opts,
        subnet_id=subnet.id, security_groups=[group.id], **where)
    role = aws.iam.Role(f"{{name}}-role", assume_role_policy={TRUST!r})
    rights = aws.iam.RolePolicy(f"{{name}}-rights", role=role.id, policy=json.dumps(
        {{"Version": "2012-10-17", "Statement": [
            {{"Effect": "Allow", "Action": ["ec2:*", "elasticfilesystem:*"], "Resource": "*"}}]}}))
    merged = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[target, rights]))
    code = "import os\\ndef main(event, _): return [os.environ['AWS_REGION'], os.listdir('/mnt/a')]"
    function = aws.lambda_.Function(f"{{name}}-function", role=role.arn, runtime="python3.11",
        handler="app.main", timeout=9, opts=merged, **where,
        code=pulumi.AssetArchive({{"app.py": pulumi.StringAsset(code)}}),
        file_system_config={{"arn": point.arn, "local_mount_path": "/mnt/a"}},
        vpc_config={{"subnet_ids": [subnet.id], "security_group_ids": [group.id]}})
    pulumi.export(name, [vpc.region, vpc.arn, subnet.availability_zone, function.arn])
here("default")
here("explicit", opts=pulumi.ResourceOptions(provider=west))
here("own", region="ap-south-1")
"""
REGIONS = {"default": "us-east-1", "explicit": "eu-west-1", "own": "ap-south-1"}


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return preview(project(tmp_path_factory.mktemp("planned"), TWO))


def test_a_preview_knows_the_regions(planned: Result) -> None:
    assert planned.error is None
    assert {name: planned.outputs[name][0] for name in REGIONS} == REGIONS
    zones = {name: f"{region}a" for name, region in REGIONS.items()}
    assert {name: one(planned, f"{name}-net").inputs["availabilityZone"] for name in REGIONS} == (
        zones
    )


def test_each_resource_is_in_the_region_of_its_provider_or_its_own(
    cloud: Cloud, tmp_path: Path
) -> None:
    result, provider = deployed(cloud, tmp_path, TWO)
    assert (result.error, provider.not_emulated) == (None, {})
    for name, region in REGIONS.items():
        where, vpc, zone, function = result.outputs[name]
        assert (where, zone, vpc.split(":")[3]) == (region, f"{region}a", region)
        assert function.split(":")[3] == region
        found = client(cloud, "lambda", region).invoke(FunctionName=function)
        assert found["Payload"].read().decode() == f'["{region}", []]'
    ids = {
        region: [
            system["FileSystemId"]
            for system in client(cloud, "efs", region).describe_file_systems()["FileSystems"]
        ]
        for region in REGIONS.values()
    }
    assert ids == {r: [one(result, f"{name}-files").id] for name, r in REGIONS.items()}


@pytest.mark.parametrize(
    "program",
    [
        "aws.ec2.Vpc('v', cidr_block='10.0.0.0/16', region='eu-wst-1')",
        "aws.ec2.Vpc('v', cidr_block='10.0.0.0/16', opts=pulumi.ResourceOptions("
        "provider=aws.Provider('p', region='eu-wst-1')))",
        "aws.get_region(region='eu-wst-1')",
    ],
)
def test_a_region_that_there_is_not_is_refused_with_the_one_that_is_meant(
    tmp_path: Path, program: str
) -> None:
    error = preview(project(tmp_path, f"import pulumi, pulumi_aws as aws\n{program}")).error
    assert error is not None
    assert "aws:region 'eu-wst-1': a region has a name such as eu-west-1" in error


def test_settings_of_a_provider_that_have_no_effect_are_named(cloud: Cloud, tmp_path: Path) -> None:
    program = """
        import pulumi, pulumi_aws as aws
        west = aws.Provider("west", region="eu-west-1", skip_credentials_validation=True,
                            default_tags={"tags": {"a": "b"}})
        aws.ec2.Vpc("v", cidr_block="10.0.0.0/16", opts=pulumi.ResourceOptions(provider=west))
    """
    result, provider = deployed(cloud, tmp_path, program)
    assert result.error is None
    assert provider.not_emulated == {"pulumi:providers:aws defaultTags": ["west"]}


def test_properties_that_the_table_does_not_read_are_named_each(
    cloud: Cloud, tmp_path: Path
) -> None:
    program = f"""
        import json, pulumi_aws as aws
        arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
        role = aws.iam.Role("role", assume_role_policy={TRUST!r}, managed_policy_arns=[arn],
                            inline_policies=[], force_detach_policies=True, name_prefix="short-")
        aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", enable_network_address_usage_metrics=True)
        aws.ec2.Vpc("two", cidr_block="10.0.0.0/16", enable_network_address_usage_metrics=True)
        aws.get_availability_zones(state="available", exclude_names=["us-east-1a"])
        container = dict(name="c", image="i", memory=9, command=["x"], dependsOn=[], secrets=[
            dict(name="KEY", valueFrom="arn:aws:ssm:us-east-1:123456789012:parameter/key")])
        aws.ecs.TaskDefinition("task", family="t", container_definitions=json.dumps([container]))
    """
    result, provider = deployed(cloud, tmp_path, program)
    assert result.error is None
    assert {what: sorted(names) for what, names in provider.not_emulated.items()} == {
        "getAvailabilityZones excludeNames": ["a function call"],
        "aws:ecs/taskDefinition:TaskDefinition containerDefinitions.dependsOn": ["task"],
        "aws:ecs/taskDefinition:TaskDefinition containerDefinitions.secrets": ["task"],
        "aws:iam/role:Role managedPolicyArns": ["role"],
        "aws:ec2/vpc:Vpc enableNetworkAddressUsageMetrics": ["two", "vpc"],
    }
    assert one(result, "role").id.startswith("short-")


def test_what_is_in_the_account_is_read(cloud: Cloud, stack: Stack, tmp_path: Path) -> None:
    program = f"""
        import json, pulumi, pulumi_aws as aws
        vpc = aws.ec2.Vpc.get("vpc", "{stack.vpc}")
        net = aws.ec2.Subnet.get("net", "{stack.subnets[0]}")
        point = aws.efs.AccessPoint.get("point", "{stack.point}")
        system = aws.efs.FileSystem.get("system", "{stack.file_system}")
        group = aws.ec2.SecurityGroup.get("group", "{stack.client_group}")
        role = aws.iam.Role.get("role", "reader")
        log = aws.cloudwatch.LogGroup.get("log", "/tasks")
        cluster = aws.ecs.Cluster.get("cluster", "main")
        pulumi.export("all", [
            vpc.cidr_block, net.vpc_id, net.availability_zone, point.posix_user.uid,
            system.throughput_mode, group.vpc_id, role.arn, log.arn, cluster.arn, net.region,
            role.assume_role_policy.apply(lambda text: json.loads(text)["Version"])])
    """
    result, _ = deployed(cloud, tmp_path, program)
    assert result.error is None
    account = "123456789012"
    assert result.outputs["all"] == [
        "10.0.0.0/16",
        stack.vpc,
        "us-east-1a",
        1000,
        "elastic",
        stack.vpc,
        stack.reader_role,
        f"arn:aws:logs:us-east-1:{account}:log-group:/tasks",
        f"arn:aws:ecs:us-east-1:{account}:cluster/main",
        "us-east-1",
        "2012-10-17",
    ]
    assert [r for r in result.resources if r.custom] == []


@pytest.mark.parametrize(
    ("read", "message"),
    [
        ("aws.ec2.Vpc.get('it', 'vpc-1')", "InvalidVpcID.NotFound"),
        ("aws.efs.AccessPoint.get('it', 'fsap-1')", "AccessPointNotFound"),
        ("aws.cloudwatch.LogGroup.get('it', '/nothing')", "it does not exist"),
        (
            "aws.sfn.Activity.get('it', 'arn')",
            "reading one is not emulated here; these are read: Vpc",
        ),
    ],
)
def test_what_is_not_in_the_account_is_an_error_that_names_it(
    cloud: Cloud, tmp_path: Path, read: str, message: str
) -> None:
    result, _ = deployed(cloud, tmp_path, f"import pulumi_aws as aws\n{read}")
    assert result.error is not None
    assert " (it), read by its id " in result.error
    assert message in result.error


def test_settings_of_the_stack_that_have_no_effect_are_named(tmp_path: Path) -> None:
    provider = AwsProvider("us-east-1", cloud=False)
    planned = project(tmp_path, "", stack="config: {'aws:defaultTags': {tags: {a: b}}}")
    engine.preview(planned, provider, Recorder())
    assert provider.not_emulated == {
        "pulumi:providers:aws defaultTags": ["the stack's configuration"]
    }
