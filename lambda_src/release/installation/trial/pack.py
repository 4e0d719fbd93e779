"""Making a release's bundle from what was recorded of its import."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable
from importlib.machinery import EXTENSION_SUFFIXES, all_suffixes
from pathlib import Path

from ...bundle import BUNDLE, READ, Index, packed, write
from ...layout import SITE_PACKAGES
from ...lazy import Lazy
from .elf import code
from .record import PAGE, Runs
from .smoke import RECORD, RECORD_EXACT

SMALL = 4 << 20
"""Bytes of a library that is read whole where nothing is recorded of it, at most."""

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
    exact: dict[str, tuple[Runs, Runs]] = {}
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
        pages = {path: pages[path] for path in pages if path in exact}
    hot = {path: [_pages(runs, exact.get(path)) for runs in pages[path]] for path in pages}
    packing = _Packing(staged / SITE_PACKAGES, opened, loaded, hot, looked)
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


def _pages(runs: Runs, exact: tuple[Runs, Runs] | None) -> list[int]:
    """The pages of a record that a more exact one has, too, if there is one."""
    pages = [page for first, count in runs for page in range(first, first + count)]
    if exact is None:
        return pages
    seen = {page for phase in exact for page in _pages(phase, None)}
    return [page for page in pages if page in seen]


class _Packing:
    def __init__(
        self,
        root: Path,
        opened: list[str],
        loaded: dict[str, list[str]],
        hot: dict[str, list[list[int]]],
        looked: list[str],
    ) -> None:
        self.root = root
        self.files: dict[str, tuple[int, int, int, int]] = {}
        self.contents: list[bytes] = []
        self.jobs: list[tuple[str, int, int]] = []
        self.libraries: dict[str, int] = {}
        self._known = hot
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
            self._read_pages(path, self._hot(path))
        begin = self._end
        for path in opened:
            if path not in self.files and path not in hot and self._size(path) <= DATA:
                self._add(path)
        self._read("", [(begin, self._end)])
        for path, (_, pages) in hot.items():
            if path not in self.files:
                self._read_pages(path, pages)
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
        """Plan how an extension module, and what comes with it, gets into memory.

        The loader first binds names, which takes tables and data alone. It can begin when they are
        there; meanwhile comes the code, that of what others depend on first.
        """
        parts = [(part, *self._apart(part)) for part in (path, *companions)]
        for part, tables, _ in parts:
            self._read_pages(part, tables)
        self.libraries[path] = len(self.jobs)
        for part, _, executed in reversed(parts):
            self._read_pages(part, executed)

    def _apart(self, path: str) -> tuple[list[int], list[int]]:
        """The hot pages of a library: those that are not code alone, and the others."""
        parts = [range(-(-part.start // PAGE), part.stop // PAGE) for part in code(self.file(path))]
        found: tuple[list[int], list[int]] = [], []
        for page in self._hot(path):
            found[any(page in pages for pages in parts)].append(page)
        return found

    def _add(self, path: str) -> None:
        data = self.file(path).read_bytes()
        content = packed(data)
        self.files[path] = self._end, len(content), zlib.crc32(content), len(data)
        self.contents.append(content)
        self._end += len(content)

    def _hot(self, path: str) -> Iterable[int]:
        """The pages of a library that loading it touches; of one without a record all, if it is
        small."""
        if path in self._known:
            return self._known[path][0]
        size = self._size(path)
        return range(-(-size // PAGE) if size <= SMALL else 0)

    def _read_pages(self, path: str, pages: Iterable[int]) -> None:
        size = self._size(path)
        ranges: list[tuple[int, int]] = []
        for page in pages:
            begin, end = page * PAGE, min((page + 1) * PAGE, size)
            if ranges and begin == ranges[-1][1]:
                begin = ranges.pop()[0]
            ranges.append((begin, end))
        self._read(path, ranges)

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
