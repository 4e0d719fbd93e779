"""Network: where mount targets, function and populate task meet, and who may reach whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import pulumi
import pulumi_aws as aws

from .account import Account
from .container import IMAGE_AND_LOG
from .errors import ConfigurationError, Problem
from .inputs import Args, Plain, Tags, Texts
from .resources import ANYWHERE, ENDPOINT_SERVICES, Vpc, make_endpoints, s3_policy, with_name

NFS_PORT = 2049
_EGRESS = ("public-ip", "nat", "none")


@dataclass(frozen=True, kw_only=True)
class NetworkArgs(Args):
    """Arguments of a `Network` with a VPC of its own.

    Attributes:
        cidr: IPv4 block of the VPC, /16 to /24.
        zones: Names of the availability zones, at least one.
        zones_chosen: Whether the program has chosen them, and nobody has named them; then a preview
            refuses it to choose others later.
        egress: `public-ip` (the populate task gets a public IP in a public subnet), `nat`, or
            `none`: the VPC has no way to the internet, only endpoints of AWS's services.
        egress_ports: TCP ports of the package index and the image registry; of no effect without
            a way there.
        endpoints: With `none`, the services that have an interface endpoint beside S3's gateway,
            see `container.needed`.
        buckets: With `none`, buckets of other accounts from which the task reads.
        narrow_endpoints: Whether the endpoints have policies, which let through only what a task
            asks, and only as this account.
        tags: Tags for every resource.
    """

    cidr: Annotated[str, Plain("the subnets are cut from it")]
    zones: Annotated[Sequence[str], Plain("each has resources of its own, with its name in theirs")]
    zones_chosen: Annotated[bool, Plain("a preview decides by it")] = False
    egress: Annotated[str, Plain("which resources there are depends on it")] = "public-ip"
    egress_ports: Annotated[Sequence[int], Plain("each has a rule of its own")] = (443,)
    endpoints: Annotated[Sequence[str], Plain("each is a resource")] = IMAGE_AND_LOG
    buckets: Annotated[Sequence[str], Plain("they stand in the policy of an endpoint")] = ()
    narrow_endpoints: Annotated[bool, Plain("which policies there are depends on it")] = True
    tags: Tags = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        allowed = {"egress": _EGRESS, "endpoints": ENDPOINT_SERVICES}
        given = {"egress": [self.egress], "endpoints": self.endpoints}
        problems = [
            Problem(
                subject=f"NetworkArgs.{name}",
                value=repr(value),
                rule=f"it is one of {', '.join(allowed[name])}",
                remedy="correct it",
            )
            for name, values in given.items()
            for value in values
            if value not in allowed[name]
        ]
        if problems:
            raise ConfigurationError(problems)


@dataclass(frozen=True, kw_only=True)
class ExistingNetworkArgs(Args):
    """Arguments of a `Network` in a VPC that is there already.

    Attributes:
        vpc_id: The VPC; it resolves DNS names, without which no mount target is found.
        subnet_ids: For each availability zone in use the subnet of its mount target and of the
            function.
        populator_subnet_ids: Subnets of the populate task, which has to reach the package index
            from there; none: those of the function.
        assign_public_ip: Whether the task gets a public IP, as it needs one in a public subnet.
        egress_ports: TCP ports of the package index and the image registry.
        tags: Tags for every resource.
    """

    vpc_id: pulumi.Input[str]
    subnet_ids: Annotated[
        Mapping[str, pulumi.Input[str]],
        Plain("each zone has a mount target of its own, with its name in that", values=False),
    ]
    populator_subnet_ids: Texts = ()
    assign_public_ip: pulumi.Input[bool] = False
    egress_ports: Annotated[Sequence[int], Plain("each has a rule of its own")] = (443,)
    tags: Tags = field(default_factory=dict)


class Network(pulumi.ComponentResource):
    """Subnets in which function, mount targets and populate task meet, and three security groups.

    The function reaches the mount targets and nothing else. The populate task reaches them, and the
    ports of package index and image registry.

    Attributes:
        subnet_ids: For each availability zone the subnet of mount target and function.
        own_subnet_ids: Those of them that the component has made.
        populator_subnet_ids: Subnets of the populate task.
        assign_public_ip: Whether the task gets a public IP.
        account: The account and the region that it is in.
        vpc: What tells the VPC from another: its id, or the block of one that the component makes.
        zones_chosen: Whether the program has chosen the zones, and nobody has named them.
        endpoints: The services that have an interface endpoint, where there is no way but these;
            None where there is one, or it is not known.
    """

    endpoints: tuple[str, ...] | None
    vpc: pulumi.Input[str]
    zones_chosen: bool
    subnet_ids: dict[str, pulumi.Input[str]]
    own_subnet_ids: list[pulumi.Input[str]]
    populator_subnet_ids: Texts
    assign_public_ip: pulumi.Input[bool]
    vpc_id: pulumi.Output[str]
    mount_target_security_group_id: pulumi.Output[str]
    function_security_group_id: pulumi.Output[str]
    populator_security_group_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: NetworkArgs | ExistingNetworkArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("efs-inference:index:Network", name, {}, opts)
        self._name, self._tags = name, args.tags
        self._child = pulumi.ResourceOptions(parent=self)
        self.account = Account.of(self)
        self.endpoints = None
        if isinstance(args, ExistingNetworkArgs):
            self.vpc_id = pulumi.Output.from_input(args.vpc_id)
            self.vpc, self.zones_chosen = args.vpc_id, False
            self.subnet_ids, self.own_subnet_ids = dict(args.subnet_ids), []
            given = args.populator_subnet_ids
            none = isinstance(given, Sequence) and not given
            self.populator_subnet_ids = list(args.subnet_ids.values()) if none else given
            self.assign_public_ip = args.assign_public_ip
            self._security_groups(args.egress_ports)
        elif args.egress != "none":
            self._make_vpc(args)
            self._security_groups(args.egress_ports)
        else:
            self._make_closed_vpc(args)
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "mount_target_security_group_id": self.mount_target_security_group_id,
                "function_security_group_id": self.function_security_group_id,
                "populator_security_group_id": self.populator_security_group_id,
            }
        )

    def _make_vpc(self, args: NetworkArgs, s3_policy: str | None = None) -> Vpc:
        self.assign_public_ip = args.egress == "public-ip"
        vpc = Vpc(
            self._name,
            cidr=args.cidr,
            zones=args.zones,
            egress=args.egress,
            region=self.account.region,
            s3_policy=s3_policy,
            tags=args.tags,
            child=self._child,
        )
        self.vpc_id = vpc.id
        self.vpc, self.zones_chosen = args.cidr, args.zones_chosen
        self.subnet_ids = {**vpc.private}
        self.own_subnet_ids = [*vpc.private.values()]
        self.populator_subnet_ids = [*vpc.populator]
        return vpc

    def _make_closed_vpc(self, args: NetworkArgs) -> None:
        policy = s3_policy(self.account, args.buckets) if args.narrow_endpoints else None
        vpc = self._make_vpc(args, policy)
        self.endpoints = tuple(args.endpoints)
        populator = self._security_groups(())
        make_endpoints(
            self._name,
            services=self.endpoints,
            narrow=args.narrow_endpoints,
            account=self.account,
            vpc_id=vpc.id,
            subnet_id=vpc.private[args.zones[0]],
            group=self._security_group("endpoints", "Endpoints: HTTPS from the populate task only"),
            populator_group=populator,
            s3_prefix_list=vpc.s3_prefix_list,
            tags=args.tags,
            child=self._child,
        )

    def _security_groups(self, egress_ports: Sequence[int]) -> aws.ec2.SecurityGroup:
        mount_targets = self._security_group(
            "mount-targets", "Mount targets: NFS from the consumers only"
        )
        function = self._security_group("function", "Function: NFS to the mount targets only")
        populator = self._security_group("populator", "Populate task: NFS and the package index")
        self.mount_target_security_group_id = mount_targets.id
        self.function_security_group_id = function.id
        self.populator_security_group_id = populator.id
        self.open_nfs(self._name, mount_targets.id, self._child)
        for port in egress_ports:
            aws.vpc.SecurityGroupEgressRule(
                f"{self._name}-populator-to-{port}",
                security_group_id=populator.id,
                cidr_ipv4=ANYWHERE,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                opts=self._child,
            )
        return populator

    def open_nfs(
        self, name: str, mount_targets: pulumi.Input[str], opts: pulumi.ResourceOptions
    ) -> None:
        """Let function and populate task reach mount targets of this security group, by NFS."""
        consumers = {
            "function": self.function_security_group_id,
            "populator": self.populator_security_group_id,
        }
        for role, consumer in consumers.items():
            aws.vpc.SecurityGroupIngressRule(
                f"{name}-mount-targets-from-{role}",
                security_group_id=mount_targets,
                referenced_security_group_id=consumer,
                ip_protocol="tcp",
                from_port=NFS_PORT,
                to_port=NFS_PORT,
                opts=opts,
            )
            aws.vpc.SecurityGroupEgressRule(
                f"{name}-{role}-to-mount-targets",
                security_group_id=consumer,
                referenced_security_group_id=mount_targets,
                ip_protocol="tcp",
                from_port=NFS_PORT,
                to_port=NFS_PORT,
                opts=opts,
            )

    def _security_group(self, role: str, description: str) -> aws.ec2.SecurityGroup:
        name = f"{self._name}-{role}"
        return aws.ec2.SecurityGroup(
            name,
            vpc_id=self.vpc_id,
            description=description,
            tags=with_name(self._tags, name),
            opts=self._child,
        )
