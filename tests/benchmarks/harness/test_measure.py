"""Runs that take turns, and when they begin."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import harness
from benchmarks.harness import FailedRunError
from benchmarks.publishing import populate
from lambda_src.release.layout import FORMAT
from tests.processes import eventually, living

from ..conftest import copying

ROOT = Path(__file__).parents[3]


def test_variants_take_turns(source: Path) -> None:
    ways = [copying(source, "copytree"), copying(source, "copy")]
    order: list[tuple[str, int]] = []
    runs = harness.measure(
        ways, 2, lambda way, number, _: order.append((way.name, number)), populate.empty
    )
    assert order == [("copytree", 0), ("copy", 0), ("copytree", 1), ("copy", 1)]
    assert {name: len(found) for name, found in runs.items()} == {"copytree": 2, "copy": 2}
    assert all(run.seconds > 0 for run in runs["copy"])


def test_what_takes_long_takes_part_in_fewer_rounds(source: Path) -> None:
    ways = [replace(copying(source, "copytree"), turns=1), copying(source, "copy")]
    runs = harness.measure(ways, 2, prepare=populate.empty)
    assert {name: len(found) for name, found in runs.items()} == {"copytree": 1, "copy": 2}


def test_a_run_that_fails_says_what_it_said(source: Path) -> None:
    variant = copying(source / "not-there", "copytree")
    with pytest.raises(FailedRunError, match=r"ended with 1(?s:.*)FileNotFoundError"):
        variant.run()


INTERRUPTED = """
import signal
import sys
from pathlib import Path
from benchmarks.publishing import populate
from benchmarks.simulator import Efs, Preset
from tests.benchmarks.conftest import copying
# A shell starts what runs in the background with SIGINT ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
variant = copying(Path(sys.argv[1]), "copytree", Efs(preset=Preset({}, creations=1)))
populate.empty(variant)
variant.run()
"""


def test_an_interrupt_leaves_no_process(simulator: None, source: Path) -> None:
    command = [sys.executable, "-c", INTERRUPTED, str(source)]
    made = source.parent / "target" / "release" / "site-packages"
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) as process:
        eventually(made.exists, by=process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert b"KeyboardInterrupt" in said
    eventually(lambda: not living(str(source.parent)))
    assert str(source.parent) not in Path("/proc/self/mountinfo").read_text()


def test_measuring_begins_when_the_machine_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    loads = iter([3.0, 0.9, 0.4, 0.4])
    monkeypatch.setattr("os.getloadavg", lambda: (next(loads), 9.0, 9.0))
    begun = harness.begin(pause=0)
    assert (begun["load"], begun["format"]) == (0.4, FORMAT)
    monkeypatch.setattr("os.getloadavg", lambda: (3.0, 0.0, 0.0))
    assert harness.begin(seconds=0)["load"] == 3.0
