"""Reading a release's hot files into the page cache, outside the importing process.

An import holds the interpreter's lock while the kernel waits for the pages of a library, so
threads of the same process get nowhere. A forked process does.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NoReturn

from ..bundle import READ, Bundle
from ..descriptor import Descriptor
from ..layout import SITE_PACKAGES, ReleaseError
from .read_ahead import at_once, read_ahead

MEMORY_PER_CPU = 1769
"""MB of a function's memory that come with one vCPU (AWS Lambda Developer Guide, memory)."""

JOBS = 1 << 16
"""Jobs, at most: 8 GB. What comes after them is read when it is needed."""

STALLED = 2.0
"""Seconds without progress after which nobody waits for the readers any more."""

_OVER = 1
_PID = 8
"""Bytes after the jobs' states, in which the process that read is named."""


class Readers:
    """A process that reads what a bundle's jobs say.

    Then it reads the release of ``artifacts`` ahead, until the cold start is over.

    It is no child of this one, so that what the model waits for is its own: ``os.wait`` knows
    children alone. Begin it in the main thread before there are others. Does nothing where it
    cannot fork.
    """

    def __init__(self, release: str, artifacts: str = "") -> None:
        self.count = 0
        self._process = os.getpid()
        self._pid = 0
        self._began: bytes | None = None
        self._patient = False
        if threading.active_count() > 1:
            return
        with contextlib.suppress(OSError):
            self._state = mmap.mmap(-1, JOBS + _PID)
            theirs, ours = os.pipe()
            self._line = Descriptor(ours)
            try:
                if (child := os.fork()) == 0:
                    self._detach(release, artifacts, theirs)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(child, 0)
                self._pid = int.from_bytes(self._state[JOBS:], "little")
                self._began = _beginning(self._pid)
            finally:
                os.close(theirs)
                if not self._pid:
                    self._line.close()
            self._patient = self._pid > 0
            self.count = threads() if self._pid else 0

    def wait(self, jobs: int, meanwhile: Callable[[], bool]) -> None:
        """Wait for the first jobs, and do what there is to do meanwhile."""
        before, since = 0, time.monotonic()
        while self._patient and (missing := self._state[:jobs].count(0)) and self._alive():
            if missing != before:
                before, since = missing, time.monotonic()
            elif time.monotonic() - since > STALLED:
                self._patient = False
            elif not meanwhile():
                time.sleep(0.001)

    def end(self) -> None:
        """End the process. Waits for that, but not for a read that hangs."""
        if not self._pid or os.getpid() != self._process:
            return  # in a process that the model has forked, it is not ours
        deadline = time.monotonic() + STALLED
        if self._alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        while self._alive() and time.monotonic() < deadline:
            time.sleep(0.001)
        self._line.close()
        self._pid = 0

    def _alive(self) -> bool:
        """Whether it still runs. No descriptor says that, as the model may close all of them."""
        if os.getpid() == 1 and self._pid:
            # What has no parent becomes a child of a container's first process.
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._pid, os.WNOHANG)
        return self._began is not None and _beginning(self._pid) == self._began

    def _detach(self, release: str, artifacts: str, line: int) -> NoReturn:
        """Leave the reading to a child of this child, which then has no parent."""
        try:
            if pid := os.fork():
                self._state[JOBS:] = pid.to_bytes(_PID, "little")
            else:
                self._line.close()
                threading.Thread(target=self._end_with_the_other, args=(line,), daemon=True).start()
                self._run(release)
                if artifacts:
                    read_ahead(artifacts)
        finally:
            os._exit(0)

    def _run(self, release: str) -> None:
        try:
            bundle = Bundle(release)
        except (OSError, ValueError, ReleaseError):
            return
        jobs = iter(enumerate(bundle.jobs[:JOBS]))
        files = _Files(release, bundle)
        at_once(threads(), lambda: self._work(jobs, files))

    @staticmethod
    def _end_with_the_other(line: int) -> NoReturn:
        """What this is for may be killed."""
        os.read(line, 1)
        os._exit(0)

    def _work(self, jobs: Iterator[tuple[int, tuple[str, int, int]]], files: _Files) -> None:
        buffer = memoryview(bytearray(READ))
        for number, (path, offset, size) in jobs:
            with contextlib.suppress(OSError):
                if size:
                    os.preadv(files[path], [buffer[:size]], files.start(path) + offset)
                else:
                    os.listdir(files.root + path)  # noqa: PTH208
            self._state[number] = _OVER  # also if it failed: nobody has to wait for it


class _Files(dict[str, int]):
    """Descriptors by path, opened when first asked for, by one thread each."""

    def __init__(self, release: str, bundle: Bundle) -> None:
        self.root = f"{release}/{SITE_PACKAGES}/"
        self._bundle = bundle
        self._opening: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self[""] = self._prepare(bundle.descriptor)

    def start(self, path: str) -> int:
        return 0 if path else self._bundle.start

    def __missing__(self, path: str) -> int:
        with self._opening[path]:
            if path not in self:
                self[path] = self._prepare(os.open(self.root + path, os.O_RDONLY | os.O_CLOEXEC))
            return self[path]

    def _prepare(self, descriptor: int) -> int:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_RANDOM)
        return descriptor


def _beginning(pid: int) -> bytes | None:
    """When a process began, in the kernel's ticks; None if it has ended."""
    try:
        with open(f"/proc/{pid}/stat", "rb", 0) as stream:  # noqa: PTH123
            state, *fields = stream.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if state in b"ZX" else fields[18]


def threads() -> int:
    """How many read at once: 32, fewer for a function of less than two vCPUs, at least 8.

    Importing TensorFlow from a simulated EFS at 1.1 ms a read took 2.7 s with 8 threads, 2.5 s
    with 16 or 32, and 2.3 s with 64.
    """
    cpus = float(len(os.sched_getaffinity(0)))
    with contextlib.suppress(ValueError):
        memory = int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", ""))
        cpus = min(cpus, memory / MEMORY_PER_CPU)
    return max(8, min(32, round(16 * cpus)))
