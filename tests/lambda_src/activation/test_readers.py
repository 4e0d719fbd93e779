"""The process that reads ahead: nobody's child, and gone when it is not needed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.processes import eventually, running

from ..conftest import Populate, Run
from ..runtime import alone

BLOCKED = """
import os, sys, threading
os.preadv = lambda *_: threading.Event().wait()
from release.activation.readers import Readers
readers = Readers(sys.argv[1])
print(readers._pid, flush=True)
"""


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


Start = Callable[[str], Reading]


@pytest.fixture
def start(published: tuple[Populate, Run], tmp_path: Path) -> Start:
    """Starts such a process."""
    return partial(Reading, published[0], tmp_path)


def test_the_model_cannot_wait_for_the_readers(start: Start) -> None:
    reading = start("""
sys.stdin.read()
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print("no child")
readers.end()
""")
    assert reading.finish() == "no child\n"


def test_the_readers_are_ended_when_the_import_is_over(start: Start) -> None:
    reading = start("sys.stdin.read(); readers.end(); sys.stdin.read()")
    reading.finish()
    assert reading.process.returncode == 0
    eventually(lambda: not running(reading.pid))


def test_the_readers_end_with_what_they_read_for(start: Start) -> None:
    reading = start("sys.stdin.read()")
    reading.process.kill()
    reading.finish()
    eventually(lambda: not running(reading.pid))


TAKEN = """
import socket, time
sys.stdin.read()
os.closerange(3, 1000)
pairs = [socket.socketpair() for _ in range(50)]
for number, (one, other) in enumerate(pairs):
    one.send(b"%d" % number)
    other.send(b"%d" % number)
begin = time.monotonic()
readers.wait(1, lambda: False)
readers.end()
assert time.monotonic() < begin + 60
for number, pair in enumerate(pairs):
    for end in pair:
        assert (end.getblocking(), end.recv(10)) == (True, b"%d" % number)
        end.settimeout(0.001)
        try:
            raise SystemExit(f"{number} has {end.recv(1)}")  # nothing came, and no end
        except TimeoutError:
            pass
"""


def test_the_readers_leave_alone_what_has_the_number_of_a_closed_descriptor(start: Start) -> None:
    reading = start(TAKEN)
    reading.finish()
    assert reading.process.returncode == 0
    eventually(lambda: not running(reading.pid))


def test_a_process_that_the_model_forks_leaves_the_readers_alone(start: Start) -> None:
    forks = "sys.stdin.readline()\nif not os.fork():\n    readers.end()\n    os._exit(0)\nos.wait()"
    reading = start(f"{forks}\nprint(flush=True)\nsys.stdin.read()")
    assert reading.process.stdin is not None
    assert reading.process.stdout is not None
    print(file=reading.process.stdin, flush=True)
    reading.process.stdout.readline()
    assert running(reading.pid)
    reading.finish()
    eventually(lambda: not running(reading.pid))


def test_what_hangs_in_a_read_is_not_waited_for(start: Start) -> None:
    then = "import release.activation.readers as module\nmodule.STALLED = 0.1\nos.kill = print\n"
    reading = start(f"{then}sys.stdin.read()\nreaders.end()")
    reading.finish()
    assert reading.process.returncode == 0
    eventually(lambda: not running(reading.pid))


REFUSED = """
import os, sys, threading
from release.activation.readers import Readers
threading.stack_size(int(sys.argv[2]))
readers = Readers(sys.argv[1])
readers.wait(1, lambda: False)
readers.end()
print(readers.count > 0, len(os.listdir("/proc/self/fd")), flush=True)
"""
ADDRESSES = 1 << 47
"""Bytes of a process's addresses: no thread can be started with such a stack."""


@pytest.mark.parametrize("resource", ["processes", "threads"])
def test_where_nothing_more_can_be_started_nothing_is_read(
    published: tuple[Populate, Run], resource: str
) -> None:
    processes = resource == "processes"
    command = [sys.executable, "-S", "-B", "-c", REFUSED, str(published[0].release)]
    done = subprocess.run(
        [*command, str(0 if processes else ADDRESSES)],
        cwd=published[0].program,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": "."},
        preexec_fn=alone([published[0].release]) if processes else None,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout == f"{not processes} 4\n"
