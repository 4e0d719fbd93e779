"""Runs a module or a piece of code as `python` does, but in a world where something goes wrong.

    python [options] prelude.py SPECIFICATION -m MODULE ARGUMENTS
    python [options] prelude.py SPECIFICATION -c CODE ARGUMENTS

Standard library only, and nothing of the project: the installer is to see no other world than its
own. It puts itself before the Python processes that the module starts, too.
"""

from __future__ import annotations

import builtins
import datetime
import errno
import fcntl
import io
import itertools
import json
import os
import re
import runpy
import signal
import subprocess
import sys
import threading
import time
from typing import Any

TEXT = sys.argv[1]
specification: dict[str, Any] = json.loads(TEXT)
PROCESS = {"-m": sys.argv[3].split(".")[0], "-c": "import"}[sys.argv[2]]
EVENTS = {
    "os.mkdir": "mkdir",
    "os.rename": "rename",
    "os.remove": "remove",
    "os.rmdir": "rmdir",
    "os.scandir": "list",
    "os.symlink": "link",
}
"""Audit events whose first argument is a path (Python's audit events table), and their kind."""
AFTER = {"rename": "rename done", "mkdir": "mkdir done", "unlink": "remove done"}
"""Functions of os with a path, and the kind of the operation when it is done, its answer lost."""
ASKING = {"stat": "stat", "lstat": "stat"}
"""Functions of os that only look. They count where that kind is wanted."""
counter = itertools.count(1)
unsynced: set[int] = set()
"""Inodes of the files that a power cut would leave empty."""


def operation(kind: str, path: object) -> None:
    """Something is about to happen to a file; strike if it is the one that was meant."""
    if not isinstance(path, str | os.PathLike | bytes):
        return
    name = os.fsdecode(path)
    if not name.startswith("/"):
        name = f"{os.getcwd()}/{name}"  # noqa: PTH109
    if (
        name.startswith(tuple(specification["under"]))
        and specification["kind"] in ("", kind)
        and re.search(specification["path"], name)
        and next(counter) == specification["at"]  # atomic: one bytecode instruction of C code
    ):
        strike(kind, name)


def strike(kind: str, name: str) -> None:
    """Let the fault happen, and leave word of it beforehand."""
    action = specification["action"]
    with open(specification["word"], "a") as stream:  # noqa: PTH123
        stream.write(f"{action} at {kind} of {name}\n")
    if action == "POWERCUT":
        with open(specification["word"], "a") as stream:  # noqa: PTH123
            stream.write(f"unsynced {json.dumps(sorted(unsynced))}\n")
        os.kill(os.getpid(), signal.SIGKILL)
    elif action.startswith("SIG"):
        os.kill(os.getpid(), getattr(signal, action))
    else:
        number = getattr(errno, action)
        raise OSError(number, os.strerror(number), name)


def audit(event: str, arguments: tuple[Any, ...]) -> None:
    """What Python tells of by itself."""
    if event in EVENTS:
        operation(EVENTS[event], arguments[0])
    elif event == "open":
        path, _, flags = arguments
        operation("create" if (flags or 0) & os.O_CREAT else "read", path)
    elif event == "fcntl.flock":
        operation("lock", path_of(arguments[0]))
    elif event == "subprocess.Popen":
        operation("start", specification["under"][0])


def path_of(descriptor: int) -> str:
    """The path of an open file."""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115
    except OSError:
        return ""


def on_descriptors() -> None:
    """Tell of writing, syncing and closing, for which Python has no audit events."""

    def telling(kind: str, original: Any) -> Any:
        def call(descriptor: int, *arguments: Any) -> Any:
            path = path_of(descriptor)
            if kind == "close":
                # Closing always closes, also where it reports an error: close(2).
                original(descriptor)
                return operation(kind, path)
            operation(kind, path)
            done = original(descriptor, *arguments)
            note = unsynced.add if kind == "write" else unsynced.discard
            note(os.fstat(descriptor).st_ino)
            return done

        return call

    os.write = telling("write", os.write)
    os.pwrite = telling("write", os.pwrite)
    os.fsync = telling("fsync", os.fsync)
    os.close = telling("close", os.close)


def on_paths() -> None:
    """Tell of what was done, and of looking, for which Python has no audit events."""

    def telling(name: str, kind: str, after: bool) -> None:
        original = getattr(os, name)

        def call(path: Any, *arguments: Any, **named: Any) -> Any:
            if not after:
                operation(kind, path)
            done = original(path, *arguments, **named)
            if after:
                operation(kind, path)
            return done

        setattr(os, name, call)
        for known in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
            if original in known:
                known.add(call)

    for name, kind in (*AFTER.items(), *ASKING.items()):
        if specification["kind"] == kind:
            telling(name, kind, name in AFTER)


def without_locks() -> None:
    """A client that shares its locks with no other: it gets every one."""
    fcntl.flock = lambda *_: None


def with_few_threads(most: int) -> None:
    """As under RLIMIT_NPROC or in a full cgroup."""
    started = itertools.count(1)
    name = "_start_joinable_thread" if sys.version_info >= (3, 13) else "_start_new_thread"
    original = getattr(threading, name)

    def start(*arguments: Any, **named: Any) -> Any:
        if next(started) > most:
            raise RuntimeError("can't start new thread")
        return original(*arguments, **named)

    setattr(threading, name, start)


class Telling(io.FileIO):
    """A file that tells of each write."""

    def write(self, data: Any, /) -> int:
        operation("write", str(self.name))
        unsynced.add(os.fstat(self.fileno()).st_ino)
        return super().write(data)


def on_files() -> None:
    """Tell of writes to files that are opened by path."""
    original = io.open

    def opened(  # io.open's own parameters
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        if mode.strip("bt") not in ("w", "x") or isinstance(file, int) or opener:
            return original(file, mode, buffering, encoding, errors, newline, closefd, opener)
        raw = io.BufferedWriter(Telling(os.fspath(file), mode.strip("bt")))
        return raw if "b" in mode else io.TextIOWrapper(raw, encoding, errors, newline)

    io.open = builtins.open = opened


def on_processes() -> None:
    """Put this file before every Python process that is started."""
    original: Any = subprocess.Popen

    class Popen(original):  # type: ignore[misc]
        def __init__(self, command: Any, *arguments: Any, **options: Any) -> None:
            words = list(command)
            if words[0] == sys.executable:
                place = next(n for n, word in enumerate(words) if word in ("-m", "-c"))
                words[place:place] = [os.path.abspath(__file__), TEXT]  # noqa: PTH100
            super().__init__(words, *arguments, **options)

    vars(subprocess)["Popen"] = Popen


def on_clocks(seconds: float) -> None:
    """Shift the clock of the day; the monotonic one knows no date."""
    now, now_ns, kind = time.time, time.time_ns, datetime.datetime

    class Datetime(kind):  # type: ignore[misc, valid-type]
        @classmethod
        def now(cls, tz: Any = None) -> datetime.datetime:
            return kind.now(tz) + datetime.timedelta(seconds=seconds)

    time.time = lambda: now() + seconds
    time.time_ns = lambda: now_ns() + int(seconds * 1e9)
    datetime.datetime = Datetime  # type: ignore[misc]


def main() -> None:
    """Prepare the world, then become the program."""
    how, what, *arguments = sys.argv[2:]
    if not sys.flags.safe_path:
        sys.path[0] = os.getcwd() if how == "-m" else ""  # noqa: PTH109
    if specification["clock"]:
        on_clocks(specification["clock"])
    on_processes()
    if specification["process"] == PROCESS:
        on_descriptors()
        on_files()
        on_paths()
        sys.addaudithook(audit)
        if not specification["locks"]:
            without_locks()
        if specification["threads"] >= 0:
            with_few_threads(specification["threads"])
    if how == "-m":
        sys.argv = [what, *arguments]
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        sys.argv = ["-c", *arguments]
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    main()
