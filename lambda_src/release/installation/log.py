"""The installer's log: one short JSON object a line, because the lines go to CloudWatch."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY = 2.0
"""Seconds between two progress lines of one phase, at least."""


def log(phase: str, message: str | None = None, /, **fields: object) -> None:
    """Print one line, such as ``{"phase":"install","message":"..."}``."""
    line: dict[str, object] = {"phase": phase}
    if message is not None:
        line["message"] = message
    print(json.dumps(line | fields, separators=(",", ":")), flush=True)


@contextmanager
def timed(seconds: dict[str, float], phase: str, message: str) -> Iterator[None]:
    """Log the beginning of a phase and note how long it took."""
    log(phase, message)
    begin = time.monotonic()
    yield
    seconds[phase] = round(time.monotonic() - begin, 2)


def throttled(phase: str, total_files: int, total_bytes: int) -> Callable[[int, int], None]:
    """A progress function of files and bytes done that logs every two seconds at most."""
    last = time.monotonic()

    def progress(files: int, size: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= EVERY:
            last = now
            log(phase, files=files, of=total_files, bytes=size, of_bytes=total_bytes)

    return progress
