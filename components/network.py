"""Network: a VPC with subnets in each zone, a way out for the task, three security groups."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .account import Account
from .names import tag_name

NFS_PORT = 2049
_ANYWHERE = "0.0.0.0/0"
# Two halves with room for eight zones each: the first for private, the second for public subnets.
_SUBNET_BITS = 4


def subnet_blocks(cidr: str, count: int) -> tuple[list[str], list[str]]:
    """Blocks of `count` private and `count` public subnets, a sixteenth of `cidr` each.

    Which block a zone gets depends on its place alone, so adding a zone at the end moves nothing.
    """
    blocks = list(ipaddress.IPv4Network(cidr).subnets(prefixlen_diff=_SUBNET_BITS))
    half = len(blocks) // 2
    return [str(b) for b in blocks[:count]], [str(b) for b in blocks[half : half + count]]


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """Arguments of `Network`.

    Attributes:
        cidr: IPv4 block of the VPC.
        zones: Names of the availability zones, at least one.
        egress: `public-ip` (the task gets a public IP in a public subnet) or `nat`.
        egress_ports: TCP ports of the package index and the image registry.
        account: Account and region of the network.
        tags: Tags for every resource.
    """

    cidr: str
    zones: Sequence[str]
    egress: str
    egress_ports: Sequence[int]
    account: Account
    tags: Mapping[str, str] = field(default_factory=dict)


class Network(pulumi.ComponentResource):
    """A VPC in which function, mount targets and populate task meet, and nothing else does.

    The function has no way to the internet. The populate task has one: through a public IP of its
    own, or through one NAT gateway.
    """

    vpc_id: pulumi.Output[str]
    private_subnet_ids: pulumi.Output[list[str]]
    populator_subnet_ids: pulumi.Output[list[str]]
    mount_target_security_group_id: pulumi.Output[str]
    function_security_group_id: pulumi.Output[str]
    populator_security_group_id: pulumi.Output[str]
    default_security_group_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("efs-inference:index:Network", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self.assign_public_ip = args.egress == "public-ip"

        self._vpc = aws.ec2.Vpc(
            name,
            cidr_block=args.cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=self._tags(name),
            opts=self._child,
        )
        self._closed = aws.ec2.DefaultSecurityGroup(
            f"{name}-default",
            vpc_id=self._vpc.id,
            ingress=[],
            egress=[],
            tags=self._tags(f"{name}-default"),
            opts=self._child,
        )
        private_subnets, public_subnets = self._subnets()
        private_table = self._route_table("private", private_subnets)
        public_table = self._route_table("public", public_subnets)
        self._way_out(private_table, public_table, public_subnets)
        self._s3_endpoint([private_table, public_table])
        self._security_groups()

        populator_subnets = public_subnets if self.assign_public_ip else private_subnets
        self.private_subnet_id_by_zone = {z: s.id for z, s in private_subnets.items()}
        self.vpc_id = self._vpc.id
        self.private_subnet_ids = _ids(private_subnets)
        self.populator_subnet_ids = _ids(populator_subnets)
        self.default_security_group_id = self._closed.id
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "private_subnet_ids": self.private_subnet_ids,
                "populator_subnet_ids": self.populator_subnet_ids,
                "mount_target_security_group_id": self.mount_target_security_group_id,
                "function_security_group_id": self.function_security_group_id,
                "populator_security_group_id": self.populator_security_group_id,
                "default_security_group_id": self.default_security_group_id,
            }
        )

    def _tags(self, name: str) -> dict[str, str]:
        return {**self._args.tags, "Name": tag_name(name)}

    def _subnets(self) -> tuple[dict[str, aws.ec2.Subnet], dict[str, aws.ec2.Subnet]]:
        """Private subnets in every zone; public ones where something stands in them."""
        zones = self._args.zones
        public_zones = zones if self.assign_public_ip else zones[:1]
        private_blocks, public_blocks = subnet_blocks(self._args.cidr, len(zones))
        return (
            {z: self._subnet("private", z, b) for z, b in zip(zones, private_blocks, strict=True)},
            {
                z: self._subnet("public", z, b)
                for z, b in zip(public_zones, public_blocks, strict=False)
            },
        )

    def _subnet(self, kind: str, zone: str, block: str) -> aws.ec2.Subnet:
        name = f"{self._name}-{kind}-{zone}"
        return aws.ec2.Subnet(
            name,
            vpc_id=self._vpc.id,
            availability_zone=zone,
            cidr_block=block,
            map_public_ip_on_launch=False,
            tags=self._tags(name),
            opts=self._child,
        )

    def _route_table(self, kind: str, subnets: Mapping[str, aws.ec2.Subnet]) -> aws.ec2.RouteTable:
        name = f"{self._name}-{kind}"
        table = aws.ec2.RouteTable(
            name, vpc_id=self._vpc.id, tags=self._tags(name), opts=self._child
        )
        for zone, subnet in subnets.items():
            aws.ec2.RouteTableAssociation(
                f"{name}-{zone}", route_table_id=table.id, subnet_id=subnet.id, opts=self._child
            )
        return table

    def _way_out(
        self,
        private_table: aws.ec2.RouteTable,
        public_table: aws.ec2.RouteTable,
        public_subnets: Mapping[str, aws.ec2.Subnet],
    ) -> None:
        gateway = aws.ec2.InternetGateway(
            f"{self._name}-internet",
            vpc_id=self._vpc.id,
            tags=self._tags(f"{self._name}-internet"),
            opts=self._child,
        )
        to_internet = aws.ec2.Route(
            f"{self._name}-public-internet",
            route_table_id=public_table.id,
            destination_cidr_block=_ANYWHERE,
            gateway_id=gateway.id,
            opts=self._child,
        )
        if self.assign_public_ip:
            return
        after_route = pulumi.ResourceOptions(parent=self, depends_on=[to_internet])
        address = aws.ec2.Eip(
            f"{self._name}-nat",
            domain="vpc",
            tags=self._tags(f"{self._name}-nat"),
            opts=after_route,
        )
        nat = aws.ec2.NatGateway(
            f"{self._name}-nat",
            allocation_id=address.id,
            subnet_id=next(iter(public_subnets.values())).id,
            tags=self._tags(f"{self._name}-nat"),
            opts=after_route,
        )
        aws.ec2.Route(
            f"{self._name}-private-internet",
            route_table_id=private_table.id,
            destination_cidr_block=_ANYWHERE,
            nat_gateway_id=nat.id,
            opts=self._child,
        )

    def _s3_endpoint(self, tables: Sequence[aws.ec2.RouteTable]) -> None:
        """Image layers lie in S3: over the gateway endpoint they cost nothing."""
        aws.ec2.VpcEndpoint(
            f"{self._name}-s3",
            vpc_id=self._vpc.id,
            service_name=f"com.amazonaws.{self._args.account.region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in tables],
            tags=self._tags(f"{self._name}-s3"),
            opts=self._child,
        )

    def _security_groups(self) -> None:
        mount_targets = self._security_group(
            "mount-targets", "Mount targets: NFS from the consumers only"
        )
        function = self._security_group("function", "Function: NFS to the mount targets only")
        populator = self._security_group("populator", "Populate task: NFS and the package index")
        for role, consumer in {"function": function, "populator": populator}.items():
            aws.vpc.SecurityGroupIngressRule(
                f"{self._name}-mount-targets-from-{role}",
                security_group_id=mount_targets.id,
                referenced_security_group_id=consumer.id,
                ip_protocol="tcp",
                from_port=NFS_PORT,
                to_port=NFS_PORT,
                opts=self._child,
            )
            aws.vpc.SecurityGroupEgressRule(
                f"{self._name}-{role}-to-mount-targets",
                security_group_id=consumer.id,
                referenced_security_group_id=mount_targets.id,
                ip_protocol="tcp",
                from_port=NFS_PORT,
                to_port=NFS_PORT,
                opts=self._child,
            )
        for port in self._args.egress_ports:
            aws.vpc.SecurityGroupEgressRule(
                f"{self._name}-populator-to-{port}",
                security_group_id=populator.id,
                cidr_ipv4=_ANYWHERE,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                opts=self._child,
            )
        self.mount_target_security_group_id = mount_targets.id
        self.function_security_group_id = function.id
        self.populator_security_group_id = populator.id

    def _security_group(self, role: str, description: str) -> aws.ec2.SecurityGroup:
        name = f"{self._name}-{role}"
        return aws.ec2.SecurityGroup(
            name,
            vpc_id=self._vpc.id,
            description=description,
            tags=self._tags(name),
            opts=self._child,
        )


def _ids(subnets: Mapping[str, aws.ec2.Subnet]) -> pulumi.Output[list[str]]:
    return pulumi.Output.all(*(subnet.id for subnet in subnets.values())).apply(list)
