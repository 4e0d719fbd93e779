"""The simulator's program: what it runs, refuses and needs, and that nothing of it stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.simulator import (
    PRESETS,
    REQUESTS,
    UNAVAILABLE,
    Efs,
    UnavailableError,
    build,
)
from tests.processes import eventually, running

from ..conftest import FREE

ROOT = Path(__file__).parents[3]


def test_the_mount_is_seen_by_the_command_alone_and_its_exit_code_is_passed_on(
    simulator: None, backing: Path
) -> None:
    inner = ["sh", "-c", 'cat "$0" && exit 7', str(backing / ".counters")]
    command = Efs(preset=FREE).command(backing, backing, inner)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 7
    assert '"lookup": 0' in done.stdout
    assert str(backing) not in Path("/proc/self/mountinfo").read_text()
    assert not (backing / ".counters").exists()


@pytest.mark.parametrize("way", ["end", "SIGTERM", "SIGKILL"])
def test_no_process_stays_whatever_ends_it(simulator: None, backing: Path, way: str) -> None:
    last = "exit 0" if way == "end" else "exec sleep 3600"
    script = f'cd "$0"; sleep 3600 & echo $! $$ > new; mv new pids; {last}'
    inner = ["sh", "-c", script, str(backing)]
    command = Efs(preset=FREE).command(backing, backing, inner)
    with subprocess.Popen(command) as process:
        eventually((backing / "pids").exists, by=process)
        stray, shell = map(int, (backing / "pids").read_text().split())
        if way != "end":
            process.send_signal(getattr(signal, way))
    assert process.returncode == {"end": 0, "SIGTERM": 128 + 15, "SIGKILL": -9}[way]
    eventually(lambda: not running(shell))
    if way == "SIGKILL":  # the kernel ends the command, and nobody is left to end its child
        os.kill(stray, signal.SIGKILL)
    eventually(lambda: not running(stray))


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["-l", "lokup=1"], '"lokup" is no kind of request'),
        (["-b", "fast"], 'is "fast"; it has to be a number'),
        (["-c", "-1"], 'is "-1"; it has to be a number that is not negative'),
    ],
)
def test_a_wrong_option_is_refused(
    simulator: None, backing: Path, option: list[str], message: str
) -> None:
    program = build()
    command = [str(program), *option, str(backing), str(backing), "--", "true"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 125
    assert message in done.stderr


def test_where_something_is_missing_the_message_says_what_and_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnavailableError, match=r"gcc; pkg-config; fusermount3.* apt-get install"):
        build()


def test_where_something_is_missing_the_command_has_its_own_exit_code(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "benchmarks.simulator",
        str(tmp_path),
        str(tmp_path),
        "--",
        "true",
    ]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == UNAVAILABLE
    assert "EFS cannot be simulated here" in done.stderr


def test_presets_know_every_kind_of_request_and_their_source() -> None:
    for name, preset in PRESETS.items():
        assert preset.source
        assert set(preset.latency) <= set(REQUESTS)
        if name != "zero":
            assert set(REQUESTS) - set(preset.latency) <= {"access"}
