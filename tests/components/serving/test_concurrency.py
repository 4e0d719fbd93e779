"""Concurrency: what fits together, and what is made on the alias."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pulumi
import pytest

from components import ConcurrencyArgs
from components.errors import ConfigurationError

from ..conftest import Build, Built, Chain


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"reserved": 0}, ["ConcurrencyArgs.reserved = 0: it is a whole number from 1; 0 would"]),
        ({"reserved": -1}, ["ConcurrencyArgs.reserved = -1: it is a whole number from 1; 0 would"]),
        ({"reserved": 2.5}, ["ConcurrencyArgs.reserved = 2.5: it is a whole number from 1"]),
        ({"reserved": "5"}, ["ConcurrencyArgs.reserved = '5': it is a whole number from 1"]),
        ({"reserved": True}, ["ConcurrencyArgs.reserved = True: it is a whole number from 1"]),
        ({"provisioned": 0}, ["ConcurrencyArgs.provisioned = 0: it is a whole number from 1"]),
        (
            {"maximum": 3},
            ["ConcurrencyArgs.maximum = 3: scaling begins at ConcurrencyArgs.provisioned"],
        ),
        (
            {"provisioned": 3, "maximum": 2},
            ["ConcurrencyArgs.maximum = 2: it is at least ConcurrencyArgs.provisioned, 3"],
        ),
        (
            {"reserved": 3, "provisioned": 3},
            ["ConcurrencyArgs.reserved = 3: it includes what is provisioned"],
        ),
        (
            {"reserved": 5, "provisioned": 2, "maximum": 6, "utilization": 1.0},
            [
                "ConcurrencyArgs.reserved = 5: it includes what is provisioned",
                "ConcurrencyArgs.utilization = 1.0: it is a share from 0.1 to 0.9",
            ],
        ),
    ],
)
def test_numbers_that_do_not_fit_together_are_refused_all_at_once(
    given: dict[str, Any], said: list[str]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ConcurrencyArgs(**given)
    found = [str(problem) for problem in caught.value.problems]
    assert [line[: len(start)] for line, start in zip(found, said, strict=True)] == said


def test_numbers_that_come_late_are_checked_when_they_are_there(build: Build, chain: Chain) -> None:
    late: Any = pulumi.Output.from_input(3.0)
    given = ConcurrencyArgs(reserved=3, provisioned=late)
    with pytest.raises(ConfigurationError, match="reserved = 3: it includes what is provisioned"):
        build(replace(chain, function={"concurrency": given}))


def test_none_is_asked_for_by_nothing(built: Built) -> None:
    kinds = ("ProvisionedConcurrencyConfig", "Target", "Policy")
    assert [built.of(kind) for kind in kinds] == [{}, {}, {}]
    assert "reservedConcurrentExecutions" not in built.one("Function")


def test_what_is_provisioned_is_of_the_alias(build: Build, chain: Chain) -> None:
    given = ConcurrencyArgs(reserved=4, provisioned=pulumi.Output.from_input(3))
    built = build(replace(chain, function={"concurrency": given, "alias": "stable"}))
    assert built.one("Function")["reservedConcurrentExecutions"] == 4
    assert built.one("ProvisionedConcurrencyConfig") == {
        "functionName": "inference",
        "qualifier": "stable",
        "provisionedConcurrentExecutions": 3,
    }
    assert built.of("Target") == {}


def test_scaling_tracks_how_many_are_in_use(build: Build, chain: Chain) -> None:
    given = ConcurrencyArgs(provisioned=2, maximum=10, utilization=0.6)
    built = build(replace(chain, function={"concurrency": given}))
    what = {
        "serviceNamespace": "lambda",
        "scalableDimension": "lambda:function:ProvisionedConcurrency",
        "resourceId": "function:inference:live",
    }
    assert built.one("Target") == {**what, "minCapacity": 2, "maxCapacity": 10, "tags": {}}
    assert built.one("Policy") == {
        **what,
        "policyType": "TargetTrackingScaling",
        "targetTrackingScalingPolicyConfiguration": {
            "targetValue": 0.6,
            "predefinedMetricSpecification": {
                "predefinedMetricType": "LambdaProvisionedConcurrencyUtilization"
            },
        },
    }
