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
            ConfigurationError: AWS has no such region.
        """
        # The provider would try for minutes to reach an endpoint that is not there.
        _refuse_unknown_region()
        opts = pulumi.InvokeOptions(parent=parent)
        return cls(
            id=aws.get_caller_identity(opts=opts).account_id,
            region=aws.get_region(opts=opts).region,
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
        """The `configured` availability zones, or else the first two of the region.

        Raises:
            ConfigurationError: A zone is not available in this region.
        """
        # Local zones and wavelength zones have no EFS; they are the ones that need an opt-in.
        opted_in = aws.GetAvailabilityZonesFilterArgs(
            name="opt-in-status", values=["opt-in-not-required"]
        )
        available = aws.get_availability_zones(state="available", filters=[opted_in]).names
        missing = sorted(set(configured) - set(available))
        if missing:
            raise ConfigurationError(
                [
                    Problem(
                        subject="availabilityZones",
                        value=", ".join(missing),
                        rule=f"the zones of {self.region} are {', '.join(available)}",
                        remedy="choose from these, or `pulumi config set aws:region` to theirs",
                    )
                ]
            )
        return tuple(configured) or tuple(available[:_DEFAULT_ZONES])


def _refuse_unknown_region() -> None:
    config = pulumi.Config("aws")
    named = {"aws:region": config.get("region") or ""}
    named |= {name: os.environ.get(name, "") for name in ("AWS_REGION", "AWS_DEFAULT_REGION")}
    subject, region = next(((name, value) for name, value in named.items() if value), ("", ""))
    known = _regions()
    if not region or region in known or config.get("skipRegionValidation") == "true":
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


def _regions() -> set[str]:
    """The regions of all partitions."""
    partitions = Loader().load_data("endpoints")["partitions"]
    return {region for partition in partitions for region in partition["regions"]}
