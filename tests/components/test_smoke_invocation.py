"""SmokeInvocation as the engine sees it: what calls a version again, and what does not."""

from __future__ import annotations

import pytest

from components.gates import SmokeInvocationProvider

INPUTS: dict[str, object] = {
    "function_name": "inference-0123456",
    "function_version": "1",
    "account_id": "123456789012",
    "region": "us-east-1",
}


@pytest.mark.parametrize("key", INPUTS)
def test_another_version_or_another_place_is_called_again(key: str) -> None:
    olds = {**INPUTS, "seconds": 1.5, "answer": "{}"}
    result = SmokeInvocationProvider().diff("id", olds, {**INPUTS, key: "other"})
    assert result.changes is True
    assert result.replaces == [key]


def test_what_was_called_is_not_called_again() -> None:
    olds = {**INPUTS, "seconds": 1.5, "answer": "{}"}
    result = SmokeInvocationProvider().diff("id", olds, {**INPUTS, "seconds": None, "answer": None})
    assert result.changes is False
    assert not result.replaces


def test_deleting_an_invocation_leaves_the_version_alone() -> None:
    SmokeInvocationProvider().delete("id", INPUTS)  # needs no AWS at all
