"""The cold-start file of a release: what its import reads, in the order of the import.

One line of text, the index, then the files one after another, each compressed by itself. The line
says for which Python, architecture and release it is, and has the size and the CRC-32 of the index,
which has those of every file. What does not match is not used.
"""

from __future__ import annotations

import errno
import marshal
import os
import re
import zlib
from collections.abc import Iterable
from importlib.util import MAGIC_NUMBER
from pathlib import Path

from .descriptor import Descriptor
from .layout import FORMAT, ReleaseError
from .lazy import Lazy

BUNDLE = "cold-start.bundle"
"""File of a release with what its import reads. The release works without it."""

READ = 128 << 10
"""Bytes that are read at once from a bundle, as many as a kernel client reads ahead by default."""

_SIZES = re.compile(rb"([1-9]\d{0,18}) (\d{1,10})\n")
"""Bytes and CRC-32 of the index, at the end of the first line."""

LEVEL = 6
"""Of zlib. Of TensorFlow's 49 MB it leaves 17 MB. An import has time to unpack them, at 350 MB/s,
while it waits for the libraries."""

Index = tuple[
    dict[str, tuple[int, int, int, int]],
    dict[str, frozenset[str]],
    list[tuple[str, int, int]],
    dict[str, int],
    frozenset[str],
    Lazy,
]
"""``files``, ``listing``, ``jobs``, ``libraries``, ``data`` and ``lazy`` of a `Bundle`."""


def head(release_id: str) -> bytes:
    """What the first line of a bundle begins with that this interpreter can use."""
    return f"cold-start {FORMAT} {MAGIC_NUMBER.hex()} {os.uname().machine} {release_id} ".encode()


def packed(data: bytes) -> bytes:
    """A file as it is in a bundle."""
    return zlib.compress(data, LEVEL)


def write(path: Path, release_id: str, index: Index, contents: Iterable[bytes]) -> None:
    """Write a bundle; ``contents`` are the packed ones of the index's ``files``, in their order."""
    text = marshal.dumps(index)
    with path.open("xb") as stream:
        stream.write(head(release_id) + f"{len(text)} {zlib.crc32(text)}\n".encode() + text)
        stream.writelines(contents)


class Bundle:
    """An open bundle.

    ``files`` maps a path below site-packages to offset, size and CRC-32 in the bundle, and to its
    own size; ``listing`` a directory to the names in it that an import can find, directories with
    ``/`` at the end; ``jobs`` has what the readers read: path, offset and size, the path ``""`` for
    the bundle itself, size 0 for a directory that they list; ``libraries`` has for each extension
    module how many jobs come before it is loaded; ``data`` the files that ``open`` reads from here;
    ``lazy`` the modules that wait for their first use. ``damaged`` has the files that were asked
    for and are not what they were.
    """

    def __init__(self, release: str) -> None:
        """Open the bundle of a release. Raises OSError or ReleaseError."""
        self._path = f"{release}/{BUNDLE}"
        self._open = Descriptor.open(self._path)
        try:
            content, self.start = _opened(self._open.number, release.rpartition("/")[2])
            self.files, self.listing, self.jobs, self.libraries, self.data, self.lazy = content
        except (ReleaseError, OSError):
            self._open.close()
            raise
        self.damaged: list[str] = []

    @property
    def descriptor(self) -> int:
        """The open file; where somebody has closed it, opened again. Raises OSError."""
        if not self._open.is_ours():
            again = Descriptor.open(self._path)
            if again.identity != self._open.identity:
                again.close()
                raise FileNotFoundError(errno.ENOENT, "it is another file now", self._path)
            self._open = again
        return self._open.number

    def read(self, path: str) -> bytes | None:
        """A file, or None if it is not in the bundle or damaged there."""
        try:
            offset, size, crc32, length = self.files[path]
            data = os.pread(self.descriptor, size, self.start + offset)
        except (KeyError, OSError):
            return None
        if len(data) == size and zlib.crc32(data) == crc32:
            return zlib.decompress(data, bufsize=length)
        self.damaged.append(path)
        return None


def _opened(descriptor: int, release_id: str) -> tuple[Index, int]:
    """The index of a bundle, and where its files begin. Raises OSError or ReleaseError."""
    begin = os.pread(descriptor, READ, 0)
    expected = head(release_id)
    line, end, _ = begin.partition(b"\n")
    if not line.startswith(expected):
        raise ReleaseError(f"it begins with {line[:80]!r}, not with {expected!r}")
    sizes = _SIZES.fullmatch(line[len(expected) :] + end)
    start = len(line) + 1
    # Before anything reads so many bytes: room for them would be made first.
    if sizes is None or start + int(sizes[1]) > os.fstat(descriptor).st_size:
        raise ReleaseError(f"its first line is damaged: {line[:120]!r}")
    index = os.pread(descriptor, int(sizes[1]), start)
    if len(index) != int(sizes[1]) or zlib.crc32(index) != int(sizes[2]):
        raise ReleaseError("its index is damaged")
    content: Index = marshal.loads(index)  # noqa: S302 (its CRC-32 and its Python are right)
    return content, start + len(index)
