"""Where a stack is deployed: account, region and zones, as the aws provider sees them."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from dataclasses import dataclass

import boto3
import pulumi
import pulumi_aws as aws
from botocore.loaders import Loader

from .errors import ConfigurationError, Problem

_DEFAULT_ZONES = 2
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
    """

    id: str
    region: str
    partition: str

    @property
    def dns_suffix(self) -> str:
        """What the names of AWS's hosts end with here, such as `amazonaws.com`."""
        partitions = Loader().load_data("partitions")["partitions"]
        suffixes = {each["id"]: each["outputs"]["dnsSuffix"] for each in partitions}
        return str(suffixes[self.partition])

    @classmethod
    def of(cls, parent: pulumi.Resource | None = None) -> Account:
        """The account and the region of the aws provider that `parent` uses for its children.

        Args:
            parent: A component; None asks the program's default provider.

        Raises:
            ConfigurationError: AWS has no such region, or Lambda mounts no file system there.
        """
        # The provider would try for minutes to reach an endpoint that is not there.
        _refuse_unknown_region()
        opts = pulumi.InvokeOptions(parent=parent)
        region = aws.get_region(opts=opts).region
        _refuse_region_without_mounts(region)
        return cls(
            id=aws.get_caller_identity(opts=opts).account_id,
            region=region,
            partition=aws.get_partition(opts=opts).partition,
        )

    def subnets(self, ids: Sequence[str]) -> tuple[str, dict[str, str]]:
        """The VPC of subnets that are there already, and for each availability zone its subnet.

        Raises:
            ConfigurationError: They lie in several VPCs, or two in one zone.
        """
        found = [aws.ec2.get_subnet(id=id_) for id_ in ids]
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

    def zones(self, configured: Sequence[str]) -> tuple[str, ...]:
        """The `configured` availability zones, or else the first two that serve.

        The first by zone id, which names the same zone in every account and never changes, while
        names differ by account. A zone that is impaired today stays in its place: the choice must
        not move with an incident.

        Raises:
            ConfigurationError: A zone is not in this region, or not one for these services.
        """
        # Local zones and wavelength zones have no EFS; they are the ones that need an opt-in.
        opted_in = aws.GetAvailabilityZonesFilterArgs(
            name="opt-in-status", values=["opt-in-not-required"]
        )
        found = aws.get_availability_zones(filters=[opted_in])
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
