"""The file system that a process sees: a root of its own, in its own mount namespace."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from pathlib import Path
from typing import Any

# Linux: include/uapi/linux/mount.h
_MS_RDONLY, _MS_REMOUNT, _MS_BIND, MS_REC = 1, 32, 4096, 16384
_MS_UNBINDABLE, MS_PRIVATE = 1 << 17, 1 << 18
_LOCKED_FLAGS = 2 | 4 | 8  # nosuid, nodev, noexec: a user namespace may not drop them
# What of a host is the user's or the system's own, and is empty or missing in a function's sandbox.
_CLOSED = ("dev", "home", "media", "mnt", "root", "run", "srv", "tmp")
_DEVICES = ("null", "zero", "full", "random", "urandom")
_DEVICE_LINKS = {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}


def call(name: str, *arguments: Any) -> None:
    """Call a function of the C library that sets errno.

    Raises:
        OSError: It did not return 0.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}{arguments[:3]}: {os.strerror(code)}")


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """mount(2)."""
    data = options.encode() or None
    call("mount", source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), data)


class _Tree:
    """A root of our own, in which this process is from then on: the host's entries, and more.

    Args:
        closed: Top folders of the host of which nothing is taken.
    """

    def __init__(self, closed: tuple[str, ...]) -> None:
        self._own = {"/"}
        root = str(Path.cwd())
        host = os.open("/", os.O_PATH)
        mount("tmpfs", root, "tmpfs", 0, "mode=755")
        # Or the binds of the host's folders would contain it, and with it each other.
        mount("none", root, "", _MS_UNBINDABLE)
        for name in closed:
            Path(root, name).mkdir()
            self._own.add(f"/{name}")
        self._fill(root, host, set(os.listdir("/")) - set(closed))  # noqa: PTH208
        os.chroot(root)
        os.chdir("/")

    def _fill(self, folder: str, before: int, names: set[str]) -> None:
        for name in names:
            source, target = f"/proc/self/fd/{before}/{name}", f"{folder}/{name}"
            try:
                kind = os.lstat(source).st_mode
            except OSError:  # a network file system whose server is gone
                continue
            if stat.S_ISLNK(kind):
                Path(target).symlink_to(os.readlink(source))  # noqa: PTH115
            else:
                _make(target, folder=stat.S_ISDIR(kind))
                mount(source, target, "", _MS_BIND | MS_REC)
        os.close(before)

    def _cover(self, folder: str) -> None:
        """Make a folder of the host our own, with the same in it."""
        before, names = os.open(folder, os.O_PATH), set(os.listdir(folder))  # noqa: PTH208
        mount("tmpfs", folder, "tmpfs", 0, "mode=755")
        self._fill(folder, before, names)
        self._own.add(folder)

    def bind(self, source: int, target: str) -> None:
        """Bind an open file or folder; what is missing of the target's path is made."""
        is_folder = stat.S_ISDIR(os.fstat(source).st_mode)
        path = Path(target)
        for part in (*reversed(path.parents), path):
            if not part.exists():
                parent = os.path.realpath(part.parent)
                if parent not in self._own:
                    self._cover(parent)
                _make(str(part), folder=is_folder or part != path)
                self._own.add(f"{parent.rstrip('/')}/{part.name}")
        mount(f"/proc/self/fd/{source}", target, "", _MS_BIND | MS_REC)
        self._own.add(os.path.realpath(target))


def _make(path: str, *, folder: bool) -> None:
    if folder:
        Path(path).mkdir()
    else:
        Path(path).touch(exist_ok=False)


def _make_read_only(target: str) -> None:
    try:
        kept = os.statvfs(target).f_flag & _LOCKED_FLAGS
        mount("none", target, "", _MS_REMOUNT | _MS_BIND | _MS_RDONLY | kept)
    except OSError as error:
        # It lies under something else, in a folder that is closed to this user, or is gone.
        if error.errno not in {errno.EACCES, errno.ENOENT, errno.EINVAL, errno.ENOTCONN}:
            raise


def _mount_points() -> list[str]:
    """Of all that is mounted. https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html"""
    lines = Path("/proc/self/mountinfo").read_bytes().splitlines()
    # Blanks and the like are written as octal numbers.
    plain = (line.split()[4].decode("unicode_escape").encode("latin-1") for line in lines)
    return [os.fsdecode(path) for path in plain]


def see(binds: list[tuple[str, str, bool]], confined: dict[str, Any] | None) -> None:
    """Let this process, and those that it starts, see the host's file system and these binds.

    Args:
        binds: Source, target, and whether it is read-only.
        confined: Size of /tmp in MB, and paths to keep; all else is then closed or read-only.
    """
    sources = [(os.open(source, os.O_PATH), target) for source, target, _ in binds]
    tree = _confined_tree(**confined) if confined else _Tree(())
    for number, target in sources:
        tree.bind(number, target)
    read_only = {target for _, target, only_read in binds if only_read}
    if confined:
        read_only = set(_mount_points()) - {"/tmp", *(b[1] for b in binds if not b[2])}  # noqa: S108
    for point in read_only:
        _make_read_only(point)


def _confined_tree(tmp: int, keep: list[str]) -> _Tree:
    """What a function sees: the host's system, the devices of Lambda, and a /tmp of its own."""
    kept = [(os.open(path, os.O_PATH), path) for path in keep]
    devices = [(os.open(f"/dev/{name}", os.O_PATH), f"/dev/{name}") for name in _DEVICES]
    tree = _Tree(_CLOSED)
    for number, path in devices:
        tree.bind(number, path)
    for name, end in _DEVICE_LINKS.items():
        Path("/dev", name).symlink_to(f"/proc/self/fd{end}")
    mount("tmpfs", "/tmp", "tmpfs", 0, f"mode=700,size={tmp}m")  # noqa: S108
    for number, path in kept:
        if not Path(path).exists():
            tree.bind(number, path)
    return tree
