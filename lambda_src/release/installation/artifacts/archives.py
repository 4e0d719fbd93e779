"""Reading zips and tars, entry by entry, without believing what they say."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

DAMAGE = (
    *(tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, lzma.LZMAError),
    *(EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError, struct.error),
    MemoryError,
)
"""What reading an archive raises that is damaged, or none, or more than the library knows.

A header claims lengths, for which the libraries make room before they read."""

_ZIP = (b"PK\3\4", b"PK\5\6")
_COMPRESSIONS: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
"""How a compressed tar begins, and what reads it."""
_CHUNK = 1 << 20
_LONGEST_HEADER = 16 << 20
"""Bytes that a tar is read at once; what it says of one entry is read into memory as a whole."""
_ODD = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")
_LONGEST_NAME, _LONGEST_PATH = 255, 1_000


class RefusedError(Exception):
    """The archive breaks a rule."""


@dataclass(frozen=True)
class Entry:
    """One entry. ``kind`` is ``a file``, ``a folder``, or what else it is; ``size`` is claimed."""

    name: str
    kind: str
    size: int
    runs: bool
    open: Callable[[], IO[bytes]]

    @property
    def parts(self) -> list[str]:
        """The names on the way to it. Raises RefusedError for a way out of the folder."""
        if self.name.startswith("/") or _ODD.search(self.name):
            raise RefusedError(f"{self.name[:100]!r} is no relative name")
        parts = [part for part in self.name.split("/") if part not in ("", ".")]
        if ".." in parts:
            raise RefusedError(f"{self.name[:100]!r} leads out of its folder")
        lengths = [len(part.encode()) for part in parts]
        if max(lengths, default=0) > _LONGEST_NAME or sum(lengths) + len(parts) > _LONGEST_PATH:
            raise RefusedError(f"{self.name[:100]!r} is too long")
        if not parts and self.kind != FOLDER:
            raise RefusedError(f"{self.name[:100]!r} is no name")
        return parts


FILE, FOLDER = "a file", "a folder"
_KINDS = {
    stat.S_IFREG: FILE,
    stat.S_IFDIR: FOLDER,
    stat.S_IFLNK: "a link",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    0: FILE,  # a zip that was not made on Unix
}


def entries(archive: Path, limit: int) -> Iterator[Entry]:
    """The entries of a zip, or of a tar that may be compressed.

    Of a tar that is compressed at most ``limit`` bytes are read. Raises RefusedError, or what
    ``DAMAGE`` has.
    """
    with archive.open("rb") as stream:
        begin = stream.read(8)
    if begin.startswith(_ZIP):
        return _zip(archive)
    opened = next((how for magic, how in _COMPRESSIONS.items() if begin.startswith(magic)), None)
    return _tar(archive.open("rb") if opened is None else opened(archive), limit)


def _zip(path: Path) -> Iterator[Entry]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            mode = info.external_attr >> 16 if info.create_system == _UNIX else 0
            kind = FOLDER if info.is_dir() else _KINDS.get(stat.S_IFMT(mode), "something else")
            if info.flag_bits & _ENCRYPTED:
                kind = "encrypted"
            elif info.compress_type not in _METHODS:
                kind = f"compressed by method {info.compress_type}, which Python does not read"

            def opened(info: zipfile.ZipInfo = info) -> IO[bytes]:
                return archive.open(info)

            yield Entry(info.orig_filename, kind, info.file_size, bool(mode & 0o100), opened)


_UNIX = 3
_ENCRYPTED = 1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def _tar(stream: IO[bytes], limit: int) -> Iterator[Entry]:
    bounded = _Bounded(stream, limit)
    # "r:", as tarfile would look for another compression inside, and read that without bounds.
    with stream, tarfile.open(fileobj=cast("IO[bytes]", bounded), mode="r:") as archive:
        for info in archive:
            kind = FILE if info.isreg() else FOLDER if info.isdir() else "a link or a device"

            def opened(info: tarfile.TarInfo = info) -> IO[bytes]:
                return cast("IO[bytes]", archive.extractfile(info))

            yield Entry(info.name, kind, info.size, bool(info.mode & 0o100), opened)
        while data := bounded.read(_CHUNK):  # to its end, as a checksum comes last
            if data.strip(b"\0"):
                raise RefusedError("it goes on after its end, as if two were one")


class _Bounded:
    """A stream that is read in pieces, and not for ever."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream, self._left = stream, limit
        self.tell, self.seek, self.close = stream.tell, stream.seek, stream.close

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > _LONGEST_HEADER:
            raise RefusedError(f"it has a header of more than {_LONGEST_HEADER:,} bytes")
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise RefusedError("it does not end")
        return data
