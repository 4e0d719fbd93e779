"""Placement: where a file system's mount targets are, and which move of them cannot succeed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, DiffResult, Resource, UpdateResult

from ..commands import for_this_program
from ..inputs import Args, Plain
from .gate import GateProvider

_PLACE = ("vpc", "subnet_ids", "zones", "zones_chosen")


class PlacementProvider(GateProvider):
    """Creates nothing; refuses in a preview what AWS would refuse in the middle of an update."""

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Compare with where the mount targets are."""
        # It calls nothing of AWS, so nobody's credentials are looked at.
        found = _failures(olds, news) if olds else ()
        failures = [CheckFailure(each.property, for_this_program(each.reason)) for each in found]
        return CheckResult(news, failures)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """The state has to say where they are now."""
        found = super().diff(_id, _olds, _news)
        moved = any(_olds.get(key) != _news.get(key) for key in _PLACE)
        return DiffResult(changes=found.changes or moved, replaces=[], stables=[])

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Take the new place into the state."""
        return UpdateResult(outs=_news)

    def complete(self, props: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Nothing: the state is all there is of it."""
        return str(props["vpc"]), {}


def _failures(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Iterator[CheckFailure]:
    before, after = olds["subnet_ids"], news["subnet_ids"]
    if olds["zones_chosen"] and news["zones_chosen"] and set(before) != set(after):
        yield CheckFailure("availabilityZones", _drifted(olds["zones"], news["zones"]))
    if _other(olds["vpc"], news["vpc"]):
        yield CheckFailure(
            "vpc",
            f"the mount targets are in VPC {olds['vpc']}, and would be in {news['vpc']}: EFS keeps "
            "those of a file system in one VPC and refuses the others. Remedy: put networkCidr "
            "(or subnetIds) back; for another VPC make another stack",
        )
    elif swapped := [
        zone for zone in before if zone in after and _other(before[zone], after[zone])
    ]:
        zone = swapped[0]
        yield CheckFailure(
            "subnetIds",
            f"in zone {zone} the mount target is in {before[zone]}, and would be in {after[zone]}: "
            "EFS refuses a second one in a zone while the first is there. Remedy: `pulumi up` "
            "without that zone's subnet first, then with the new one",
        )


def _other(before: object, after: object) -> bool:
    """Whether they are two ids; what is unknown in a preview is known only in the update."""
    return isinstance(before, str) and isinstance(after, str) and before != after


def _drifted(before: list[str], after: list[str]) -> str:
    commands = ", ".join(
        f"`pulumi config set --path 'availabilityZones[{index}]' {zone}`"
        for index, zone in enumerate(before)
    )
    return (
        f"availabilityZones is not set, and the first zones of the region are {', '.join(after)} "
        f"by now, while this stack is in {', '.join(before)}: its subnets and mount targets would "
        f"move. Remedy: {commands}"
    )


@dataclass(frozen=True, kw_only=True)
class PlacementArgs(Args):
    """Arguments of `Placement`.

    Attributes:
        vpc: What tells its VPC from another: the id, or the block of one that the stack makes.
        subnet_ids: For each zone the subnet of its mount target.
        zones_chosen: Whether the program has chosen the zones, and nobody has named them.
    """

    vpc: pulumi.Input[str]
    subnet_ids: Annotated[
        Mapping[str, pulumi.Input[str]], Plain("a preview compares the zones", values=False)
    ]
    zones_chosen: Annotated[bool, Plain("a preview decides by it")]


class Placement(Resource, module="efs-inference", name="Placement"):
    """Where the mount targets of a file system are, kept in the state for the next preview.

    EFS has its mount targets in one VPC and one in each zone, and Pulumi makes a replacement before
    it deletes what it replaces. So a preview refuses another VPC and another subnet in the same
    zone; and other zones where nobody has asked for any.
    """

    def __init__(
        self, name: str, args: PlacementArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        # Properties have no order; that of the zones says where a NAT gateway stands.
        inputs = {**vars(args), "zones": list(args.subnet_ids)}
        super().__init__(PlacementProvider(), name, inputs, opts)
