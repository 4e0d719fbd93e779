"""The small parent of a process: a program of its own, between this one and the process.

It makes the namespaces and the process's own view of the file system, starts the process as PID 1
(as in a container, where SIGTERM without a handler does nothing), passes SIGTERM on, freezes and
thaws, and ends everything when this program dies. It imports the standard library alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import Any, NoReturn

from .view import MS_PRIVATE, MS_REC, call, mount, see

# Linux: include/uapi/linux/mount.h, sched.h, prctl.h, capability.h, sockios.h, if.h
_MS_RDONLY = 1
_CLONE_NEWNS, _CLONE_NEWUSER = 0x00020000, 0x10000000
_CLONE_NEWPID, _CLONE_NEWNET = 0x20000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_CHILD_SUBREAPER = 1, 24, 36
_CAP_DAC_OVERRIDE, _CAP_VERSION = 1, 0x20080522
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1

_SIGNALS = {signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD}


def _enter_namespaces(*, network: bool) -> None:
    uid, gid = os.getuid(), os.getgid()
    flags = _CLONE_NEWNS | _CLONE_NEWPID | (_CLONE_NEWNET if network else 0)
    try:
        call("unshare", flags)
    except OSError:
        # Not root: the same in a user namespace, in which we stay who we are.
        call("unshare", _CLONE_NEWUSER | flags)
        Path("/proc/self/setgroups").write_text("deny", "ascii")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1", "ascii")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1", "ascii")
    mount("none", "/", "", MS_REC | MS_PRIVATE)


def _listen(ports: list[int]) -> list[socket.socket]:
    """Servers' sockets on a loopback that is this namespace's own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH22x", b"lo", _IFF_UP)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, request)
    return [socket.create_server(("127.0.0.1", port)) for port in ports]


# --- the process ----------------------------------------------------------------------------------


def _drop_capabilities() -> None:
    """Keep of root's rights the one over files' modes: the access point's user owns its files."""
    for capability in range(64):
        if capability != _CAP_DAC_OVERRIDE:
            with contextlib.suppress(OSError):  # this kernel does not know so many
                call("prctl", _PR_CAPBSET_DROP, capability, 0, 0, 0)
    call("capset", struct.pack("Ii", _CAP_VERSION, 0), struct.pack("6I", *[0] * 6))


def _become(spec: dict[str, Any]) -> NoReturn:
    """The process itself, just forked: never returns."""
    argv, confined = spec["argv"], spec["confined"]
    try:
        call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        os.setsid()
        if spec["namespaces"]:
            with contextlib.suppress(OSError):  # refused inside some containers; the old one serves
                mount("proc", "/proc", "proc", _MS_RDONLY if confined else 0)
            os.chdir(spec["folder"])
        if confined:
            _drop_capabilities()
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.execvp(argv[0], argv)  # noqa: S606 - no shell is wanted
    except OSError as error:
        print(error, file=sys.stderr, flush=True)
        os._exit(127)


def _children(proc: int, pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):  # it has ended, or the kernel does not list children
        threads = os.open(f"{pid}/task", os.O_RDONLY, dir_fd=proc)
        names = os.listdir(threads)  # noqa: PTH208 - there is no path to it any more
        os.close(threads)
        for name in names:
            number = os.open(f"{pid}/task/{name}/children", os.O_RDONLY, dir_fd=proc)
            with os.fdopen(number) as file:
                found += map(int, file.read().split())
    return found


class _Freezer:
    """Lets a process and all that it started stand still, and go on."""

    def __init__(self, proc: int, pid: int) -> None:
        self._proc, self._pid = proc, pid
        self._stopped: list[int] = []

    def obey(self, words: bytes) -> None:
        """Do what the program says, in order: F freezes, T thaws."""
        for word in words.decode():
            if word == "F":
                self._stop(self._pid)
            else:
                self._send(signal.SIGCONT, self._stopped)
                self._stopped = []

    def _stop(self, pid: int) -> None:
        # A process that stands still starts no other: afterwards the list is complete.
        self._send(signal.SIGSTOP, [pid])
        self._stopped.append(pid)
        for child in _children(self._proc, pid):
            self._stop(child)

    @staticmethod
    def _send(number: signal.Signals, pids: list[int]) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def _supervise(child: int, channel: socket.socket, freezer: _Freezer) -> int:
    """Serve signals and the program until the child has ended; its wait status."""
    # No thread can be started once children are in another PID namespace.
    wake, woken = socket.socketpair()
    for end in (wake, woken):
        end.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    events = select.poll()
    for number in (woken.fileno(), channel.fileno()):
        events.register(number, select.POLLIN)
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        for number, _ in events.poll():
            if number == woken.fileno():
                woken.recv(64)
            elif words := channel.recv(64):
                freezer.obey(words)
            else:
                events.unregister(channel.fileno())


def _end_all(proc: int) -> None:
    """Kill what has left the child's process group: as its reaper this process is its parent."""
    while left := _children(proc, os.getpid()):
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def main() -> NoReturn:
    """Be the parent of the process that the first argument describes."""
    spec = json.loads(sys.argv[1])
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    channel = socket.socket(fileno=spec["channel"])
    channel.set_inheritable(False)
    proc = os.open("/proc", os.O_RDONLY)
    try:
        if spec["namespaces"]:
            _enter_namespaces(network=spec["ports"] is not None)
            see(spec["binds"], spec["confined"])
        if spec["ports"] is not None:
            listening = _listen(spec["ports"])
            if listening:
                socket.send_fds(channel, [b"L"], [each.fileno() for each in listening])
            for each in listening:
                each.close()
    except OSError as error:
        sys.exit(f"cannot mount: {error}")
    # Only now: Linux forgets it when a process gains capabilities, as in a new user namespace.
    call("prctl", _PR_SET_PDEATHSIG, signal.SIGHUP, 0, 0, 0)
    if os.getppid() != spec["parent"]:
        sys.exit("the program that started this one is gone")
    call("prctl", _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    child = os.fork()
    if child == 0:
        _become(spec)

    def kill(*_: object) -> None:
        for send in (os.kill, os.killpg):
            with contextlib.suppress(ProcessLookupError):
                send(child, signal.SIGKILL)

    signal.signal(signal.SIGHUP, kill)
    signal.signal(signal.SIGTERM, lambda number, _: os.kill(child, number))
    signal.signal(signal.SIGCHLD, lambda *_: None)
    code = os.waitstatus_to_exitcode(_supervise(child, channel, _Freezer(proc, child)))
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    _end_all(proc)
    os._exit(code if code >= 0 else 128 - code)
