"""Taking from a child process the right to write to what it only may read, as on Lambda."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import struct
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

HOME = "/home/sbx_user1051"
"""HOME on Lambda, of a user who has no such directory."""

# Linux: sched.h, mount.h, prctl.h, capability.h
_NEWNS, _NEWUSER = 0x20000, 0x10000000
_RDONLY, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 32, 4096, 16384, 1 << 18
_LOCKED = 2 | 4 | 8  # nosuid, nodev, noexec: a user namespace may not take them away
_KEEPCAPS, _AMBIENT, _RAISE = 8, 47, 2
_READ_SEARCH = 2
_VERSION_3 = 0x20080522


def confine(folders: Sequence[Path], others: Sequence[Path] = ()) -> Callable[[], None]:
    """What a child does before its program starts, so that it cannot write to these folders.

    ``others`` are not this process's own, so their modes stay what they are.

    If this process is root, the child becomes an unprivileged user, which is possible on Fargate;
    where root may read everything, that user may, too, as its Python can lie below /root.
    Otherwise the folders become read-only in a mount namespace of its own. Where neither is
    allowed, the child can write.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = _user()
    reads = _may_read_all()
    if os.geteuid() == 0 and not reads:
        for folder in folders:  # the task's own, made with mode 0700
            folder.chmod(folder.stat().st_mode | 0o055)
    needed = Path(sys.executable).resolve(), Path(os.__file__), *folders
    drops = os.geteuid() == 0 and (reads or all(map(_is_open_to_all, needed)))

    def prepare() -> None:
        if drops:
            with contextlib.suppress(OSError):
                libc.prctl(_KEEPCAPS, 1)
                os.setgroups([])
                os.setresgid(group, group, group)
                os.setresuid(user, user, user)
                bits = reads << _READ_SEARCH
                head = struct.pack("Ii", _VERSION_3, 0)
                libc.capset(head, struct.pack("6I", bits, bits, bits, 0, 0, 0))
                libc.prctl(_AMBIENT, *map(ctypes.c_ulong, (_RAISE, _READ_SEARCH, 0, 0)))
                return
        with contextlib.suppress(OSError):
            _make_read_only(libc, [*folders, *others])

    return prepare


def _make_read_only(libc: ctypes.CDLL, folders: Sequence[Path]) -> None:
    here, owner, group = Path.cwd(), os.geteuid(), os.getegid()
    if libc.unshare(_NEWNS) != 0:
        if libc.unshare(_NEWNS | _NEWUSER) != 0:
            return
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{owner} {owner} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    libc.mount(None, b"/", None, ctypes.c_ulong(_REC | _PRIVATE), None)
    for folder in folders:
        path = os.fsencode(folder)
        kept = os.statvfs(folder).f_flag & _LOCKED
        libc.mount(path, path, None, ctypes.c_ulong(_BIND | _REC), None)
        flags = ctypes.c_ulong(_REMOUNT | _BIND | _RDONLY | kept)
        libc.mount(None, path, None, flags, None)
    os.chdir(here)


def _user() -> tuple[int, int]:
    """Lambda's user where it is known, as in Lambda's images, or else nobody."""
    for name in ("sbx_user1051", "nobody"):
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return found.pw_uid, found.pw_gid
    return 65534, 65534


def _may_read_all() -> bool:
    status = Path("/proc/self/status").read_text()
    effective = int(status.partition("CapEff:")[2].split()[0], 16)
    return bool(effective >> _READ_SEARCH & 1)


def _is_open_to_all(path: Path) -> bool:
    folders = path.parents if path.is_file() else (path, *path.parents)
    return all(folder.stat().st_mode & 1 for folder in folders)
