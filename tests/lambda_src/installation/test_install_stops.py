"""An installer that is stopped, or runs out of time: nothing is left."""

import signal

import pytest

from tests.processes import heard

from ..conftest import SHAPES, Populate, build_wheel
from .test_install_faults import assert_failed

pytestmark = pytest.mark.whole


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_pip_and_leaves_nothing(populate: Populate, number: signal.Signals) -> None:
    populate.index.wait.clear()
    run = populate.signal_at("install", number)
    assert_failed(populate, run, 143, "stopped", f"stopped by {number.name}")
    populate.all_ended()


def test_a_stop_during_the_import_leaves_nothing(populate: Populate) -> None:
    populate.write_model("import time\ntime.sleep(60)\n")
    run = populate.signal_at("import", signal.SIGTERM)
    assert_failed(populate, run, 143, "stopped", "stopped by SIGTERM")


def test_a_stop_during_the_copy_leaves_nothing(populate: Populate) -> None:
    many = build_wheel("many", {f"many/{n % 50}/{n}.txt": "x" for n in range(1500)})
    populate.index.add(many)
    populate.write_lock(SHAPES.pin, many.pin)
    run = populate.signal_at("copy", signal.SIGTERM)
    assert_failed(populate, run, 143, "stopped", "stopped by SIGTERM")


def test_a_living_installers_directory_survives_another_run(populate: Populate) -> None:
    populate.index.wait.clear()
    first = populate.start()
    heard(first, '"install"')
    first.send_signal(signal.SIGSTOP)
    its_own = set(populate.staging.iterdir())
    assert its_own
    populate.index.wait.set()
    assert populate.run().code == 0
    assert set(populate.staging.iterdir()) == its_own
    first.send_signal(signal.SIGCONT)
    assert populate.finish(first).code == 0
    assert populate.left_behind() == set()


def test_the_deadline_of_the_whole_run_ends_it_and_leaves_nothing(populate: Populate) -> None:
    populate.index.wait.clear()
    populate.options = ("--timeout", "4")
    run = populate.run()
    assert_failed(populate, run, 143, "stopped", "stopped by its own deadline (--timeout)")
    populate.all_ended()


def test_a_deadline_that_is_not_reached_changes_nothing(populate: Populate) -> None:
    populate.options = ("--timeout", "3600")
    assert populate.run().code == 0
