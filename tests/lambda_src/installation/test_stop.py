"""Stops and deadlines, in a process of their own."""

import subprocess
import sys

import pytest

from ..conftest import LAMBDA_SRC

PROGRAM = """
import os, signal, sys, time
sys.path.insert(0, sys.argv[1])
from release.installation import stop
stop.TIDYING = 0.5
try:
    {body}
except stop.Stopped as stopped:
    print("stopped by", stopped, stop.stop_came())
"""


def run(body: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(body=body.replace("\n", "\n    ")), str(LAMBDA_SRC)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_the_deadline_stops_the_program() -> None:
    done = run("stop.raise_on_stop_signals()\nwith stop.deadline(0.2): time.sleep(600)")
    assert done.stdout == "stopped by its own deadline (--timeout) True\n"
    assert done.returncode == 0


def test_a_program_that_does_not_end_then_ends_all_the_same() -> None:
    done = run("stop.note_stop_signals()\nwith stop.deadline(0.2): time.sleep(600)")
    assert (done.returncode, "Timeout" in done.stderr) == (1, True)


def test_after_its_end_no_deadline_comes() -> None:
    done = run(
        "stop.raise_on_stop_signals()\nwith stop.deadline(0.2): pass\ntime.sleep(1)\nprint('on')"
    )
    assert (done.returncode, done.stdout) == (0, "on\n")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_stop_that_was_noted_is_raised_when_it_is_asked_for(name: str) -> None:
    done = run(
        f"stop.note_stop_signals()\nos.kill(os.getpid(), signal.{name})\n"
        "print('noted', stop.stop_came())\nstop.raise_on_stop_signals()"
    )
    assert done.stdout == f"noted True\nstopped by {name} True\n"


def test_a_stop_that_is_held_comes_at_the_end_of_the_outermost_block() -> None:
    done = run(
        "stop.raise_on_stop_signals()\nwith stop.stop_held():\n"
        "    with stop.stop_held(): os.kill(os.getpid(), signal.SIGTERM)\n    print('inside')"
    )
    assert done.stdout == "inside\nstopped by SIGTERM True\n"


def test_a_stop_that_came_before_there_was_anybody_to_take_it_is_raised() -> None:
    done = run(
        "signal.pthread_sigmask(signal.SIG_BLOCK, stop.STOP_SIGNALS)\n"
        "os.kill(os.getpid(), signal.SIGTERM)\nstop.raise_on_stop_signals()"
    )
    assert done.stdout == "stopped by SIGTERM True\n"
