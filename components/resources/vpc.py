"""A VPC of the stack's own: subnets in each zone, and a way out for the populate task."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from ..inputs import Tags
from .names import with_name

ANYWHERE = "0.0.0.0/0"
# Two halves with room for eight zones each: the first for private, the second for public subnets.
_SUBNET_BITS = 4


def subnet_blocks(cidr: str, zones: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """For each zone the block of its private and of its public subnet, a sixteenth of `cidr` each.

    Which block a zone gets depends on its letter alone: whatever becomes of the others, none moves,
    and nothing has to be replaced whose block is still taken.
    """
    blocks = [str(block) for block in ipaddress.IPv4Network(cidr).subnets(_SUBNET_BITS)]
    half = len(blocks) // 2
    places = {zone: (ord(zone[-1]) - ord("a")) % half for zone in zones}
    return (
        {zone: blocks[place] for zone, place in places.items()},
        {zone: blocks[half + place] for zone, place in places.items()},
    )


class Vpc:
    """The resources of a VPC; children of the component that makes it.

    Args:
        name: Name of the component.
        cidr: IPv4 block.
        zones: Names of the availability zones.
        egress: `public-ip`, `nat` or `none`, see `NetworkArgs`.
        region: Name of the AWS region.
        s3_policy: What the endpoint of S3 lets through; None: everything.
        tags: Tags for every resource.
        child: Options of every resource.

    Attributes:
        id: Id of the VPC.
        private: For each zone the id of its private subnet.
        populator: Ids of the subnets of the populate task.
        s3_prefix_list: Id of the list of S3's addresses, which the endpoint leads to.
    """

    def __init__(
        self,
        name: str,
        *,
        cidr: str,
        zones: Sequence[str],
        egress: str,
        region: str,
        s3_policy: str | None = None,
        tags: Tags,
        child: pulumi.ResourceOptions,
    ) -> None:
        self._name, self._own_tags, self._child = name, tags, child
        vpc = aws.ec2.Vpc(
            name,
            cidr_block=cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=self._tags(name),
            opts=child,
        )
        self.id = vpc.id
        aws.ec2.DefaultSecurityGroup(
            f"{name}-default",
            vpc_id=vpc.id,
            ingress=[],
            egress=[],
            tags=self._tags(f"{name}-default"),
            opts=child,
        )
        private_blocks, public_blocks = subnet_blocks(cidr, zones)
        # A NAT gateway stands in one public subnet.
        public_zones = {"public-ip": zones, "nat": zones[:1], "none": ()}[egress]
        private = self._subnets("private", private_blocks)
        outer = self._subnets("public", {zone: public_blocks[zone] for zone in public_zones})
        inner_table = self._route_table("private", private)
        tables = [inner_table]
        if outer:
            outer_table = self._route_table("public", outer)
            tables.append(outer_table)
            self._way_out(inner_table, outer_table, zones[0] if egress == "nat" else None, outer)
        self.s3_prefix_list = self._s3_endpoint(tables, region, s3_policy)
        self.private = {zone: subnet.id for zone, subnet in private.items()}
        inside = private if egress != "public-ip" else outer
        self.populator = [subnet.id for subnet in inside.values()]

    def _tags(self, name: str) -> Tags:
        return with_name(self._own_tags, name)

    def _subnets(self, kind: str, blocks: Mapping[str, str]) -> dict[str, aws.ec2.Subnet]:
        return {
            zone: aws.ec2.Subnet(
                f"{self._name}-{kind}-{zone}",
                vpc_id=self.id,
                availability_zone=zone,
                cidr_block=block,
                map_public_ip_on_launch=False,
                tags=self._tags(f"{self._name}-{kind}-{zone}"),
                opts=self._child,
            )
            for zone, block in blocks.items()
        }

    def _route_table(self, kind: str, subnets: Mapping[str, aws.ec2.Subnet]) -> aws.ec2.RouteTable:
        name = f"{self._name}-{kind}"
        table = aws.ec2.RouteTable(name, vpc_id=self.id, tags=self._tags(name), opts=self._child)
        for zone, subnet in subnets.items():
            aws.ec2.RouteTableAssociation(
                f"{name}-{zone}", route_table_id=table.id, subnet_id=subnet.id, opts=self._child
            )
        return table

    def _way_out(
        self,
        private: aws.ec2.RouteTable,
        public: aws.ec2.RouteTable,
        nat_zone: str | None,
        outer: Mapping[str, aws.ec2.Subnet],
    ) -> None:
        name = self._name
        gateway = aws.ec2.InternetGateway(
            f"{name}-internet",
            vpc_id=self.id,
            tags=self._tags(f"{name}-internet"),
            opts=self._child,
        )
        to_internet = aws.ec2.Route(
            f"{name}-public-internet",
            route_table_id=public.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=gateway.id,
            opts=self._child,
        )
        if nat_zone is None:
            return
        after_route = pulumi.ResourceOptions.merge(
            self._child, pulumi.ResourceOptions(depends_on=[to_internet])
        )
        # Named by the zone: in another zone it is another gateway with an address of its own, since
        # the old one holds its address until the route has moved.
        nat = f"{name}-nat-{nat_zone}"
        address = aws.ec2.Eip(nat, domain="vpc", tags=self._tags(nat), opts=after_route)
        gateway_of_task = aws.ec2.NatGateway(
            nat,
            allocation_id=address.id,
            subnet_id=outer[nat_zone].id,
            tags=self._tags(nat),
            opts=after_route,
        )
        aws.ec2.Route(
            f"{name}-private-internet",
            route_table_id=private.id,
            destination_cidr_block=ANYWHERE,
            nat_gateway_id=gateway_of_task.id,
            opts=self._child,
        )

    def _s3_endpoint(
        self, tables: Sequence[aws.ec2.RouteTable], region: str, policy: str | None
    ) -> pulumi.Output[str]:
        """What the task reads from S3, its program, comes over the endpoint, which costs nothing.

        The image's layers do so where it is from a private ECR; those of public ECR come from
        CloudFront.
        """
        made = aws.ec2.VpcEndpoint(
            f"{self._name}-s3",
            vpc_id=self.id,
            service_name=f"com.amazonaws.{region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in tables],
            policy=policy,
            tags=self._tags(f"{self._name}-s3"),
            opts=self._child,
        )
        return made.prefix_list_id
