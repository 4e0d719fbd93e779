"""Where mount targets may not move: a preview says it, over the protocol of the real engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from components.gates import PlacementProvider
from tests.protocol import Dynamic, running

OWN = {
    "vpc": "10.42.0.0/16",
    "subnet_ids": {"eu-west-1a": "subnet-a", "eu-west-1b": "subnet-b"},
    "zones_chosen": True,
}
THERE = {**OWN, "vpc": "vpc-1", "zones_chosen": False}


@pytest.fixture(scope="module")
def stub() -> Iterator[Any]:
    with running() as made:
        yield made


@pytest.mark.parametrize(
    ("before", "changes", "rule", "remedy"),
    [
        (
            OWN,
            {"vpc": "10.43.0.0/16"},
            "EFS keeps those of a file system in one VPC",
            "networkCidr",
        ),
        (THERE, {"vpc": "vpc-2"}, "EFS keeps those of a file system in one VPC", "subnetIds"),
        (
            THERE,
            {"subnet_ids": {"eu-west-1a": "subnet-c", "eu-west-1b": "subnet-b"}},
            "EFS refuses a second one in a zone",
            "`pulumi up` without that zone's subnet first",
        ),
        (
            OWN,
            {"subnet_ids": {"eu-west-1b": "subnet-b", "eu-west-1c": UNKNOWN}},
            "availabilityZones is not set, and the first zones of the region are eu-west-1b, "
            "eu-west-1c by now",
            "`pulumi config set --path 'availabilityZones[0]' eu-west-1a`, "
            "`pulumi config set --path 'availabilityZones[1]' eu-west-1b`",
        ),
    ],
)
def test_a_move_that_cannot_succeed_or_that_nobody_asked_for_is_refused_in_a_preview(
    stub: Any, before: dict[str, Any], changes: dict[str, Any], rule: str, remedy: str
) -> None:
    placement = Dynamic(stub, PlacementProvider(), **before, zones=[*before["subnet_ids"]])
    if zones := changes.get("subnet_ids"):
        changes = {**changes, "zones": [*zones]}
    (why,) = placement.refusals(**changes)
    assert rule in why
    assert remedy in why.partition("Remedy: ")[2]


@pytest.mark.parametrize(
    ("before", "changes"),
    [
        (OWN, {}),
        (OWN, {"zones_chosen": False}),
        (OWN, {"zones_chosen": False, "subnet_ids": {"eu-west-1b": "subnet-b"}}),
        (OWN, {"zones_chosen": False, "subnet_ids": {"eu-west-1c": "subnet-c"}}),
        (THERE, {"subnet_ids": {"eu-west-1b": "subnet-b", "eu-west-1c": "subnet-c"}}),
        (THERE, {"vpc": UNKNOWN}),
        ({**OWN, "zones_chosen": False}, {"zones_chosen": True, "subnet_ids": {"eu-west-1c": "c"}}),
    ],
)
def test_what_can_succeed_and_was_asked_for_is_taken_into_the_state(
    stub: Any, before: dict[str, Any], changes: dict[str, Any]
) -> None:
    placement = Dynamic(stub, PlacementProvider(), **before, zones=[*before["subnet_ids"]])
    placement.create()
    assert placement.refusals(**changes) == []
    if UNKNOWN in changes.values():
        return  # as in a preview, which updates nothing
    assert list(placement.diff(**changes).replaces) == []
    placement.update(**changes)
    assert placement.state is not None
    assert placement.state["subnet_ids"] == {**before, **changes}["subnet_ids"]
    placement.delete()


def test_a_new_stack_may_be_anywhere(stub: Any) -> None:
    provider = PlacementProvider()
    assert provider.check({}, {**OWN, "subnet_ids": {"eu-west-1a": UNKNOWN}}).failures == []
