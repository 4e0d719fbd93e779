"""Unpacking archives that nobody trusts.

What is made is folders and plain files with names of their own, below one folder. Everything else
is refused: names that lead out, links, devices, a name twice, far too much.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO

from ...layout import ExitCode, InstallError
from ..fetching import check_room
from .archives import DAMAGE, FILE, FOLDER, Entry, RefusedError, entries

MOST_ENTRIES = 100_000
"""Entries of an archive; on EFS each costs the task some milliseconds."""
MOST_TIMES, ALWAYS = 100, 1 << 30
"""An archive may unpack to so many times its own size, and to so many bytes in any case: weights
do not get a tenth as small, and a bomb is a thousand times as large."""
_CHUNK = 1 << 20


def unpack(archive: Path, folder: Path, name: str, progress: Callable[[int, int], None]) -> None:
    """Unpack a zip, or a tar that may be compressed, into a folder that is made for it.

    ``name`` is what messages call it, ``progress`` is called with files and bytes done. Raises
    InstallError and OSError; then part of it is there.
    """
    try:
        _Unpacking(archive, folder, progress).run()
    except (RefusedError, *DAMAGE) as error:
        broken = "" if isinstance(error, RefusedError) else "it is damaged, or no archive: "
        raise _failure(name, f"{broken}{str(error) or type(error).__name__}") from error
    except OSError as error:
        if error.errno is not None:
            raise
        # bz2's word for damage.
        raise _failure(name, f"it is damaged, or no archive: {error}") from error


def _failure(name: str, why: str) -> InstallError:
    return InstallError(
        ExitCode.ARCHIVE,
        f"the archive of {name} is not unpacked: {why}. Pack it again as a zip or a tar.gz, with "
        "plain files and relative names alone (tar --dereference --hard-dereference), or leave out "
        "`unpack`.",
    )


class _Unpacking:
    def __init__(self, archive: Path, folder: Path, progress: Callable[[int, int], None]) -> None:
        self._archive, self._folder, self._progress = archive, folder, progress
        self._limit = max(ALWAYS, MOST_TIMES * archive.stat().st_size)
        self._entries = self._files = self._bytes = 0

    def run(self) -> None:
        self._folder.mkdir(parents=True)
        # Headers and padding are read as well.
        for entry in entries(self._archive, 2 * self._limit):
            self._count(entry)
            parts = entry.parts
            if entry.kind == FOLDER:
                self._make_folders(parts)
            elif entry.kind == FILE:
                self._make_folders(parts[:-1])
                self._write(entry, self._folder.joinpath(*parts))
            else:
                raise RefusedError(f"{entry.name!r} is {entry.kind}")
        if not self._files:
            raise RefusedError("it has no file")

    def _count(self, entry: Entry) -> None:
        """Refuse too much before anything of it is written."""
        self._entries += 1
        if self._entries > MOST_ENTRIES:
            raise RefusedError(f"it has more than {MOST_ENTRIES:,} entries")
        if entry.size < 0 or self._bytes + entry.size > self._limit:
            raise RefusedError(
                f"it unpacks to more than {self._limit:,} bytes, which is {MOST_TIMES} times its "
                f"own size or {ALWAYS:,} bytes"
            )
        check_room(self._folder, entry.size)

    def _make_folders(self, parts: list[str]) -> None:
        path = self._folder
        for part in parts:
            path /= part
            try:
                path.mkdir(0o755)
            except FileExistsError:
                # Nothing here makes links, so what is there is what was made.
                if not path.is_dir():
                    raise RefusedError(f"{part!r} is there twice") from None

    def _write(self, entry: Entry, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            target = os.open(path, flags, 0o755 if entry.runs else 0o644)
        except FileExistsError:
            raise RefusedError(f"{entry.name!r} is there twice") from None
        written = 0
        with os.fdopen(target, "wb", buffering=0) as stream, entry.open() as source:
            while data := source.read(_CHUNK):
                written += len(data)
                if written > entry.size:
                    raise RefusedError(f"{entry.name!r} has more bytes than it says")
                _write_all(stream, data)
                self._progress(self._files, self._bytes + written)
        if written != entry.size:
            raise RefusedError(f"{entry.name!r} has fewer bytes than it says")
        self._files += 1
        self._bytes += written


def _write_all(stream: IO[bytes], data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[stream.write(view) or 0 :]
