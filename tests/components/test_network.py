"""Network: exactly the resources that each way out needs, and exactly the rules."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

import pytest

from components.network import ExistingNetworkArgs, Network, NetworkArgs
from components.resources.vpc import subnet_blocks

from .conftest import Build, Built

ZONES = ("us-east-1a", "us-east-1b")


def network(egress: str = "public-ip", zones: tuple[str, ...] = ZONES) -> Callable[[], Network]:
    args = NetworkArgs(
        cidr="10.42.0.0/16",
        zones=zones,
        egress=egress,
        egress_ports=(443,),
        tags={"team": "ml"},
    )
    return lambda: Network("net", args)


@pytest.fixture(scope="module")
def public(build: Build) -> Built:
    """The default: the task gets out by an address of its own."""
    return build(network())


def test_a_public_ip_needs_a_public_subnet_in_each_zone_and_no_nat(public: Built) -> None:
    assert set(public.of("Subnet")) == {
        "net-private-us-east-1a",
        "net-private-us-east-1b",
        "net-public-us-east-1a",
        "net-public-us-east-1b",
    }
    assert not public.of("NatGateway")
    assert not public.of("Eip")
    assert set(public.of("Route")) == {"net-public-internet"}


def test_nat_is_one_gateway_in_one_public_subnet(build: Build) -> None:
    built = build(network("nat"))
    assert set(built.of("Subnet")) == {
        "net-private-us-east-1a",
        "net-private-us-east-1b",
        "net-public-us-east-1a",
    }
    assert built.one("NatGateway")["subnetId"] == "net-public-us-east-1a-id"
    assert built.of("Route")["net-private-internet"]["natGatewayId"] == "net-nat-us-east-1a-id"


def test_the_vpc_has_dns_which_mount_targets_need(public: Built) -> None:
    vpc = public.one("Vpc")
    assert vpc["enableDnsSupport"] is True
    assert vpc["enableDnsHostnames"] is True
    assert vpc["tags"] == {"team": "ml", "Name": "efs-inference/test/net"}


def test_the_default_security_group_is_closed(public: Built) -> None:
    closed = public.one("DefaultSecurityGroup")
    assert closed.get("ingress", []) == []
    assert closed.get("egress", []) == []


def test_nfs_is_the_only_way_in_and_only_from_the_two_consumers(public: Built) -> None:
    rules = public.of("SecurityGroupIngressRule")
    assert {
        name: (rule["securityGroupId"], rule["referencedSecurityGroupId"])
        for name, rule in rules.items()
    } == {
        "net-mount-targets-from-function": ("net-mount-targets-id", "net-function-id"),
        "net-mount-targets-from-populator": ("net-mount-targets-id", "net-populator-id"),
    }
    assert all(
        (rule["ipProtocol"], rule["fromPort"], rule["toPort"]) == ("tcp", 2049, 2049)
        for rule in rules.values()
    )


def test_only_the_populate_task_gets_out_and_only_to_the_package_index(public: Built) -> None:
    rules = public.of("SecurityGroupEgressRule")
    to_anywhere = {n: r for n, r in rules.items() if "cidrIpv4" in r}
    assert set(rules) - set(to_anywhere) == {
        "net-function-to-mount-targets",
        "net-populator-to-mount-targets",
    }
    (rule,) = to_anywhere.values()
    assert (rule["securityGroupId"], rule["fromPort"], rule["toPort"]) == (
        "net-populator-id",
        443,
        443,
    )


def test_no_security_group_has_rules_inside_where_they_would_fight_the_separate_ones(
    public: Built,
) -> None:
    for group in public.of("SecurityGroup").values():
        assert "ingress" not in group
        assert "egress" not in group


def test_s3_is_reached_over_a_gateway_endpoint_from_both_route_tables(public: Built) -> None:
    endpoint = public.one("VpcEndpoint")
    assert endpoint["serviceName"] == "com.amazonaws.us-east-1.s3"
    assert endpoint["vpcEndpointType"] == "Gateway"
    assert set(endpoint["routeTableIds"]) == {"net-private-id", "net-public-id"}


def test_every_subnet_has_a_route_table(build: Build) -> None:
    built = build(network("nat"))
    associated = {a["subnetId"] for a in built.of("RouteTableAssociation").values()}
    assert associated == {f"{name}-id" for name in built.of("Subnet")}


@pytest.mark.parametrize("cidr", ["10.0.0.0/16", "192.168.1.0/24"])
def test_six_zones_fit_into_every_block_that_is_accepted(cidr: str) -> None:
    private, public = subnet_blocks(cidr, [f"us-east-1{letter}" for letter in "abcdef"])
    blocks = [ipaddress.IPv4Network(block) for block in [*private.values(), *public.values()]]
    assert len(set(blocks)) == 12
    assert not any(a.overlaps(b) for a in blocks for b in blocks if a is not b)


@pytest.mark.parametrize("zones", ["b", "ba", "abc", "ac"])
def test_a_zone_keeps_its_blocks_whatever_becomes_of_the_others(zones: str) -> None:
    before = subnet_blocks("10.0.0.0/16", ["eu-west-1a", "eu-west-1b"])
    after = subnet_blocks("10.0.0.0/16", [f"eu-west-1{letter}" for letter in zones])
    for old, new in zip(before, after, strict=True):
        assert {zone: old[zone] for zone in old if zone in new} == {
            zone: new[zone] for zone in new if zone in old
        }


def test_a_nat_gateway_of_another_zone_is_another_one_with_an_address_of_its_own(
    build: Build,
) -> None:
    """AWS gives an address to no second gateway while the first one stands."""
    first, second = build(network("nat")), build(network("nat", ZONES[1:]))
    assert not set(first.of("NatGateway")) & set(second.of("NatGateway"))
    assert not set(first.of("Eip")) & set(second.of("Eip"))
    assert set(first.of("Route")) == set(second.of("Route"))


def existing(**more: Any) -> Callable[[], Network]:
    subnets = {"us-east-1a": "subnet-a", "us-east-1b": "subnet-b"}
    return lambda: Network("net", ExistingNetworkArgs(vpc_id="vpc-1", subnet_ids=subnets, **more))


def test_a_vpc_that_is_there_already_gets_three_security_groups_and_their_rules(
    build: Build,
) -> None:
    built = build(existing())
    assert {key.partition(" ")[0] for key in built.resources} == {
        "SecurityGroup",
        "SecurityGroupIngressRule",
        "SecurityGroupEgressRule",
    }
    assert {group["vpcId"] for group in built.of("SecurityGroup").values()} == {"vpc-1"}


def test_the_populate_task_runs_where_it_reaches_the_index_or_beside_the_function() -> None:
    made = existing(populator_subnet_ids=["subnet-c"], assign_public_ip=True)()
    assert (made.populator_subnet_ids, made.assign_public_ip) == (["subnet-c"], True)
    made = existing()()
    assert (made.populator_subnet_ids, made.assign_public_ip) == (["subnet-a", "subnet-b"], False)
