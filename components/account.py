"""Where a stack is deployed: account, region and zones, as the aws provider sees them."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import boto3
import pulumi
import pulumi_aws as aws
from botocore.loaders import Loader

from .errors import ConfigurationError, Problem
from .inputs import plain

_DEFAULT_ZONES = 2
_OF_AWS = "aws:index/getRegion:getRegion"
_UNKNOWN = Problem(
    subject="the aws provider",
    value="account or region unknown",
    rule="they stand in policies and container definitions, so a preview has to know them",
    remedy="give the provider plain settings, no Output of a resource",
)
# Zone ids that lack one of the services. AWS_Fargate-Regions: usw1-az1 and -az3, apne1-az1, -az2
# and -az4 only. Lambda refuses the oldest zone of us-east-1 ("contains availability zone Lambda
# doesn't support").
_NOT_SERVED = {"usw1-az2": "Fargate", "apne1-az3": "Fargate", "use1-az3": "Lambda in a VPC"}
# Where Lambda mounts no file system. Source: Lambda's guide, configuration-filesystem.
_WITHOUT_MOUNTS = {
    "ap-east-2": "Taipei",
    "ap-southeast-5": "Malaysia",
    "ap-southeast-6": "Auckland",
    "ap-southeast-7": "Thailand",
    "ca-west-1": "Calgary",
    "mx-central-1": "Mexico",
}


@dataclass(frozen=True, kw_only=True)
class Account:
    """An AWS account in one region.

    Attributes:
        id: Twelve digits.
        region: For instance `eu-central-1`.
        partition: `aws`, or another one such as `aws-cn`.
        provider: The aws provider that leads there; None is the program's default one.
    """

    id: str
    region: str
    partition: str
    provider: pulumi.ProviderResource | None = field(default=None, compare=False, repr=False)

    @property
    def dns_suffix(self) -> str:
        """What the names of AWS's hosts end with here, such as `amazonaws.com`."""
        partitions = Loader().load_data("partitions")["partitions"]
        suffixes = {each["id"]: each["outputs"]["dnsSuffix"] for each in partitions}
        return str(suffixes[self.partition])

    @classmethod
    def of(cls, whose: pulumi.Resource | None = None) -> Account:
        """The account and the region of an aws provider.

        Args:
            whose: The provider, or a component, which has one for its children; None asks the
                program's default provider.

        Raises:
            ConfigurationError: AWS has no such region, Lambda mounts no file system there, or the
                provider does not know yet where it is.
        """
        explicit = whose.get_provider(_OF_AWS) if whose is not None else None
        provider = whose if isinstance(whose, pulumi.ProviderResource) else explicit
        if provider is None:
            # The provider would try for minutes to reach an endpoint that is not there.
            _refuse_unknown_region()
        opts = pulumi.InvokeOptions(provider=provider)
        id_ = aws.get_caller_identity(opts=opts).account_id
        region = aws.get_region(opts=opts).region
        if not (id_ and region):
            raise ConfigurationError([_UNKNOWN])
        _refuse_region_without_mounts(region)
        partition = aws.get_partition(opts=opts).partition
        return cls(id=id_, region=region, partition=partition, provider=provider)

    def refuse_another(self, component: pulumi.Resource, name: str) -> None:
        """Refuse a component whose resources would be elsewhere than what they belong to.

        Raises:
            ConfigurationError: Its aws provider leads to another account or region.
        """
        if component.get_provider(_OF_AWS) is self.provider:
            return
        found = Account.of(component)
        if found != self:
            raise ConfigurationError(
                [
                    Problem(
                        subject=f"the aws provider of {name}",
                        value=f"account {found.id} in {found.region}",
                        rule=f"what it belongs to is in account {self.id} in {self.region}",
                        remedy="give both the same opts=pulumi.ResourceOptions(providers=[...])",
                    )
                ]
            )

    def subnets(self, ids: Sequence[str]) -> tuple[str, dict[str, str]]:
        """The VPC of subnets that are there already, and for each availability zone its subnet.

        Raises:
            ConfigurationError: They lie in several VPCs, or two in one zone.
        """
        plain(ids, "subnets", "each has a mount target with its zone in the name")
        opts = pulumi.InvokeOptions(provider=self.provider)
        found = [aws.ec2.get_subnet(id=id_, opts=opts) for id_ in ids]
        by_zone = {subnet.availability_zone: subnet.id for subnet in found}
        vpcs = sorted({subnet.vpc_id for subnet in found})
        if len(vpcs) == 1 and len(by_zone) == len(found):
            return vpcs[0], by_zone
        seen = ", ".join(f"{s.id} ({s.vpc_id}, {s.availability_zone})" for s in found)
        problem = Problem(
            subject="subnetIds",
            value=seen,
            rule="function and mount targets are in one VPC, with one subnet in each zone",
            remedy="`pulumi config set --path 'subnetIds[0]' <id>`, one for each zone",
        )
        raise ConfigurationError([problem])

    def refuse_out_of_reach(self, ids: Sequence[str], vpc_id: str, zones: Iterable[str]) -> None:
        """Refuse subnets of the populate task in which it would find no mount target.

        Raises:
            ConfigurationError: One is in another VPC, or in a zone without a mount target.
        """
        opts = pulumi.InvokeOptions(provider=self.provider)
        found = [aws.ec2.get_subnet(id=id_, opts=opts) for id_ in ids]
        outside = [s for s in found if s.vpc_id != vpc_id or s.availability_zone not in zones]
        if outside:
            seen = ", ".join(f"{s.id} ({s.vpc_id}, {s.availability_zone})" for s in outside)
            problem = Problem(
                subject="populatorSubnetIds",
                value=seen,
                rule=f"mount targets are in {vpc_id} in {', '.join(sorted(zones))} only",
                remedy="`pulumi config set --path 'populatorSubnetIds[0]' <id>` of a subnet there, "
                "or a subnet of its zone in subnetIds",
            )
            raise ConfigurationError([problem])

    def zones(self, configured: Sequence[str] = ()) -> tuple[str, ...]:
        """The `configured` availability zones, or else the first two that serve.

        The first by zone id, which names the same zone in every account and never changes, while
        names differ by account. A zone that is impaired today stays in its place: the choice must
        not move with an incident.

        Raises:
            ConfigurationError: A zone is not in this region, or not one for these services.
        """
        plain(configured, "zones", "each has resources of its own, with its name in theirs")
        # Local zones and wavelength zones have no EFS; they are the ones that need an opt-in.
        opted_in = aws.GetAvailabilityZonesFilterArgs(
            name="opt-in-status", values=["opt-in-not-required"]
        )
        opts = pulumi.InvokeOptions(provider=self.provider)
        found = aws.get_availability_zones(filters=[opted_in], opts=opts)
        ids = dict(zip(found.names, found.zone_ids, strict=True))
        served = sorted(
            (name for name, id_ in ids.items() if id_ not in _NOT_SERVED),
            key=lambda name: zone_number(ids[name]),
        )
        wrong = [name for name in configured if name not in served]
        if wrong or not served:
            why = [
                f"{name} ({ids[name]}) has no {_NOT_SERVED[ids[name]]}"
                for name in ids
                if ids[name] in _NOT_SERVED
            ]
            rule = f"the zones of {self.region} that serve are {', '.join(served)}"
            problem = Problem(
                subject="availabilityZones",
                value=", ".join(wrong) or "none",
                rule="; ".join([rule, *why]),
                remedy="choose from these, or `pulumi config set aws:region` to theirs",
            )
            raise ConfigurationError([problem])
        return tuple(configured) or tuple(served[:_DEFAULT_ZONES])


def zone_number(zone_id: str) -> int:
    """The number at the end of a zone's id, such as 4 of `apne1-az4`."""
    return int(zone_id.rpartition("-az")[2])


def _refuse_unknown_region() -> None:
    config = pulumi.Config("aws")
    named = {"aws:region": config.get("region") or ""}
    named |= {name: os.environ.get(name, "") for name in ("AWS_REGION", "AWS_DEFAULT_REGION")}
    subject, region = next(((name, value) for name, value in named.items() if value), ("", ""))
    known = _regions()
    if not region or region in known or _skips_validation():
        return
    near = difflib.get_close_matches(region, known, n=1)
    example = near[0] if near else "eu-central-1"
    raise ConfigurationError(
        [
            Problem(
                subject=subject,
                value=repr(region),
                rule=f"boto3 {boto3.__version__} knows no such region"
                + (f"; the nearest is {near[0]}" if near else ""),
                remedy=f"`pulumi config set aws:region {example}`; for a region that is newer than "
                "boto3 here, `pulumi config set aws:skipRegionValidation true`",
            )
        ]
    )


def _refuse_region_without_mounts(region: str) -> None:
    if region not in _WITHOUT_MOUNTS or _skips_validation():
        return
    raise ConfigurationError(
        [
            Problem(
                subject="aws:region",
                value=repr(region),
                rule=f"in {_WITHOUT_MOUNTS[region]} Lambda does not mount EFS",
                remedy="`pulumi config set aws:region` to another; if AWS does by now, `pulumi "
                "config set aws:skipRegionValidation true`",
            )
        ]
    )


def _skips_validation() -> bool:
    return pulumi.Config("aws").get("skipRegionValidation") == "true"


def _regions() -> set[str]:
    """The regions of all partitions."""
    partitions = Loader().load_data("endpoints")["partitions"]
    return {region for partition in partitions for region in partition["regions"]}
