"""Programs of others: what is there already, each alone; names, shared releases, regions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.cloud import Cloud
from tests.chain import TINY, Chain
from tests.deployments import Stack, point_clients_at
from tests.lambda_src.conftest import Index
from tests.program import Program

pytestmark = pytest.mark.whole

ONE = {"instances": [4]}
ANSWER = {"predictions": [8]}


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    served = Index()
    served.add(TINY)
    yield served
    served.close()


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with Cloud(tmp_path / "state", seconds_to_create=0) as opened:
        point_clients_at(opened, monkeypatch)
        yield opened


def deployed(folder: Path, index: Index, program: str, **config: str) -> Program:
    """The program when it is up, the packs having nothing mandatory against it."""
    made = Program(folder / "theirs", index, program, **config)
    assert made.up() is None
    about = {"file-system-is-protected", "image-has-a-digest", "function-has-reserved-concurrency"}
    assert [str(f) for f in made.judged().mandatory if f.policy not in about] == []
    return made


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


def test_two_functions_on_one_release_and_one_store_with_names_of_the_user_s(
    cloud: Cloud, index: Index, tmp_path: Path
) -> None:
    made = deployed(
        tmp_path,
        index,
        """
        libraries = published("shared", new_network("shared"))
        one = served("one", libraries, function_name="answers", alias="current")
        two = served("two", libraries, function_name=pulumi.Output.from_input("others"),
                     memory_mb=1024, log=efs.LogArgs(name="/aws/lambda/others"))
        again = efs.Publication("again", efs.PublicationArgs(
            populator=efs.Populator("second", efs.PopulatorArgs(
                store=libraries.store, target=target, index_url=config.require("indexUrl"))),
            application=application, salt="other"))
        three = served("three", again)
        pulumi.export("aliases", [one.alias_arn, two.alias_arn, three.alias_arn])
        """,
    )
    assert len(made.ids("FileSystem")) == 1
    assert made.ids("PopulatorRun").keys() == {"shared-libraries", "again"}
    aliases = made.output("aliases")
    assert [arn.split(":", 6)[-1] for arn in aliases[:2]] == ["answers:current", "others:live"]
    for alias in aliases:
        answer = boto3.client("lambda").invoke(FunctionName=alias, Payload=json.dumps(ONE))
        assert json.loads(answer["Payload"].read()) == ANSWER
    assert boto3.client("logs").filter_log_events(logGroupName="/aws/lambda/others")["events"]


def test_two_regions_in_one_program(cloud: Cloud, index: Index, tmp_path: Path) -> None:
    made = deployed(
        tmp_path,
        index,
        """
        west = aws.Provider("west", region="eu-west-1")
        there = pulumi.ResourceOptions(providers=[west])
        for name, opts, account in (("east", None, ()), ("west", there, (west,))):
            network = new_network(name, opts, provider=account)
            function = served(name, published(name, network, opts), opts)
            pulumi.export(name, function.alias_arn)
        """,
    )
    for name, region in (("east", "us-east-1"), ("west", "eu-west-1")):
        arn = made.output(name)
        assert arn.split(":")[3] == region
        answer = boto3.client("lambda", region_name=region).invoke(
            FunctionName=arn, Payload=json.dumps(ONE)
        )
        assert json.loads(answer["Payload"].read()) == ANSWER
        (system,) = boto3.client("efs", region_name=region).describe_file_systems()["FileSystems"]
        assert f":{region}:" in system["FileSystemArn"]
    runs: dict[str, Any] = made.inputs("PopulatorRun")
    assert {name: run["region"] for name, run in runs.items()} == {
        "east-libraries": "us-east-1",
        "west-libraries": "eu-west-1",
    }


def test_a_component_elsewhere_than_what_it_belongs_to_is_refused(
    cloud: Cloud, index: Index, tmp_path: Path
) -> None:
    program = """
        west = pulumi.ResourceOptions(providers=[aws.Provider("west", region="eu-west-1")])
        libraries = published("mine", new_network("mine"))
        served("mine", libraries, west)
    """
    error = Program(tmp_path / "theirs", index, program).up()
    assert error is not None
    assert (
        "the aws provider of mine = account 123456789012 in eu-west-1: what it belongs to" in error
    )
    assert "opts=pulumi.ResourceOptions(providers=[...])" in error


@pytest.mark.parametrize("replaced", ["access point", "role", "policy"])
def test_the_live_version_keeps_its_rights_until_the_alias_has_moved(
    cloud: Cloud, index: Index, tmp_path: Path, replaced: str
) -> None:
    for name in ("/theirs/one", "/theirs/two"):
        boto3.client("logs").create_log_group(logGroupName=name)
    made = deployed(
        tmp_path,
        index,
        """
        roles = efs.RoleArgs(path=config.require("path"))
        libraries = published("mine", new_network("mine"), store={
            "root_directory": config.require("root")}, populator={"roles": roles})
        served("mine", libraries, role=efs.FunctionRole("mine-role", roles),
               log=efs.LogArgs(group=config.require("log")))
        """,
        root="/libraries",
        path="/",
        log="/theirs/one",
    )
    assert (made.live, made.ask(ONE)) == ("1", ANSWER)
    changed = {
        "access point": ("AccessPoint", {"root": "/others"}),
        "role": ("Role", {"path": "/others/"}),
        "policy": ("RolePolicy", {"log": "/theirs/two"}),
    }
    kind, change = changed[replaced]
    before = made.ids(kind)
    made.configure(**change)
    made.write_model(fails=True)
    error = made.up()
    assert error is not None
    assert "failed its smoke invocation" in error
    assert made.ids(kind) != before
    assert made.live == "1"
    cold_start(made)
    assert made.ask(ONE) == ANSWER
    made.write_model()
    assert made.up() is None
    assert made.live != "1"
    assert made.ask(ONE) == ANSWER


def cold_start(made: Program) -> None:
    """End the environment in which the live version runs, so that the next call mounts again."""
    boto3.client("lambda").invoke(
        FunctionName=made.outputs("Alias")["arn"], Payload=json.dumps({"instances": ["exit"]})
    )
