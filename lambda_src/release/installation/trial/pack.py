"""Making a release's bundle from what was recorded of its import."""

from __future__ import annotations

import json
import marshal
import os
import zlib
from importlib.machinery import EXTENSION_SUFFIXES, all_suffixes
from pathlib import Path

from ...bundle import BUNDLE, FOLDERS, READ, Index, packed, write
from ...layout import SITE_PACKAGES
from .record import PAGE, Runs
from .smoke import RECORD, RECORD_EXACT

SMALL = 4 << 20
"""Bytes of a library that is read whole where nothing is recorded of it, at most."""

GAP = 16 << 10
"""Bytes between two hot ranges that are read as well, at most, to save a round trip."""

DATA = 1 << 20
"""Bytes of a data file that is packed, at most."""

CODE = (".pyc", *EXTENSION_SUFFIXES)
"""What the names of files end with that are only imported."""


def pack(staged: Path, release_id: str, scratch: Path) -> dict[str, object]:
    """Write the bundle of a staged release, by the records in the scratch folder.

    Returns what is in it, for the log; ``modules`` only if there is one.

    A release works without a bundle, so where it cannot be made, that is all that happens.
    """
    try:
        return _pack(staged, release_id, scratch)
    except Exception as error:
        (staged / BUNDLE).unlink(missing_ok=True)
        return {"message": f"none, so imports go the plain way: {type(error).__name__}: {error}"}


def _pack(staged: Path, release_id: str, scratch: Path) -> dict[str, object]:
    opened, loaded, pages, looked = json.loads((scratch / RECORD).read_text())
    if (scratch / RECORD_EXACT).exists():
        _, _, exact, _ = json.loads((scratch / RECORD_EXACT).read_text())
        pages = {path: _both(phases, exact.get(path)) for path, phases in pages.items()}
    packing = _Packing(staged / SITE_PACKAGES, opened, loaded, pages, looked)
    write(staged / BUNDLE, release_id, packing.index(), packing.contents)
    modules = sum(path.endswith(".pyc") for path in packing.files)
    return {
        "message": f"{modules} modules, {len(packing.libraries)} extension modules",
        "modules": modules,
        "libraries": len(packing.libraries),
        "reads": len(packing.jobs),
        "bytes": sum(size for _, _, size in packing.jobs),
    }


def _both(phases: tuple[Runs, Runs], exact: tuple[Runs, Runs] | None) -> list[Runs]:
    """The pages of the first record that the second has, too."""
    if exact is None:
        return list(phases)
    seen = {page for runs in exact for first, count in runs for page in range(first, first + count)}
    return [
        [(page, 1) for first, count in runs for page in range(first, first + count) if page in seen]
        for runs in phases
    ]


class _Packing:
    def __init__(
        self,
        root: Path,
        opened: list[str],
        loaded: dict[str, list[str]],
        pages: dict[str, tuple[Runs, Runs]],
        looked: list[str],
    ) -> None:
        self.root = root
        self.files: dict[str, tuple[int, int, int, int]] = {}
        self.contents: list[bytes] = []
        self.jobs: list[tuple[str, int, int]] = []
        self.libraries: dict[str, int] = {}
        self._pages = pages
        self._end = 0
        opened, looked = ([p for p in found if p[:3] != "../"] for found in (opened, looked))
        self._folders = self._names(looked, opened)
        self._add(FOLDERS)
        # What was only tried is in the record, too.
        opened = [path for path in opened if self.file(path).is_file()]
        for path in opened:
            if path.endswith(".pyc"):
                self._add(path)
        self._read("", [(0, self._end)])
        for path in filter(loaded.__contains__, opened):
            self._library(path, loaded[path])
        for path in loaded[""]:
            self._read(path, self._hot(path, 0))
        begin = self._end
        for path in opened:
            if path not in self.files and path not in pages and self._size(path) <= DATA:
                self._add(path)
        self._read("", [(begin, self._end)])
        for path in pages:
            if path not in self.files:
                self._read(path, self._hot(path, 1))

    def file(self, path: str) -> Path:
        return self.root / path

    def index(self) -> Index:
        return self.files, self._listing(), self.jobs, self.libraries

    def _library(self, path: str, companions: list[str]) -> None:
        """Plan how an extension module, and what comes with it, gets into memory."""
        for part in (path, *companions):
            self._read(part, self._hot(part, 0))
        self.libraries[path] = len(self.jobs)

    def _add(self, path: str) -> None:
        data = self._folders if path == FOLDERS else self.file(path).read_bytes()
        content = packed(data)
        self.files[path] = self._end, len(content), zlib.crc32(content), len(data)
        self.contents.append(content)
        self._end += len(content)

    def _names(self, looked: list[str], opened: list[str]) -> bytes:
        """What is in each directory without links that was asked for, or the nearest above it."""
        wanted = [path for path in opened if not path.endswith((".py", *CODE))]
        wanted += [path for path in looked if path != "./"]
        found: dict[str, dict[str, bool]] = {}
        for folder in dict.fromkeys(["", *map(os.path.dirname, wanted)]):
            while folder and not (self.root / folder).is_dir():
                folder = os.path.dirname(folder)  # noqa: PTH120
            entries = list(os.scandir(self.root / folder))
            if not any(entry.is_symlink() for entry in entries):
                found[folder] = {entry.name: entry.is_dir() for entry in entries}
        return marshal.dumps(found)

    def _hot(self, path: str, phase: int) -> list[tuple[int, int]]:
        """Byte ranges of a library, merged; of one without a record all, if it is small."""
        size = self._size(path)
        if path not in self._pages:
            return [(0, size)] if size <= SMALL and phase == 0 else []
        ranges: list[tuple[int, int]] = []
        for first, count in self._pages[path][phase]:
            begin, end = first * PAGE, min((first + count) * PAGE, size)
            if ranges and begin - ranges[-1][1] <= GAP:
                begin = ranges.pop()[0]
            ranges.append((begin, end))
        return ranges

    def _read(self, path: str, ranges: list[tuple[int, int]]) -> None:
        for begin, end in ranges:
            self.jobs += [
                (path, offset, min(READ, end - offset)) for offset in range(begin, end, READ)
            ]

    def _size(self, path: str) -> int:
        return self.file(path).stat().st_size

    def _listing(self) -> dict[str, frozenset[str]]:
        """The importable names in each directory where an import looked, and just below."""
        folders = {""}
        for path in filter(lambda path: path.endswith(CODE), (*self.files, *self.libraries)):
            folder = os.path.dirname(path)  # noqa: PTH120
            while folder not in folders:
                folders.add(folder)
                folder = os.path.dirname(folder)  # noqa: PTH120
        suffixes = tuple(all_suffixes())
        listing: dict[str, frozenset[str]] = {}

        def add(folder: str, level: int) -> None:
            found = list(os.scandir(self.root / folder))
            listing[folder] = frozenset(
                entry.name + "/" * entry.is_dir()
                for entry in found
                if entry.is_dir() or entry.name.endswith(suffixes)
            )
            for entry in found:
                path = f"{folder}/{entry.name}".lstrip("/")
                if level == 0 and path not in folders and entry.is_dir():
                    add(path, 1)

        for folder in folders:
            add(folder, 0)
        return listing
