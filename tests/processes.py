"""What tests ask of the processes that they start: what they say, whether they live, until when.

No wait outlives what it waits for. A process that has ended says nothing more and does nothing
more, so its end fails the test at once, with what it said.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path


def eventually(
    condition: Callable[[], object],
    seconds: float = 300,
    by: subprocess.Popen[str] | subprocess.Popen[bytes] | None = None,
) -> None:
    """Wait until ``condition()`` holds; ``by`` is the process without which it never will."""
    until = time.monotonic() + seconds
    while not condition():
        if by is not None and by.poll() is not None:
            assert condition(), f"{by.args!r} ended with {by.returncode} before it came to hold"
            return
        assert time.monotonic() < until, f"it did not come to hold within {seconds} s"
        time.sleep(0.01)


def heard(process: subprocess.Popen[str], words: str) -> list[str]:
    """Read what a process prints up to the line with these words: the lines, that one included."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return lines
    raise AssertionError(f"it ended with {process.wait()} before {words!r}:\n{''.join(lines)}")


def living(marker: str) -> list[str]:
    """Command lines of the processes with ``marker`` in them, ours excepted."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if marker in line and entry.parent.name != str(os.getpid()):
            found.append(line)
    return found


def running(pid: int) -> bool:
    """Whether a process is there and has not ended, reaped or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
