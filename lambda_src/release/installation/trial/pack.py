"""Making a release's bundle from what was recorded of its import."""

from __future__ import annotations

import json
import os
import zlib
from importlib.machinery import EXTENSION_SUFFIXES, all_suffixes
from pathlib import Path

from ...bundle import BUNDLE, READ, Index, packed, write
from ...layout import SITE_PACKAGES
from ...lazy import Lazy
from .record import PAGE, Runs
from .smoke import RECORD, RECORD_EXACT

SMALL = 4 << 20
"""Bytes of a library that is read whole where nothing is recorded of it, at most."""

GAP = 16 << 10
"""Bytes between two hot ranges that are read as well, at most, to save a round trip."""

DATA = 1 << 20
"""Bytes of a data file that is packed, at most."""

MANY = 100
"""Data files that an import reads, at least, for ``open`` to be replaced during a cold start. Each
takes LOOKUP, OPEN, READ and CLOSE from EFS. A first use of TensorFlow, scikit-learn, pandas or
pydantic reads fewer than 10, one of transformers 1,700."""

CODE = (".pyc", *EXTENSION_SUFFIXES)
"""What the names of files end with that are only imported."""


def pack(staged: Path, release_id: str, scratch: Path, lazy: Lazy) -> dict[str, object]:
    """Write the bundle of a staged release, by the records in the scratch folder.

    Modules that are ``lazy`` wait for their first use. Returns what is in it, for the log;
    ``modules`` only if there is one.

    A release works without a bundle, so where it cannot be made, that is all that happens.
    """
    try:
        return _pack(staged, release_id, scratch, lazy)
    except Exception as error:
        (staged / BUNDLE).unlink(missing_ok=True)
        return {"message": f"none, so imports go the plain way: {type(error).__name__}: {error}"}


def _pack(staged: Path, release_id: str, scratch: Path, lazy: Lazy) -> dict[str, object]:
    opened, loaded, pages, looked, *_ = json.loads((scratch / RECORD).read_text())
    later: list[str] = []
    if (scratch / RECORD_EXACT).exists():
        plain = opened
        opened, again, exact, looked, *_ = json.loads((scratch / RECORD_EXACT).read_text())
        # What the second import has not used is not read ahead.
        later = [path for path in plain if path.endswith(".pyc") and path not in {*opened}]
        loaded = {
            path: [each for each in found if each in exact]
            for path, found in loaded.items()
            if path in again
        }
        pages = {path: _both(pages[path], exact[path]) for path in pages if path in exact}
    packing = _Packing(staged / SITE_PACKAGES, opened, loaded, pages, looked)
    packing.add_later(later)
    write(staged / BUNDLE, release_id, packing.index(lazy), packing.contents)
    modules = sum(path.endswith(".pyc") for path in packing.files)
    return {
        "message": f"{modules} modules, {len(packing.libraries)} extension modules",
        "modules": modules,
        "later": len(later),
        "libraries": len(packing.libraries),
        "reads": len(packing.jobs),
        "bytes": sum(size for _, _, size in packing.jobs),
    }


def _both(phases: tuple[Runs, Runs], exact: tuple[Runs, Runs]) -> list[Runs]:
    """The pages of the first record that the second has, too."""
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
        # What was only tried is in the record, too.
        opened = [path for path in opened if self.file(path).is_file()]
        for path in opened:
            if path.endswith(".pyc"):
                self._add(path)
        self._read("", [(0, self._end)])
        self.jobs += [(path, 0, 0) for path in looked if path.endswith("/")]
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
        data = self.files.keys() & {path for path in looked if not path.endswith(CODE)}
        self.data = frozenset(data if len(data) >= MANY else ())

    def file(self, path: str) -> Path:
        return self.root / path

    def add_later(self, paths: list[str]) -> None:
        """Pack files that nobody reads ahead."""
        for path in paths:
            if path[:3] != "../" and self.file(path).is_file():
                self._add(path)

    def index(self, lazy: Lazy) -> Index:
        return self.files, self._listing(), self.jobs, self.libraries, self.data, lazy

    def _library(self, path: str, companions: list[str]) -> None:
        """Plan how an extension module, and what comes with it, gets into memory."""
        for part in (path, *companions):
            self._read(part, self._hot(part, 0))
        self.libraries[path] = len(self.jobs)

    def _add(self, path: str) -> None:
        data = self.file(path).read_bytes()
        content = packed(data)
        self.files[path] = self._end, len(content), zlib.crc32(content), len(data)
        self.contents.append(content)
        self._end += len(content)

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
