"""Waits of tests end with what they wait for, and all tests use the same ones."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from .processes import eventually, heard, living, running

TESTS = Path(__file__).parent
# The one for all, and the stand-in for a provider, which polls until its own deadline as that does.
MAY_POLL = {"processes.py", "engine/kinds.py"}


def process(program: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)


def test_lines_are_heard_up_to_the_one_that_is_waited_for() -> None:
    with process("print('one\\ntwo\\nthree')") as started:
        assert heard(started, "two") == ["one\n", "two\n"]


def test_a_process_that_ends_without_the_words_fails_the_wait_with_what_it_said() -> None:
    with (
        process("print('one'); raise SystemExit(3)") as started,
        pytest.raises(AssertionError, match="it ended with 3 before 'two':\none\n"),
    ):
        heard(started, "two")


def test_a_wait_for_what_an_ended_process_has_not_done_fails_at_once() -> None:
    with (
        process("raise SystemExit(3)") as started,
        pytest.raises(AssertionError, match="ended with 3 before it came to hold"),
    ):
        eventually(lambda: False, by=started)


def test_what_a_process_did_before_its_end_counts(tmp_path: Path) -> None:
    with process(f"open({str(tmp_path / 'file')!r}, 'w')") as started:
        started.wait()
        eventually((tmp_path / "file").exists, by=started)


def test_a_wait_is_over_after_its_time() -> None:
    with pytest.raises(AssertionError, match=r"did not come to hold within 0\.1 s"):
        eventually(lambda: False, seconds=0.1)


def test_a_process_lives_until_it_has_ended_reaped_or_not(tmp_path: Path) -> None:
    with process(f"input() # {tmp_path}") as started:
        pass
    assert not running(started.pid)
    with subprocess.Popen(
        [sys.executable, "-c", f"input() # {tmp_path}"], stdin=subprocess.PIPE, text=True
    ) as started:
        eventually(lambda: living(str(tmp_path)), by=started)
        assert running(started.pid)
        started.kill()
        eventually(lambda: not running(started.pid))  # nobody has waited for it yet
    assert living(str(tmp_path)) == []


def polls(path: Path) -> list[int]:
    """Lines of loops that sleep, or that read lines of which there may be none."""
    found = []
    for loop in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(loop, ast.While):
            calls = [
                ast.unparse(call.func) for call in ast.walk(loop) if isinstance(call, ast.Call)
            ]
            if any(call == "time.sleep" or call.endswith(".readline") for call in calls):
                found.append(loop.lineno)
    return found


def test_no_test_has_a_wait_of_its_own() -> None:
    stray = [
        f"{path.relative_to(TESTS)}:{line}"
        for path in sorted(TESTS.rglob("*.py"))
        if path.relative_to(TESTS).as_posix() not in MAY_POLL
        for line in polls(path)
    ]
    assert stray == [], "Remedy: `eventually` or `heard` of tests/processes.py"
