"""Files and directories that Python code asks for in a release, answered from its bundle.

Packages do more than import modules while they are imported: they read the metadata of all that is
installed, tables, templates and their own sources, and list directories to find plug-ins. What the
recorded import did of that is in the bundle. A release never changes, so that is the same.
"""

from __future__ import annotations

import builtins
import contextlib
import errno
import io
import marshal
import os
import sys
from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, Self

from ..bundle import FOLDERS, Bundle

_READING = ("r", "rt", "tr", "rb", "br")
_OPENER = 8
"""Arguments of ``open`` up to its opener."""
_FILE, _DIRECTORY, _NOTHING = "file", "directory", "nothing"
_LONGEST = 63
"""Characters of a name that certainly are no more than the 255 bytes that a name can have."""


class Files:
    """The files that the bundle of a release has, and the names in directories."""

    def __init__(self, inside: Callable[[str], str | None], bundle: Bundle) -> None:
        self._inside = inside
        self._bundle = bundle
        folders = bundle.read(FOLDERS)
        self._folders: dict[str, dict[str, bool]]
        """The names in each directory, and which are directories."""
        self._folders = marshal.loads(folders) if folders else {}  # noqa: S302 (its CRC-32 is right)

    def install(self) -> None:
        """Answer ``open``, and questions for names and for what is there, from now on."""
        io.open = builtins.open = self._open(io.open)
        os.listdir = self._names(os.listdir, lambda _, folder: list(folder))
        os.scandir = self._names(os.scandir, _Scan)
        os.path.exists = self._is(os.path.exists, (_FILE, _DIRECTORY))
        os.path.isfile = self._is(os.path.isfile, (_FILE,))
        os.path.isdir = self._is(os.path.isdir, (_DIRECTORY,))

    def _name(self, path: object) -> str | None:
        """A path as the bundle has it, or None outside of the release."""
        if isinstance(path, os.PathLike):
            path = os.fspath(path)
        return self._inside(path) if isinstance(path, str) else None

    def _kind(self, name: str | None) -> str | None:
        """What is there, or None if the bundle does not know."""
        above, _, last = (name or "").rpartition("/")
        if last in ("", ".", "..") or len(last) > _LONGEST or not last.isprintable():
            return None
        if above in self._folders:
            is_folder = self._folders[above].get(last)
            return _NOTHING if is_folder is None else _DIRECTORY if is_folder else _FILE
        return _NOTHING if self._kind(above) == _NOTHING else None

    def _open(self, plain: Callable[..., Any]) -> Callable[..., Any]:
        """What it returns is what the plain one makes, with name, encoding and all; its descriptor
        is that of a copy in memory, so it has the file's content and size, but not times and mode.
        """

        @wraps(plain)
        def opened(*arguments: Any, **named: Any) -> Any:
            mode = arguments[1] if len(arguments) > 1 else named.get("mode", "r")
            if mode in _READING and len(arguments) < _OPENER:
                name = self._name(arguments[0] if arguments else named.get("file"))
                if name in self._bundle.files or self._kind(name) == _NOTHING:
                    named.setdefault("opener", self._descriptor)
            return plain(*arguments, **named)

        # Where pickle finds it again.
        opened.__module__ = "io"
        return opened

    def _descriptor(self, path: str, flags: int) -> int:
        name = self._name(path) or ""
        data = self._bundle.read(name)
        if data is not None:
            with contextlib.suppress(OSError):
                return _copy(data)
        elif self._kind(name) == _NOTHING:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return os.open(path, flags)

    def _names(
        self, plain: Callable[..., Any], answer: Callable[[Any, dict[str, bool]], Any]
    ) -> Callable[..., Any]:
        @wraps(plain)
        def listed(path: Any = None) -> Any:
            name = self._name(path)
            if name not in self._folders:
                return plain(path)
            sys.audit(f"os.{plain.__name__}", path)
            return answer(path, self._folders[name])

        if plain in os.supports_fd:
            os.supports_fd.add(listed)
        return listed

    def _is(self, plain: Callable[..., bool], kinds: Collection[str]) -> Callable[..., bool]:
        @wraps(plain)
        def asked(path: Any) -> bool:
            kind = self._kind(self._name(path))
            return plain(path) if kind is None else kind in kinds

        return asked


class _Entry(os.PathLike[str]):
    """What ``os.DirEntry`` is, which cannot be made in Python, for a file or a directory."""

    def __init__(self, folder: str, name: str, is_folder: bool) -> None:
        self.name = name
        self.path = os.path.join(folder, name)  # noqa: PTH118
        self._is_folder = is_folder

    def __fspath__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return f"<DirEntry {self.name!r}>"

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:  # noqa: ARG002
        return self._is_folder

    def is_file(self, *, follow_symlinks: bool = True) -> bool:  # noqa: ARG002
        return not self._is_folder

    def is_symlink(self) -> bool:
        return False

    is_junction = is_symlink

    def inode(self) -> int:
        return self.stat().st_ino

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        return os.stat(self.path, follow_symlinks=follow_symlinks)  # noqa: PTH116


class _Scan:
    """What ``os.scandir`` returns."""

    def __init__(self, path: str | os.PathLike[str], folder: dict[str, bool]) -> None:
        folder_path = os.fspath(path)
        self._entries = iter([_Entry(folder_path, *item) for item in folder.items()])

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> _Entry:
        return next(self._entries)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._entries = iter(())


def _copy(data: bytes) -> int:
    """A descriptor of these bytes. Raises OSError where memory cannot be had as a file."""
    if not hasattr(os, "memfd_create"):  # the C library of Amazon Linux 2 is too old
        folder = os.environ.get("TMPDIR", "/tmp")  # noqa: S108
        descriptor = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    else:
        descriptor = os.memfd_create("release")
    try:
        if os.write(descriptor, data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.lseek(descriptor, 0, os.SEEK_SET)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
