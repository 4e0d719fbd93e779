"""The costs, against sums made by hand."""

import pytest

from tools import costs
from tools.costs import Use

USE = Use(
    calls=10_000,
    cold=100,
    releases=1,
    call_seconds=0.5,
    cold_seconds=2,
    memory_gb=2,
    release_gb=2,
    cold_gb=0.5,
    kept=2,
    image_gb=1,
    task_hours=0.5,
)
# 10,000 requests are 0.002; 5,200 s of 2 GB are 0.173334.
CALLS = 0.002 + 0.173334


def test_on_efs_a_month_has_calls_reads_releases_and_storage() -> None:
    # 50 GB read; 2 GB written and half an hour of 2 vCPU and 8 GB; 4 GB stored.
    task = 0.5 * (0.08096 + 0.03556)
    assert costs.on_efs(USE) == pytest.approx(CALLS + 1.50 + 0.12 + task + 1.20, abs=1e-4)


def test_an_image_has_calls_and_the_registry() -> None:
    assert costs.in_an_image(USE) == pytest.approx(CALLS + 0.20, abs=1e-4)


def test_what_is_always_ready_costs_every_second() -> None:
    ready = 730 * 3600 * 2 * 0.0000041667
    assert costs.always_ready(USE) > ready
    assert costs.always_ready(USE) < ready + costs.on_efs(USE)


def test_a_price_is_written_without_an_exponent() -> None:
    assert "| 0.0000002 |" in costs.price_table()
