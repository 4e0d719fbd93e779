"""Where a client stands: zones, VPCs, regions, network ACLs, DNS."""

from typing import Any

from ...building import (
    ANYWHERE,
    Build,
    Net,
    Store,
    access_point,
    container,
    file_system,
    function,
    group,
    network,
    rule,
    serve,
    store,
    subnet,
    target,
    vpc,
)
from ...table import MOUNTS, REACH, Cases, note, unproven, wrong
from .. import sources

CASES = Cases()


# Zones


@CASES.wrong(
    sources.LAMBDA_EFS,
    wrong(REACH, "app", "private-c", "data", "eu-west-1c"),
    preview=unproven(wrong(REACH, "app", "private-c", "eu-west-1c")),
)
def function_in_a_zone_without_mount_target(p: Build) -> None:
    net = network(p, "abc")
    function(p, "app", net, store(p, net, places=net.private[:2]))


@CASES.sound(sources.LAMBDA_EFS)
def mount_targets_in_the_public_subnets_of_the_zones(p: Build) -> None:
    net = network(p)
    function(p, "app", net, store(p, net, places=net.public))


@CASES.doubtful(sources.LAMBDA_EFS, note("app", "zone"))
def zones_by_id_and_by_name(p: Build) -> None:
    net = network(p, "a")
    place = {"vpcId": net.vpc.id, "availabilityZoneId": "euw1-az1", "cidrBlock": "10.0.50.0/24"}
    one = p.add("aws:ec2/subnet:Subnet", "by-id", place)
    one.made.pop("availabilityZone", None)
    fs = file_system(p)
    s = Store(fs, access_point(p, "data", fs), [target(p, "data", fs, net.private[0], net.nfs)])
    function(p, "app", net, s, subnets=[one.id])


# VPCs and regions


def two_vpcs(p: Build) -> tuple[Net, Net]:
    net = network(p)
    of = vpc(p, "other", "10.1.0.0/16")
    places = [
        subnet(p, f"other-{z}", of, f"eu-west-1{z}", f"10.1.{n}.0/24") for n, z in enumerate("ab")
    ]
    clients = group(p, "other", of)
    return net, Net(of, places, places, clients, clients)


@CASES.either(sources.VPC_PEERING, wrong(MOUNTS, "app", "app", "data", "VPC"))
def function_in_another_vpc(p: Build) -> None:
    net, other = two_vpcs(p)
    nfs = group(p, "nfs-2", net.vpc, rule(2049, blocks=["10.0.0.0/8"]))
    function(p, "app", other, store(p, net, nfs=nfs))


@CASES.sound(sources.VPC_PEERING, may_note=True)
def function_in_a_peered_vpc(p: Build) -> None:
    net, other = two_vpcs(p)
    peering = {"vpcId": other.vpc.id, "peerVpcId": net.vpc.id, "autoAccept": True}
    p.add("aws:ec2/vpcPeeringConnection:VpcPeeringConnection", "both", peering)
    nfs = group(p, "nfs-2", net.vpc, rule(2049, blocks=["10.1.0.0/16"]))
    function(p, "app", other, store(p, net, nfs=nfs))


@CASES.either(sources.EFS_ONE_VPC, wrong(MOUNTS, "app-us-east-1", "data", "us-east-1", "eu-west-1"))
def function_in_another_region_by_provider(p: Build) -> None:
    s = store(p, network(p))
    with p.in_region("us-east-1"):
        far = network(p, region="us-east-1")
        function(p, "app", far, s)


@CASES.either(sources.EFS_ONE_VPC, wrong(MOUNTS, "app", "data", "us-east-1"))
def function_in_another_region_by_its_own(p: Build) -> None:
    net = network(p)
    function(p, "app", net, store(p, net), region="us-east-1")


@CASES.either(sources.EFS_ONE_VPC, wrong(MOUNTS, ("data-a", "data-b", "far", "data"), "far", "VPC"))
def mount_targets_in_two_vpcs(p: Build) -> None:
    net, other = two_vpcs(p)
    s = store(p, net)
    s.targets.append(target(p, "far", s.fs, other.private[1], other.clients))


# ACLs and DNS


def acl(p: Build, net: Net, *rules: dict[str, Any]) -> None:
    props = {
        "vpcId": net.vpc.id,
        "subnetIds": net.ids,
        "ingress": list(rules),
        "egress": list(rules),
    }
    p.add("aws:ec2/networkAcl:NetworkAcl", "acl", props)


def acl_rule(
    number: int, action: str, first: int, last: int, protocol: str = "tcp"
) -> dict[str, Any]:
    found = {"ruleNo": number, "action": action, "protocol": protocol, "cidrBlock": ANYWHERE}
    return {**found, "fromPort": first, "toPort": last}


@CASES.either(sources.VPC_ACL, wrong(MOUNTS, ("app", "acl"), "acl"))
def acl_that_denies_nfs(p: Build) -> None:
    net = network(p)
    acl(p, net, acl_rule(100, "deny", 2049, 2049), acl_rule(200, "allow", 0, 0, "-1"))
    function(p, "app", net, store(p, net))


@CASES.either(sources.VPC_ACL, wrong(MOUNTS, ("app", "acl"), "acl"))
def acl_that_admits_only_https(p: Build) -> None:
    net = network(p)
    acl(p, net, acl_rule(100, "allow", 443, 443), acl_rule(200, "allow", 32768, 65535))
    function(p, "app", net, store(p, net))


@CASES.either(sources.VPC_ACL, wrong(MOUNTS, ("app", "acl", "nfs-out"), "acl"))
def acl_whose_rules_are_resources(p: Build) -> None:
    net = network(p)
    given = {"vpcId": net.vpc.id, "subnetIds": net.ids}
    made: dict[str, Any] = {"ingress": [], "egress": []}
    one = p.add("aws:ec2/networkAcl:NetworkAcl", "acl", given, made=made)
    opening = {"protocol": "tcp", "ruleAction": "deny", "fromPort": 2049, "toPort": 2049}
    given = {"networkAclId": one.id, "ruleNumber": 10, "cidrBlock": ANYWHERE, **opening}
    p.add("aws:ec2/networkAclRule:NetworkAclRule", "nfs-out", {**given, "egress": True})
    function(p, "app", net, store(p, net))


@CASES.sound(sources.VPC_ACL)
def acl_that_admits_all(p: Build) -> None:
    net = network(p)
    acl(p, net, acl_rule(100, "allow", 0, 0, "-1"))
    function(p, "app", net, store(p, net))


def without_dns(p: Build, **props: Any) -> None:
    net = network(p)
    net.vpc.props |= props
    s = store(p, net)
    app = container("app", "acme/app:1", "/data")
    serve(p, net, s, app)


@CASES.either(sources.EFS_DNS, wrong(MOUNTS, ("web", "app", "vpc"), "vpc", "enableDnsSupport"))
def vpc_without_dns_support(p: Build) -> None:
    without_dns(p, enableDnsSupport=False)
