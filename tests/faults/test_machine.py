"""Random histories of publishing, killing, rolling back, collecting and reading."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from .machine import Releases


@pytest.mark.whole
def test_whatever_happens_in_whatever_order_exactly_the_published_releases_are_there() -> None:
    run_state_machine_as_test(
        Releases,
        settings=settings(
            max_examples=3,
            stateful_step_count=7,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
