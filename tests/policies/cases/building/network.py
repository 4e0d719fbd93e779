"""A network in which everything reaches everything that it should."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .build import Build, R
from .outputs import REGION

ANYWHERE = "0.0.0.0/0"
INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS_RULE = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"


def rule(
    port: int | None = 2049,
    *groups: Any,
    blocks: Sequence[Any] = (),
    protocol: str = "tcp",
    to: int | None = None,
    itself: bool = False,
) -> dict[str, Any]:
    """An inline rule of a security group; without a port for everything."""
    found: dict[str, Any] = {
        "protocol": "-1" if port is None else protocol,
        "fromPort": port or 0,
        "toPort": to or port or 0,
    }
    if groups:
        found["securityGroups"] = list(groups)
    if blocks:
        found["cidrBlocks"] = list(blocks)
    if itself:
        found["self"] = True
    return found


OUT = rule(None, blocks=[ANYWHERE])


def vpc(p: Build, name: str = "vpc", cidr: str = "10.0.0.0/16", **props: Any) -> R:
    props = {"cidrBlock": cidr, "enableDnsHostnames": True, "enableDnsSupport": True, **props}
    table = {"mainRouteTableId": "rtb-0main", "defaultRouteTableId": "rtb-0main"}
    made = {**table, "defaultSecurityGroupId": "sg-00000000000000def"}
    return p.add("aws:ec2/vpc:Vpc", name, props, made=made)


def subnet(p: Build, name: str, of: R, zone: str, cidr: str, **props: Any) -> R:
    given = {"vpcId": of.id, "availabilityZone": zone, "cidrBlock": cidr, **props}
    return p.add("aws:ec2/subnet:Subnet", name, given)


def zone_of(place: R) -> str:
    """The letter of a subnet's zone."""
    return str(place.props["availabilityZone"])[-1]


def group(
    p: Build, name: str, of: R | None, *ingress: Any, egress: Sequence[Any] = (OUT,), **props: Any
) -> R:
    rules = {"ingress": list(ingress) or None, "egress": list(egress) or None}
    given = {"vpcId": of.id if of else None, **rules, **props}
    return p.add("aws:ec2/securityGroup:SecurityGroup", name, given)


def table(p: Build, name: str, of: R, subnets: Sequence[R], **target: Any) -> R:
    """A route table with a default route to `target`."""
    routes = [{"cidrBlock": ANYWHERE, **target}] if target else None
    one = p.add("aws:ec2/routeTable:RouteTable", name, {"vpcId": of.id, "routes": routes})
    for place in subnets:
        props = {"subnetId": place.id, "routeTableId": one.id}
        p.add("aws:ec2/routeTableAssociation:RouteTableAssociation", place.name, props)
    return one


@dataclass
class Net:
    """A VPC with a public and a private subnet in each zone, and two groups.

    `table` is the route table of the private subnets, where they have one.
    """

    vpc: R
    public: list[R]
    private: list[R]
    clients: R
    nfs: R
    made_table: R | None = None

    @property
    def table(self) -> R:
        assert self.made_table is not None
        return self.made_table

    @property
    def ids(self) -> list[Any]:
        return [one.id for one in self.private]


def network(p: Build, zones: str = "ab", *, region: str = REGION, nat: bool = True) -> Net:
    """The usual network: what runs in the private subnets goes out through NAT."""
    of = vpc(p)
    gateway = p.add("aws:ec2/internetGateway:InternetGateway", "igw", {"vpcId": of.id})
    public, private = [], []
    for number, letter in enumerate(zones):
        zone, cidr = f"{region}{letter}", f"10.0.{number}.0/24"
        public.append(subnet(p, f"public-{letter}", of, zone, cidr, mapPublicIpOnLaunch=True))
        private.append(subnet(p, f"private-{letter}", of, zone, f"10.0.{number + 100}.0/24"))
    table(p, "public", of, public, gatewayId=gateway.id)
    if nat:
        address = p.add("aws:ec2/eip:Eip", "nat", {"domain": "vpc"}, made={"allocationId": "e-1"})
        props = {"subnetId": public[0].id, "allocationId": address.out("allocationId")}
        out = p.add("aws:ec2/natGateway:NatGateway", "nat", props)
        routes = table(p, "private", of, private, natGatewayId=out.id)
    else:
        routes = table(p, "private", of, private)
    clients = group(p, "clients", of)
    nfs = group(p, "nfs", of, rule(2049, clients.id))
    return Net(of, public, private, clients, nfs, routes)
