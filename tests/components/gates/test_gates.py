"""The gates as the engine sees them: what makes one do its thing again, and what does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from components.gates import PopulatorRunProvider, SmokeInvocationProvider
from components.gates.gate import GateProvider

WHERE = {"account_id": "123456789012", "region": "us-east-1"}
CALL = {**WHERE, "function_name": "inference-0123456", "function_version": "1"}
PLACE = {
    **WHERE,
    "release_id": "0123456789abcdef",
    "cluster_arn": "cluster",
    "file_system_id": "fs-1",
    "access_point_id": "fsap-1",
}
MANNER = {
    "task_definition_arn": "task:1",
    "subnet_ids": ["subnet-1"],
    "security_group_ids": ["sg-1"],
    "timeout_minutes": 30,
    "keep_releases": 3,
    "stack": "organization/project/dev/name",
}
RUN = {**PLACE, **MANNER, "access_point_arn": "arn:fsap-1"}
CALLS, RUNS = SmokeInvocationProvider(), PopulatorRunProvider()


@pytest.mark.parametrize(
    ("gate", "inputs", "key"),
    [*((CALLS, CALL, key) for key in CALL), *((RUNS, RUN, key) for key in PLACE)],
)
def test_another_version_release_or_place_does_it_again(
    gate: GateProvider, inputs: Mapping[str, Any], key: str
) -> None:
    result = gate.diff("id", {**inputs, "seconds": 1.5}, {**inputs, key: "other"})
    assert (result.changes, result.replaces) == (True, [key])


@pytest.mark.parametrize(
    ("gate", "olds", "news"),
    [
        (CALLS, {**CALL, "seconds": 1.5, "answer": "{}"}, {**CALL, "seconds": None}),
        (RUNS, RUN, RUN),
        # Of before the access point had an ARN.
        (RUNS, PLACE | MANNER, RUN),
        *((RUNS, RUN, {**RUN, key: "other"}) for key in MANNER),
    ],
)
def test_nothing_else_does(gate: GateProvider, olds: dict[str, Any], news: dict[str, Any]) -> None:
    result = gate.diff("id", olds, news)
    assert (result.changes, result.replaces) == (False, [])


@pytest.mark.parametrize(("gate", "inputs"), [(CALLS, CALL), (RUNS, RUN)])
def test_deleting_it_leaves_what_was_done(gate: GateProvider, inputs: dict[str, Any]) -> None:
    gate.delete("id", inputs)  # needs no AWS at all
