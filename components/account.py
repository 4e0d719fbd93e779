"""Where a stack is deployed: account, region and zones, as the aws provider sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws

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

    @classmethod
    def current(cls) -> Account:
        """The account to which the aws provider's credentials belong, and its region."""
        return cls(
            id=aws.get_caller_identity().account_id,
            region=aws.get_region().region,
            partition=aws.get_partition().partition,
        )

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
