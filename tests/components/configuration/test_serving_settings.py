"""The keys of the function: which numbers and texts go together."""

from __future__ import annotations

import re

import pytest

from .test_settings import problems


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"reservedConcurrency": "10", "provisionedConcurrency": "10"},
            ["reservedConcurrency = 10: it includes what is provisioned", "set it to 11 or more"],
        ),
        (
            {"reservedConcurrency": "8", "provisionedConcurrency": "2"}
            | {"provisionedConcurrencyMaximum": "8"},
            ["reservedConcurrency = 8: ", "up to 8, ", "set it to 9 or more"],
        ),
        (
            {"provisionedConcurrencyMaximum": "8"},
            ["provisionedConcurrencyMaximum = 8: scaling begins at provisionedConcurrency"],
        ),
        (
            {"provisionedConcurrency": "9", "provisionedConcurrencyMaximum": "8"},
            ["provisionedConcurrencyMaximum = 8: it is at least provisionedConcurrency, 9"],
        ),
        (
            {"throughput": "provisioned"},
            ["provisionedThroughputMibps: throughput is provisioned, and then EFS wants"],
        ),
        (
            {"provisionedThroughputMibps": "100"},
            ["provisionedThroughputMibps = 100: throughput is elastic, which takes no number"],
        ),
    ],
)
def test_numbers_that_do_not_fit_together_are_one_problem_with_its_command(
    given: dict[str, str], said: list[str]
) -> None:
    (problem,) = problems(**given)
    assert [part for part in said if part not in problem] == []
    assert re.search(r": `pulumi config set \w+ \d+`$", problem)


def test_all_that_a_list_has_wrong_is_said() -> None:
    (problem,) = problems(environment='["AWS_REGION=x","RELEASE_PATH=y","fine_1=z"]')
    assert "AWS_REGION: Lambda keeps it for itself; RELEASE_PATH: the handler finds " in problem
