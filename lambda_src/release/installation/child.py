"""Child processes that never outlive the installer."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from .stop import STOP_SIGNALS, stop_held

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h


@contextlib.contextmanager
def child(
    command: Sequence[str],
    *,
    output: IO[str] | int,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    confine: Callable[[], None] = lambda: None,
) -> Iterator[subprocess.Popen[str]]:
    """Run a command in a session of its own; whatever of it is left at the end is killed.

    That includes what has left the session: this process becomes the parent of all orphans.
    Standard output and error both go to ``output``, standard input is empty. Use it from the
    main thread: the kernel ends the child together with the thread that started it. ``confine``
    is called in the child before the command starts.
    """
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def prepare() -> None:
        confine()  # first, as the kernel forgets the signal when the user changes
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    process: subprocess.Popen[str] | None = None
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    others = _children()
    try:
        with stop_held():
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=folder,
                text=True,
                errors="replace",
                start_new_session=True,
                preexec_fn=prepare,
            )
        yield process
    finally:
        if process is not None:
            _end(process, others)


def _end(process: subprocess.Popen[str], others: set[int]) -> None:
    # The group bears this number as long as one of it is left, and numbers are not soon used again.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    while left := _children() - others:
        others |= left
        for number in left:
            with contextlib.suppress(OSError):
                os.kill(number, signal.SIGKILL)
                os.waitpid(number, 0)
    if process.stdout is not None:
        process.stdout.close()


def _children() -> set[int]:
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            if int(path.read_text(errors="replace").rpartition(")")[2].split()[1]) == os.getpid():
                found.add(int(path.parent.name))
    return found
