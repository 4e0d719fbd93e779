"""The process that reads ahead: nobody's child, and gone when it is not needed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from ..conftest import Populate, Run

BLOCKED = """
import os, sys, threading
os.preadv = lambda *_: threading.Event().wait()
from release.activation.readers import Readers
readers = Readers(sys.argv[1])
print(readers._pid, flush=True)
"""


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def is_gone(pid: int) -> bool:
    """Waits for it; the kernel ends a process in its own time."""
    deadline = time.monotonic() + 600
    while running(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not running(pid)


class Reading:
    """A process whose readers get nowhere, and what it does then."""

    def __init__(self, populate: Populate, folder: Path, then: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-B", "-c", BLOCKED + then, str(populate.release)],
            cwd=populate.program,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": ".", "TMPDIR": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.pid = int(self.process.stdout.readline())
        assert running(self.pid)

    def finish(self) -> str:
        return self.process.communicate(timeout=600)[0]


def test_the_model_cannot_wait_for_the_readers(
    published: tuple[Populate, Run], tmp_path: Path
) -> None:
    reading = Reading(
        published[0],
        tmp_path,
        """
sys.stdin.read()
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print("no child")
readers.end()
""",
    )
    assert reading.finish() == "no child\n"


def test_the_readers_are_ended_when_the_import_is_over(
    published: tuple[Populate, Run], tmp_path: Path
) -> None:
    reading = Reading(published[0], tmp_path, "sys.stdin.read(); readers.end(); sys.stdin.read()")
    reading.finish()
    assert reading.process.returncode == 0
    assert is_gone(reading.pid)


def test_the_readers_end_with_what_they_read_for(
    published: tuple[Populate, Run], tmp_path: Path
) -> None:
    reading = Reading(published[0], tmp_path, "sys.stdin.read()")
    reading.process.kill()
    reading.finish()
    assert is_gone(reading.pid)


def test_a_model_that_closes_every_descriptor_ends_the_readers(
    published: tuple[Populate, Run], tmp_path: Path
) -> None:
    steps = ["sys.stdin.read()", "os.closerange(3, 1000)", "readers.wait(1, lambda: False)"]
    reading = Reading(published[0], tmp_path, "; ".join([*steps, "readers.end()"]))
    reading.finish()
    assert reading.process.returncode == 0
    assert is_gone(reading.pid)
