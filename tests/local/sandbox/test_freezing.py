"""Between its calls a function stands still, and one process answers many."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cloud import Cloud
from local.executors import functions
from tests.processes import eventually, living

from ..conftest import Stack
from .test_confinement import function, needs_namespaces

TICKS = """
    import subprocess, sys, tempfile, threading, time
    file = tempfile.NamedTemporaryFile()
    child = "import sys, time\\nwhile open(sys.argv[1], 'a').write('x'): time.sleep(0.01)"
    subprocess.Popen([sys.executable, "-c", child, file.name], start_new_session=True)
    ticks = []
    def tick():
        while True:
            ticks.append(None)
            time.sleep(0.01)
    threading.Thread(target=tick, daemon=True).start()
    def handler(event, context):
        time.sleep(event)
        return [len(ticks), len(open(file.name).read())]
"""


@pytest.fixture(params=[pytest.param(True, marks=needs_namespaces), False])
def any_stack(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stack]:
    """With namespaces and without."""
    monkeypatch.setattr("local.cloud.server.namespaces_work", lambda: request.param)
    with Cloud(tmp_path / "state", seconds_to_create=0) as opened:
        yield Stack(opened)
    eventually(lambda: not living(str(tmp_path)), 30)


def test_between_calls_threads_and_child_processes_stand_still(any_stack: Stack) -> None:
    function(any_stack, TICKS)
    before = any_stack.invoke(1)[0]
    assert min(before) > 1
    time.sleep(2)
    after = any_stack.invoke(0)[0]
    assert max(now - then for now, then in zip(after, before, strict=True)) < 50
    later = any_stack.invoke(1)[0]
    assert min(now - then for now, then in zip(later, after, strict=True)) > 1


def test_a_hundred_calls_in_a_row_are_answered_by_one_process(any_stack: Stack) -> None:
    function(any_stack, "import os\ndef handler(event, context): return [os.getpid(), event]")
    answers = [any_stack.invoke(number)[0] for number in range(100)]
    assert [answer[1] for answer in answers] == list(range(100))
    assert len({answer[0] for answer in answers}) == 1


def test_an_environment_that_was_idle_for_long_is_ended(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    function(stack, "import time; born = time.time()\ndef handler(e, c): return born")
    first = stack.invoke()[0]
    assert stack.invoke()[0] == first
    monkeypatch.setattr(functions, "_MAX_IDLE_SECONDS", 0)
    assert stack.invoke()[0] != first
