"""Programs of others with what is there already, each alone."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest

from local.cloud import Cloud
from tests.chain import Chain
from tests.deployments import Stack
from tests.lambda_src.conftest import Index
from tests.programs.program import Program

from .conftest import ANSWER, ONE, deployed

pytestmark = pytest.mark.whole


def a_vpc() -> tuple[str, dict[str, str]]:
    """A VPC that somebody else made, and its subnets by zone."""
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnets = {
        zone: ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{number}.0/24", AvailabilityZone=zone)[
            "Subnet"
        ]["SubnetId"]
        for number, zone in enumerate(("us-east-1a", "us-east-1b"))
    }
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnets["us-east-1a"], AllocationId=address)
    (table,) = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])[
        "RouteTables"
    ]
    ec2.create_route(
        RouteTableId=table["RouteTableId"],
        DestinationCidrBlock="0.0.0.0/0",
        NatGatewayId=nat["NatGateway"]["NatGatewayId"],
    )
    return vpc, subnets


def test_in_a_vpc_and_subnets_that_are_there(cloud: Cloud, index: Index, tmp_path: Path) -> None:
    vpc, subnets = a_vpc()
    made = deployed(
        tmp_path,
        index,
        """
        account = efs.Account.of()
        vpc_id, subnets = account.subnets(config.require_object("subnets"))
        network = efs.Network("there", efs.ExistingNetworkArgs(vpc_id=vpc_id, subnet_ids=subnets))
        served("mine", published("mine", network))
        """,
        subnets=json.dumps(list(subnets.values())),
    )
    assert made.ask(ONE) == ANSWER
    assert not made.ids("Vpc")
    assert {group["vpcId"] for group in made.inputs("SecurityGroup").values()} == {vpc}
    assert {t["subnetId"] for t in made.inputs("MountTarget").values()} == set(subnets.values())


def test_this_program_s_own_keys_name_subnets_that_are_there(
    cloud: Cloud, index: Index, tmp_path: Path
) -> None:
    vpc, subnets = a_vpc()
    task = boto3.client("ec2").create_subnet(
        VpcId=vpc, CidrBlock="10.1.9.0/24", AvailabilityZone="us-east-1b"
    )["Subnet"]["SubnetId"]
    chain = Chain(tmp_path / "project")
    chain.serve_tiny(index)
    config = dict(entry.split("=", 1) for entry in chain.config)
    config["subnetIds"] = json.dumps([subnets["us-east-1a"]])
    config["populatorSubnetIds"] = json.dumps([task])
    made = Stack(chain.folder, "dev", **config)
    error = made.up()
    assert error is not None
    assert f"populatorSubnetIds = {task} ({vpc}, us-east-1b): mount targets are in {vpc} " in error
    made.configure(subnetIds=json.dumps(list(subnets.values())))
    assert made.up() is None
    assert made.ask({"instances": [4]}) == ANSWER
    vpc_config = made.outputs("Function")["vpcConfig"]
    assert set(vpc_config["subnetIds"]) == set(subnets.values())
    assert made.outputs("PopulatorRun")["subnet_ids"] == [task]


def test_a_subnet_that_is_not_there_is_named_with_what_to_do(
    cloud: Cloud, index: Index, tmp_path: Path
) -> None:
    program = 'efs.Account.of().subnets(["subnet-0123456789abcdef0"])'
    error = Program(tmp_path / "theirs", index, program).up()
    assert error is not None
    assert "InvalidSubnetID.NotFound" in error
    assert "--config subnetIds=[]" in error


def test_on_a_file_system_and_an_access_point_of_another_stack(
    cloud: Cloud, index: Index, tmp_path: Path
) -> None:
    vpc, subnets = a_vpc()
    group = boto3.client("ec2").create_security_group(
        GroupName="targets", Description="theirs", VpcId=vpc
    )["GroupId"]
    client = boto3.client("efs")
    system = client.create_file_system(CreationToken="theirs", Encrypted=True)["FileSystemId"]
    point = client.create_access_point(
        ClientToken="theirs",
        FileSystemId=system,
        PosixUser={"Uid": 7, "Gid": 7},
        RootDirectory={
            "Path": "/shared",
            "CreationInfo": {"OwnerUid": 7, "OwnerGid": 7, "Permissions": "0755"},
        },
    )["AccessPointId"]
    for subnet in subnets.values():
        client.create_mount_target(FileSystemId=system, SubnetId=subnet, SecurityGroups=[group])
    made = deployed(
        tmp_path,
        index,
        """
        network = efs.Network("there", efs.ExistingNetworkArgs(
            vpc_id=config.require("vpc"), subnet_ids=config.require_object("subnets")))
        served("mine", published("mine", network, store={
            "file_system_id": pulumi.Output.from_input(config.require("system")),
            "access_point_id": pulumi.Output.from_input(config.require("point")),
            "mount_target_security_group_id": config.require("group")}))
        """,
        vpc=vpc,
        subnets=json.dumps(subnets),
        system=system,
        point=point,
        group=group,
    )
    assert made.ask(ONE) == ANSWER
    for kind in ("FileSystem", "AccessPoint", "MountTarget", "FileSystemPolicy"):
        assert made.ids(kind) == {}
    assert list((tmp_path / "state").glob("**/shared/releases/*/manifest.json"))
    # What is made elsewhere cannot be judged, and the packs say so.
    said = {f.policy for f in made.judged().findings if not f.mandatory}
    assert "not-judged" in said


def test_with_roles_that_have_a_boundary_and_a_path(
    cloud: Cloud, index: Index, tmp_path: Path
) -> None:
    every = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    boundary = boto3.client("iam").create_policy(
        PolicyName="boundary",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [every]}),
    )["Policy"]["Arn"]
    made = deployed(
        tmp_path,
        index,
        """
        roles = efs.RoleArgs(path="/inference/", permissions_boundary=config.require("boundary"))
        role = efs.FunctionRole("mine-role", roles)
        libraries = published("mine", new_network("mine"), populator={"roles": roles})
        served("mine", libraries, role=role)
        """,
        boundary=boundary,
    )
    assert made.ask(ONE) == ANSWER
    roles = boto3.client("iam").list_roles(PathPrefix="/inference/")["Roles"]
    assert len(roles) == 3
    for role in roles:
        found = boto3.client("iam").get_role(RoleName=role["RoleName"])["Role"]
        assert found["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary


def test_with_a_key_for_file_system_and_logs(cloud: Cloud, index: Index, tmp_path: Path) -> None:
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    made = deployed(
        tmp_path,
        index,
        """
        key = pulumi.Output.from_input(config.require("key"))
        log = efs.LogArgs(kms_key_arn=key)
        libraries = published(
            "mine", new_network("mine"), store={"kms_key_arn": key}, populator={"log": log})
        served("mine", libraries, log=log)
        """,
        key=key,
    )
    assert made.ask(ONE) == ANSWER
    groups = boto3.client("logs").describe_log_groups()["logGroups"]
    assert [group["kmsKeyId"] for group in groups] == [key, key]
    (system,) = boto3.client("efs").describe_file_systems()["FileSystems"]
    assert system["KmsKeyId"] == key


def test_in_a_cluster_and_log_groups_that_are_there(
    cloud: Cloud, index: Index, tmp_path: Path
) -> None:
    cluster = boto3.client("ecs").create_cluster(clusterName="theirs")["cluster"]["clusterArn"]
    for name in ("/theirs/tasks", "/theirs/functions"):
        boto3.client("logs").create_log_group(logGroupName=name)
    made = deployed(
        tmp_path,
        index,
        """
        libraries = published("mine", new_network("mine"), populator={
            "cluster_arn": config.require("cluster"), "log": efs.LogArgs(group="/theirs/tasks")})
        served("mine", libraries, log=efs.LogArgs(group="/theirs/functions"))
        """,
        cluster=cluster,
    )
    assert made.ask(ONE) == ANSWER
    assert not made.ids("Cluster")
    assert not made.ids("LogGroup")
    for name in ("/theirs/tasks", "/theirs/functions"):
        assert boto3.client("logs").filter_log_events(logGroupName=name)["events"]
