"""PopulatorRun as the engine sees it: what runs it again, and what does not."""

from __future__ import annotations

import pytest

from components.gates.populator_run import PopulatorRunProvider

INPUTS: dict[str, object] = {
    "release_id": "0123456789abcdef",
    "cluster_arn": "cluster",
    "task_definition_arn": "task:1",
    "subnet_ids": ["subnet-1"],
    "security_group_ids": ["sg-1"],
    "file_system_id": "fs-1",
    "access_point_id": "fsap-1",
    "access_point_arn": "arn:fsap-1",
    "timeout_minutes": 30,
    "keep_releases": 3,
    "stack": "organization/project/dev/name",
    "account_id": "123456789012",
    "region": "us-east-1",
}


@pytest.mark.parametrize(
    "key",
    ["release_id", "cluster_arn", "file_system_id", "access_point_id", "account_id", "region"],
)
def test_another_release_or_another_place_runs_the_task_again(key: str) -> None:
    result = PopulatorRunProvider().diff("id", INPUTS, {**INPUTS, key: "other"})
    assert result.changes is True
    assert result.replaces == [key]


@pytest.mark.parametrize(
    "key",
    [
        *("task_definition_arn", "subnet_ids", "security_group_ids"),
        *("timeout_minutes", "keep_releases", "stack"),
    ],
)
def test_how_a_task_would_run_does_not_run_it_again(key: str) -> None:
    result = PopulatorRunProvider().diff("id", INPUTS, {**INPUTS, key: "other"})
    assert result.changes is False
    assert not result.replaces


def test_a_run_of_before_the_access_point_had_an_arn_is_not_run_again() -> None:
    olds = {key: value for key, value in INPUTS.items() if key != "access_point_arn"}
    assert PopulatorRunProvider().diff("id", olds, dict(INPUTS)).changes is False


def test_nothing_changed_runs_nothing() -> None:
    assert PopulatorRunProvider().diff("id", INPUTS, dict(INPUTS)).changes is False


def test_deleting_a_run_leaves_the_release_alone() -> None:
    PopulatorRunProvider().delete("id", INPUTS)  # needs no AWS at all
