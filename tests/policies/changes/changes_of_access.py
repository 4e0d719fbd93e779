"""What breaks the rules of `mounts` on how one gets to a file system, and what must not: order,
reach, rights."""

from typing import Any

from components import Application, Release, Target

from ..programs import ROOT, Program
from .changes import (
    MOUNT,
    Changes,
    function,
    run,
    system,
    target,
    wrong,
)

CHANGES = Changes("mounts")
RELEASE = Release.of(Application(ROOT / "lambda_src/application"), Target(runtime="python3.11"))


@CHANGES.breaks(
    wrong(
        "function-comes-after-what-it-mounts",
        "libraries",
        "pulumi-python:dynamic/efs-inference:PopulatorRun 'libraries', which runs container "
        "'populate' of task definition 'libraries', mounts access point 'store-access-point', but "
        "does not depend on mount target 'store-mount-target-us-east-1b' of the same file system "
        "'store': the task cannot mount it while the mount target is not available. Let "
        "pulumi-python:dynamic/efs-inference:PopulatorRun 'libraries' depend on mount target "
        "'store-mount-target-us-east-1b' (dependsOn).",
    ),
    wrong(
        "function-comes-after-what-it-mounts",
        "inference",
        "function 'inference' mounts access point 'store-access-point', but does not depend on "
        "mount target 'store-mount-target-us-east-1b' of the same file system 'store': Lambda "
        "refuses the function while the mount target is not available. Let function 'inference' "
        "depend on mount target 'store-mount-target-us-east-1b' (dependsOn).",
    ),
)
def nothing_waits_for_a_mount_target(p: Program) -> None:
    p.forget(target(p))


@CHANGES.breaks(
    wrong(
        "function-comes-after-what-it-mounts",
        "inference",
        "function 'inference' reads what container 'populate' of task definition 'libraries' "
        "writes, but does not depend on pulumi-python:dynamic/efs-inference:PopulatorRun "
        "'libraries', which runs it: the function may serve before anything is there. Let "
        "function 'inference' depend on pulumi-python:dynamic/efs-inference:PopulatorRun "
        "'libraries' (dependsOn).",
    ),
)
def a_function_that_does_not_wait_for_the_populate(p: Program) -> None:
    p.forget(run(p))


@CHANGES.breaks(
    wrong(
        "consumer-reaches-its-mount-targets",
        "libraries",
        "container 'populate' of task definition 'libraries' runs in subnet "
        "'network-public-us-east-1b' in zone us-east-1b, but file system 'store' has mount "
        "targets in us-east-1a only: there it cannot be mounted. Make a mount target in "
        "us-east-1b, or leave the subnet out.",
    ),
    wrong(
        "consumer-reaches-its-mount-targets",
        "inference",
        "function 'inference' runs in subnet 'network-private-us-east-1b' in zone us-east-1b, "
        "but file system 'store' has mount targets in us-east-1a only: there it cannot be "
        "mounted. Make a mount target in us-east-1b, or leave the subnet out.",
    ),
    only_created=True,
)
def a_zone_without_mount_target(p: Program) -> None:
    p.remove(target(p))


@CHANGES.breaks(
    wrong(
        "consumer-reaches-its-mount-targets",
        "inference",
        "security group 'network-mount-targets' of mount target 'store-mount-target-us-east-1a' "
        "admits tcp 2049 from security group 'network-populator', but not TCP 2049 from "
        "security group 'network-function' of function 'inference': the mount times out. Open "
        "TCP 2049 into security group 'network-mount-targets' from security group "
        "'network-function'.",
    ),
    absent=True,
)
def no_way_in_for_the_function(p: Program) -> None:
    p.remove(p["SecurityGroupIngressRule", "network-mount-targets-from-function"])


@CHANGES.breaks(
    wrong(
        "consumer-reaches-its-mount-targets",
        "libraries",
        "security group 'network-populator' of container 'populate' of task definition "
        "'libraries' lets out tcp 2048 to security group 'network-mount-targets'; tcp 443 to "
        "0.0.0.0/0, but not TCP 2049 to security group 'network-mount-targets' of mount target "
        "'store-mount-target-us-east-1a': the mount times out. Open TCP 2049 out of security "
        "group 'network-populator' to security group 'network-mount-targets'.",
    ),
    absent=True,
)
def another_port_out_of_the_populate(p: Program) -> None:
    p["SecurityGroupEgressRule", "network-populator-to-mount-targets"].props["toPort"] = 2048
    p["SecurityGroupEgressRule", "network-populator-to-mount-targets"].props["fromPort"] = 2048


@CHANGES.breaks(
    wrong(
        "consumer-reaches-its-mount-targets",
        "libraries",
        "security group 'network-populator' of container 'populate' of task definition "
        "'libraries' lets out tcp 2049 to security group 'network-mount-targets', but nothing "
        "to a package index: it cannot fetch its packages. Let TCP 443 out of security group "
        "'network-populator'.",
    ),
    absent=True,
)
def only_nfs_out_of_the_populate(p: Program) -> None:
    p.remove(p["SecurityGroupEgressRule", "network-populator-to-443"])


@CHANGES.breaks(
    wrong(
        "consumer-reaches-its-mount-targets",
        "libraries",
        "container 'populate' of task definition 'libraries', run by "
        "pulumi-python:dynamic/efs-inference:PopulatorRun 'libraries', runs in subnet "
        "'network-public-us-east-1a' and subnet 'network-public-us-east-1b' without a route to "
        "0.0.0.0/0: it cannot fetch its packages. Add a route through an internet gateway (with "
        "assignPublicIp) or a NAT gateway, or use a subnet that has one.",
    ),
    absent=True,
)
def no_route_out(p: Program) -> None:
    routes = {x.name: x for x in p.parts if x.type.endswith(":Route")}
    p.remove(routes.get("network-private-internet", routes["network-public-internet"]))


@CHANGES.breaks(
    wrong(
        "roles-may-mount-and-only-populators-write",
        "inference",
        "function 'inference' mounts access point 'store-access-point', but its role "
        "'inference' may not elasticfilesystem:ClientMount there: nothing allows it. Allow "
        "elasticfilesystem:ClientMount on the file system to role 'inference'.",
    ),
    only_created=True,
)
def a_function_that_may_not_mount(p: Program) -> None:
    p.edit(p["RolePolicy", "inference"], "policy", lambda d: d["Statement"].pop(0) and None)


@CHANGES.breaks(
    wrong(
        "roles-may-mount-and-only-populators-write",
        "inference",
        "function 'inference' reads from access point 'store-access-point', which container "
        "'populate' of task definition 'libraries' populates, but its role 'inference' may "
        "elasticfilesystem:ClientWrite there: role policy 'inference' allows it. Leave it with "
        "elasticfilesystem:ClientMount.",
    ),
    only_created=True,
)
def a_function_that_may_write(p: Program) -> None:
    def widen(document: Any) -> None:
        document["Statement"][0]["Action"] = ["elasticfilesystem:Client*"]

    p.edit(p["RolePolicy", "inference"], "policy", widen)


@CHANGES.breaks(
    wrong(
        "roles-may-mount-and-only-populators-write",
        "libraries",
        "container 'populate' of task definition 'libraries' populates access point "
        "'store-access-point', but its task role 'populator-task' may not "
        "elasticfilesystem:ClientWrite there: nothing allows it. Allow "
        "elasticfilesystem:ClientWrite on the file system to role 'populator-task'.",
    ),
    only_created=True,
)
def a_populate_that_may_not_write(p: Program) -> None:
    def narrow(document: Any) -> None:
        document["Statement"][0]["Action"] = MOUNT

    p.edit(p["RolePolicy", "populator-task"], "policy", narrow)


@CHANGES.breaks(
    wrong(
        "roles-may-mount-and-only-populators-write",
        "inference",
        "function 'inference' mounts access point 'store-access-point', but its role "
        "'inference' may not elasticfilesystem:ClientMount there: file system policy "
        "'store-policy' denies it. Allow elasticfilesystem:ClientMount on the file system to "
        "role 'inference'.",
    ),
    only_created=True,
)
def a_file_system_policy_that_shuts_out_the_function(p: Program) -> None:
    deny = {
        "Effect": "Deny",
        "Principal": {"AWS": p["Role", "inference"].props["arn"]},
        "Action": "elasticfilesystem:*",
    }
    p.edit(p["FileSystemPolicy", "store-policy"], "policy", lambda d: d["Statement"].append(deny))


@CHANGES.allowed
def a_function_that_waits_through_the_populate_only(p: Program) -> None:
    p.forget(target(p), function(p))
    p.forget(target(p, "a"), function(p))


@CHANGES.allowed
def a_mount_target_that_another_zone_uses(p: Program) -> None:
    other = p.add(
        "aws:ec2/subnet:Subnet",
        "far",
        {"availabilityZone": "us-east-1f", "id": "subnet-0f0f0f0f0f0f0f0f0"},
    )
    p.add(
        "aws:efs/mountTarget:MountTarget",
        "far",
        {"fileSystemId": system(p).props["id"], "subnetId": "subnet-0f0f0f0f0f0f0f0f0"},
        fileSystemId=system(p),
        subnetId=other,
    )


@CHANGES.allowed
def everything_out_of_the_populate(p: Program) -> None:
    rule = p["SecurityGroupEgressRule", "network-populator-to-443"]
    rule.props |= {"ipProtocol": "-1", "fromPort": None, "toPort": None}


@CHANGES.allowed
def the_network_as_the_source(p: Program) -> None:
    rule = p["SecurityGroupIngressRule", "network-mount-targets-from-function"]
    rule.props |= {"cidrIpv4": "10.42.0.0/16", "referencedSecurityGroupId": None}


@CHANGES.allowed
def wildcards_that_allow_no_more(p: Program) -> None:
    def widen(document: Any) -> None:
        document["Statement"][0] |= {"Action": ["elasticfilesystem:ClientMoun?"], "Resource": "*"}

    p.edit(p["RolePolicy", "inference"], "policy", widen)


@CHANGES.allowed
def a_denial_of_writing_to_the_function(p: Program) -> None:
    def deny(document: Any) -> None:
        document["Statement"].append({"Effect": "Deny", "NotAction": MOUNT, "Resource": "*"})

    p.edit(p["RolePolicy", "inference"], "policy", deny)
