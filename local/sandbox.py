"""A process in which file systems are mounted, and which never outlives this program.

Two sides of one thing. `Process` starts and supervises it from here. Run as a script, this file is
the small parent between the two: it makes a mount and a PID namespace, mounts, starts the process
as PID 1 (as in a container, where SIGTERM without a handler does nothing), passes SIGTERM on, and
ends everything when this program dies.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import functools
import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, NoReturn

# Linux: include/uapi/linux/mount.h, sched.h, prctl.h
_MS_RDONLY, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
_LOCKED_FLAGS = 2 | 4 | 8  # nosuid, nodev, noexec: a user namespace may not drop them
_CLONE_NEWNS, _CLONE_NEWUSER, _CLONE_NEWPID = 0x00020000, 0x10000000, 0x20000000
_PR_SET_PDEATHSIG = 1
_COVERED = "/mnt"


@dataclass(frozen=True)
class Bind:
    """A directory of this host at a path of the process."""

    source: str
    target: str
    read_only: bool = False


def mapped(text: str, binds: Sequence[Bind]) -> str:
    """`text` with the binds' paths replaced by the host's, where nothing can be mounted."""
    for bind in binds:
        path = rf"(?<![\w./-]){re.escape(bind.target)}(?![\w.-])"
        text = re.sub(path, bind.source.replace("\\", r"\\"), text)
    return text


@dataclass(frozen=True)
class Host:
    """How processes run here.

    Attributes:
        scratch: Folder for their own disks; removed in the end.
        namespaces: Whether mounts can be made; otherwise paths are mapped.
    """

    scratch: Path
    namespaces: bool

    def disk(self) -> Path:
        """A new, empty folder."""
        return Path(tempfile.mkdtemp(dir=self.scratch))


class Process(threading.Thread):
    """A supervised process; its output comes line by line, standard error among it.

    The thread lives as long as the process, because Linux sends the death signal when the thread
    that started a process ends.

    Attributes:
        exit_code: As a shell gives it, 128 + n after signal n; None while it runs.
    """

    def __init__(
        self,
        host: Host,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        binds: Sequence[Bind],
        on_output: Callable[[list[str]], None],
        on_exit: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(daemon=True)
        self.exit_code: int | None = None
        if not host.namespaces:
            argv = [mapped(word, binds) for word in argv]
            environment = {name: mapped(value, binds) for name, value in environment.items()}
        self._spec = json.dumps(
            {
                "parent": os.getpid(),
                "argv": list(argv),
                "binds": [astuple(bind) for bind in binds] if host.namespaces else [],
                "namespaces": host.namespaces,
            }
        )
        self._environment, self._folder = dict(environment), folder
        self._on_output, self._on_exit = on_output, on_exit
        self._popen: subprocess.Popen[bytes] | None = None
        self._wanted: signal.Signals | None = None
        self._reading = threading.Lock()
        self.start()

    def run(self) -> None:
        """Start the process and follow it to its end."""
        try:
            self._popen = subprocess.Popen(
                [sys.executable, "-I", "-S", __file__, self._spec],
                env=self._environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for this program alone.
                start_new_session=True,
            )
        except OSError as error:
            self._on_output([str(error)])
            code = 127
        else:
            if self._wanted:
                self._popen.send_signal(self._wanted)
            assert self._popen.stdout is not None
            self._follow(self._popen.stdout.fileno())
            code = self._popen.wait()
        self.exit_code = code if code >= 0 else 128 - code
        self._on_exit()

    def _follow(self, output: int) -> None:
        readable = select.poll()
        readable.register(output)
        rest, chunk = b"", b"-"
        while chunk:
            readable.poll()
            with self._reading:
                chunk = os.read(output, 1 << 16)
                *lines, rest = (rest + chunk).split(b"\n")
                lines += [] if chunk else [rest]
                if texts := [line.decode(errors="replace") for line in lines if line.strip()]:
                    self._on_output(texts)

    def drain(self) -> None:
        """Wait until all that the process has written so far went to `on_output`."""
        while self._popen and self._popen.stdout and self.exit_code is None:
            with self._reading:
                waiting = fcntl.ioctl(self._popen.stdout, termios.FIONREAD, b"\0" * 4)
            if not any(waiting):
                return
            time.sleep(0.001)

    def terminate(self) -> None:
        """Send SIGTERM to the process itself, as a container gets it."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the process and all that it started; does not wait. Safe in a signal handler."""
        self._signal(signal.SIGHUP)

    def end(self, seconds: float = 5) -> None:
        """Kill and wait, at most about `seconds`."""
        self.kill()
        self.join(seconds)
        if self.is_alive():
            self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        self._wanted = number
        if self._popen and self._popen.returncode is None:
            self._popen.send_signal(number)


@functools.cache
def namespaces_work() -> bool:
    """Whether this host lets us mount for a process of our own; tried, not guessed."""
    with tempfile.TemporaryDirectory() as source:
        (Path(source) / "seen").touch()
        process = Process(
            Host(Path(source), namespaces=True),
            [sys.executable, "-I", "-S", "-c", "open('/mnt/probe/seen')"],
            environment={},
            folder=Path(source),
            binds=[Bind(source, f"{_COVERED}/probe", read_only=True)],
            on_output=lambda _: None,
        )
        process.join(30)
        process.end()
    return process.exit_code == 0


def _call(name: str, *arguments: Any) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        raise OSError(
            ctypes.get_errno(), f"{name}{arguments[:3]}: {os.strerror(ctypes.get_errno())}"
        )


def _mount(source: str, target: str, kind: str, flags: int) -> None:
    _call("mount", source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), None)


def _enter_namespaces() -> None:
    uid, gid = os.getuid(), os.getgid()
    try:
        _call("unshare", _CLONE_NEWNS | _CLONE_NEWPID)
    except OSError:
        # Not root: the same in a user namespace, in which we stay who we are.
        _call("unshare", _CLONE_NEWUSER | _CLONE_NEWNS | _CLONE_NEWPID)
        Path("/proc/self/setgroups").write_text("deny", "ascii")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1", "ascii")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1", "ascii")
    _mount("none", "/", "", _MS_REC | _MS_PRIVATE)


def _bind(source: str, target: str, *, read_only: bool) -> None:
    if target.startswith(f"{_COVERED}/"):
        Path(target).mkdir(parents=True, exist_ok=True)
    _mount(source, target, "", _MS_BIND | _MS_REC)
    if read_only:
        kept = os.statvfs(target).f_flag & _LOCKED_FLAGS
        _mount("none", target, "", _MS_REMOUNT | _MS_BIND | _MS_RDONLY | kept)


def _mount_all(binds: list[tuple[str, str, bool]]) -> None:
    """Cover /mnt, bind, and put back what else was there: this checkout may lie under it (WSL)."""
    sources = [os.open(source, os.O_PATH) for source, _, _ in binds]
    before = os.open(_COVERED, os.O_PATH)
    names = [entry.name for entry in Path(_COVERED).iterdir()]
    _mount("tmpfs", _COVERED, "tmpfs", 0)
    for number, (_, target, read_only) in zip(sources, binds, strict=True):
        _bind(f"/proc/self/fd/{number}", target, read_only=read_only)
    for name in names:
        source, target = f"/proc/self/fd/{before}/{name}", f"{_COVERED}/{name}"
        if Path(source).is_dir() and not Path(target).exists():
            _bind(source, target, read_only=False)
    for number in (*sources, before):
        os.close(number)


def _become(argv: list[str], *, namespaces: bool) -> NoReturn:
    """The process itself, just forked: never returns."""
    try:
        _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        os.setsid()
        if namespaces:
            with contextlib.suppress(OSError):  # refused inside some containers; the old one serves
                _mount("proc", "/proc", "proc", 0)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.execvp(argv[0], argv)  # noqa: S606 - no shell is wanted
    except OSError as error:
        print(error, file=sys.stderr, flush=True)
        os._exit(127)


def _main(spec: dict[str, Any]) -> NoReturn:
    signals = {signal.SIGTERM, signal.SIGHUP}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        if spec["namespaces"]:
            _enter_namespaces()
            _mount_all(spec["binds"])
    except OSError as error:
        sys.exit(f"cannot mount: {error}")
    # Only now: Linux forgets it when a process gains capabilities, as in a new user namespace.
    _call("prctl", _PR_SET_PDEATHSIG, signal.SIGHUP, 0, 0, 0)
    if os.getppid() != spec["parent"]:
        sys.exit("the program that started this one is gone")
    child = os.fork()
    if child == 0:
        _become(spec["argv"], namespaces=spec["namespaces"])

    def kill(*_: object) -> None:
        for send in (os.kill, os.killpg):
            with contextlib.suppress(ProcessLookupError):
                send(child, signal.SIGKILL)

    signal.signal(signal.SIGHUP, kill)
    signal.signal(signal.SIGTERM, lambda number, _: os.kill(child, number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]))
