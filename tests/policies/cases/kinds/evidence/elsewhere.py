"""What is made elsewhere is neither absent nor still to be made."""

from typing import Any

from ...building import (
    ACCOUNT,
    MOUNT,
    WRITE,
    Build,
    Net,
    R,
    Store,
    access_point,
    allow,
    container,
    deny,
    file_system,
    function,
    grant,
    group,
    installer,
    network,
    placed,
    role,
    rule,
    service,
    store,
    stored,
    target,
    task,
    volume,
    zone_of,
)
from ...table import RIGHTS, Cases, note, wrong
from .. import sources

CASES = Cases()
POINT = "fsap-0123456789abcdef0"
SYSTEM = "fs-0123456789abcdef0"
ARN = f"arn:aws:elasticfilesystem:eu-west-1:{ACCOUNT}:"
POINT_ARN, SYSTEM_ARN = f"{ARN}access-point/{POINT}", f"{ARN}file-system/{SYSTEM}"
RIGHT = allow([MOUNT, WRITE], SYSTEM_ARN)


@CASES.sound(sources.PULUMI_REFERENCE, note("app", POINT))
def access_point_by_its_arn(p: Build) -> None:
    net = network(p)
    function(p, "app", net, None, ap=POINT_ARN, role=role(p, "app", RIGHT))


@CASES.sound(sources.PULUMI_REFERENCE, note("app", POINT))
def access_point_by_its_arn_with_a_condition(p: Build) -> None:
    net = network(p)
    key = {"Condition": {"StringEquals": {"elasticfilesystem:AccessPointArn": POINT_ARN}}}
    function(p, "app", net, None, ap=POINT_ARN, role=role(p, "app", {**RIGHT, **key}))


@CASES.wrong(sources.LAMBDA_ROLE, wrong(RIGHTS, "app", "app", POINT, "ClientMount"))
def access_point_by_its_arn_that_the_role_is_denied(p: Build) -> None:
    net = network(p)
    denied = deny(["elasticfilesystem:*"])
    function(p, "app", net, None, ap=POINT_ARN, role=role(p, "app", denied))


@CASES.doubtful(sources.EFS_IAM, note("app", POINT))
def access_point_by_its_arn_without_a_right_of_the_role(p: Build) -> None:
    """The file system policy, which is made elsewhere too, may allow it."""
    net = network(p)
    function(p, "app", net, None, ap=POINT_ARN, role=role(p, "app"))


def read_access_point(p: Build, fs: Any) -> R:
    props = {
        "fileSystemId": fs,
        "rootDirectory": {"path": "/models"},
        "posixUser": {"uid": 1000, "gid": 1000},
    }
    made = {"id": POINT, "arn": POINT_ARN}
    return p.add("aws:efs/accessPoint:AccessPoint", "models", props, made=made, elsewhere=True)


@CASES.sound(sources.PULUMI_GET, note("app", POINT))
def access_point_that_is_only_read(p: Build) -> None:
    net = network(p)
    ap = read_access_point(p, SYSTEM)
    function(p, "app", net, None, ap=ap, role=role(p, "app", RIGHT))


@CASES.sound(sources.PULUMI_GET, note(SYSTEM))
def file_system_that_is_only_read(p: Build) -> None:
    net = network(p)
    made = {"id": SYSTEM, "arn": SYSTEM_ARN}
    fs = p.add(
        "aws:efs/fileSystem:FileSystem", "shared", {"encrypted": True}, made=made, elsewhere=True
    )
    ap = access_point(p, "data", fs)
    rights = role(p, "app", allow([MOUNT, WRITE], fs.arn))
    function(p, "app", net, None, ap=ap, role=rights)


@CASES.sound(sources.PULUMI_REFERENCE, note(SYSTEM))
def file_system_of_another_stack(p: Build) -> None:
    net = network(p)
    ap = access_point(p, "data", SYSTEM)
    app = container("app", "acme/app:1", "/data")
    s = Store(R("", "", {}, {"id": SYSTEM}, "", elsewhere=True), ap, [])
    of = task(p, "app", [app], [volume(s)], role(p, "app", RIGHT, service="ecs-tasks"))
    service(p, "app", of, net)


@CASES.sound(sources.PULUMI_REFERENCE, may_note=True)
def mount_targets_here_of_a_file_system_of_another_stack(p: Build) -> None:
    net = network(p)
    places = [target(p, f"data-{zone_of(one)}", SYSTEM, one, net.nfs) for one in net.private]
    ap = access_point(p, "data", SYSTEM)
    function(p, "app", net, None, ap=ap, role=role(p, "app", RIGHT), after=places)


@CASES.sound(sources.PULUMI_REFERENCE, may_note=True)
def subnets_of_another_stack_than_those_of_the_mount_targets(p: Build) -> None:
    """The application's subnets lie in the storage's zones, but nothing here says so."""
    net = network(p)
    fs = file_system(p)
    places = [
        target(p, f"data-{n}", fs, f"subnet-0000000000000000{n}", net.nfs, zone=f"eu-west-1{z}")
        for n, z in ((1, "a"), (2, "b"))
    ]
    s = Store(fs, access_point(p, "data", fs), places)
    config = {"subnetIds": ["subnet-00000000000000003", "subnet-00000000000000004"]}
    function(p, "app", net, s, vpcConfig={**config, "securityGroupIds": [net.clients.id]})


@CASES.sound(sources.PULUMI_REFERENCE, note("app", "2049"))
def groups_of_another_stack(p: Build) -> None:
    net = network(p)
    fs = file_system(p)
    nfs = "sg-00000000000000001"
    places = [target(p, f"data-{zone_of(one)}", fs, one, nfs) for one in net.private]
    s = Store(fs, access_point(p, "data", fs), places)
    function(p, "app", net, s, groups=["sg-00000000000000002"])


@CASES.sound(sources.PULUMI_REFERENCE, note("app", "2049"))
def group_of_another_stack_for_the_mount_targets(p: Build) -> None:
    net = network(p)
    fs = file_system(p)
    nfs = "sg-00000000000000001"
    places = [target(p, f"data-{zone_of(one)}", fs, one, nfs) for one in net.private]
    function(p, "app", net, Store(fs, access_point(p, "data", fs), places))


@CASES.sound(sources.PULUMI_REFERENCE, note("app", "platform"))
def role_of_another_stack(p: Build) -> None:
    net = network(p)
    function(p, "app", net, store(p, net), role=f"arn:aws:iam::{ACCOUNT}:role/platform")


@CASES.sound(sources.PULUMI_GET, note("app"))
def role_that_is_only_read(p: Build) -> None:
    net = network(p)
    made = {"id": "platform", "arn": f"arn:aws:iam::{ACCOUNT}:role/platform"}
    rights = p.add("aws:iam/role:Role", "platform", {"name": "platform"}, made=made, elsewhere=True)
    function(p, "app", net, store(p, net), role=rights)


@CASES.sound(sources.PULUMI_GET, may_note=True)
def right_given_here_to_a_role_that_is_only_read(p: Build) -> None:
    net, s = stored(p)
    made = {"id": "platform", "arn": f"arn:aws:iam::{ACCOUNT}:role/platform"}
    rights = p.add("aws:iam/role:Role", "platform", {"name": "platform"}, made=made, elsewhere=True)
    grant(p, "efs", rights, allow([MOUNT, WRITE], s.fs.arn))
    function(p, "app", net, s, role=rights)


@CASES.sound(sources.PULUMI_REFERENCE)
def task_definition_of_another_stack(p: Build) -> None:
    net = network(p)
    given = {
        "taskDefinition": f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task-definition/web:7",
        "networkConfiguration": placed(net),
    }
    p.add("aws:ecs/service:Service", "web", given)


@CASES.sound(sources.PULUMI_REFERENCE, may_note=True)
def networks_all_of_another_stack(p: Build) -> None:
    fs = file_system(p)
    ids = ["subnet-00000000000000001", "subnet-00000000000000002"]
    nfs = "sg-00000000000000001"
    places = [
        target(p, f"data-{n}", fs, one, nfs, zone=f"eu-west-1{n}")
        for n, one in zip("ab", ids, strict=True)
    ]
    of = installer(p, Store(fs, access_point(p, "data", fs), places))
    given = {
        "taskDefinition": of.arn,
        "subnets": ids,
        "securityGroups": [nfs],
        "assignPublicIp": False,
    }
    p.add("pulumi-python:dynamic:Resource", "job", given, after=places)


@CASES.sound(sources.PULUMI_REFERENCE, may_note=True)
def mount_targets_in_the_stack_of_the_network(p: Build) -> None:
    """The other stack reads the file system's id from this one, and makes them."""
    net = network(p)
    ap = access_point(p, "data", SYSTEM)
    function(p, "app", net, None, ap=ap, role=role(p, "app", RIGHT))


@CASES.sound(sources.PULUMI_GET, may_note=True)
def vpc_and_subnets_that_are_only_read(p: Build) -> None:
    places = [
        p.add(
            "aws:ec2/subnet:Subnet",
            f"private-{zone}",
            {"availabilityZone": f"eu-west-1{zone}", "vpcId": "vpc-0123456789abcdef0"},
            elsewhere=True,
        )
        for zone in "ab"
    ]
    clients = group(p, "clients", None)
    nfs = group(p, "nfs", None, rule(2049, clients.id))
    net = Net(clients, places, places, clients, nfs)
    function(p, "app", net, store(p, net))


@CASES.sound(sources.PULUMI_REFERENCE, note("app"))
def access_point_out_of_a_cloud_formation_stack(p: Build) -> None:
    net = network(p)
    other = p.add(
        "aws:cloudformation/stack:Stack",
        "storage",
        {"templateUrl": "https://acme.example/efs.yaml"},
        made={"outputs": POINT_ARN},
    )
    function(p, "app", net, None, ap=other.out("outputs"), role=role(p, "app", RIGHT))
