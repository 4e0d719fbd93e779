"""The installer's log: one short JSON object a line, because the lines go to CloudWatch."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY = 2.0
"""Seconds between two progress lines of one phase, at least."""


LONGEST = 16_000
"""Characters of a message, at most; CloudWatch takes 256 KiB a line."""


def log(phase: str, message: str | None = None, /, **fields: object) -> None:
    """Print one line, such as ``{"phase":"install","message":"..."}``.

    Of a long message beginning and end are shown. A reader who has gone away fails nothing.
    """
    line: dict[str, object] = {"phase": phase}
    if message is not None:
        line["message"] = clipped(message)
    try:
        # With its end at once, as threads may log, too.
        sys.stdout.write(json.dumps(line | fields, separators=(",", ":")) + "\n")
        sys.stdout.flush()
    except OSError:
        # What is left in the buffer would fail the end of the program.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def clipped(text: str) -> str:
    """The text, or its beginning and its end."""
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2
    return f"{text[:half]} [{len(text) - 2 * half:,} characters left out] {text[-half:]}"


@contextmanager
def timed(seconds: dict[str, float], phase: str, message: str) -> Iterator[None]:
    """Log the beginning of a phase and note how long it took."""
    log(phase, message)
    begin = time.monotonic()
    yield
    seconds[phase] = round(time.monotonic() - begin, 2)


def throttled(
    phase: str, total_files: int | None, total_bytes: int | None
) -> Callable[[int, int], None]:
    """A progress function of files and bytes done that logs every two seconds at most.

    Totals that nobody knows are None.
    """
    last = time.monotonic()

    def progress(files: int, size: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < EVERY:
            return
        last = now
        if total_files is None:
            log(phase, f"{files:,} files, {size / 1e6:,.0f} MB")
        else:
            log(phase, files=files, of=total_files, bytes=size, of_bytes=total_bytes)

    return progress
