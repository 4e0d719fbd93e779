"""Leaving out of a release what a run cannot use: on EFS it is the files that cost time.

Pruned are C, C++ and CUDA headers, static libraries, type stubs, and the bytecode that the bundle
has; tests inside packages where options.py says so. What the recorded import has read stays,
whatever it is, and so do licences, ``*.dist-info`` and the packages that are to be kept.
"""

from __future__ import annotations

import contextlib
import csv
import importlib.metadata
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from importlib.machinery import all_suffixes
from importlib.util import cache_from_source, source_from_cache
from pathlib import Path

from ..layout import ExitCode, InstallError
from .log import log
from .options import normal
from .smoke import PYCACHE, RECORD

BYTECODE = "bytecode"
_HEADER = re.compile(r"\.(?:h|hh|hpp|hxx|h\+\+|cuh)$|(?:^|/)include/.*\.(?:inc|inl|ipp|tcc)$")
_TEST = re.compile(r"[^/]+/(?:.*/)?tests/")
_METADATA = re.compile(
    r"\.dist-info/|(?:^|/)(?:licen[cs]e|copying|copyright|notice|authors|patents)[^/]*$|\.typed$",
    re.IGNORECASE,
)
_READS_STUBS = re.compile(rb"attach_stub|\.pyi\b|^(?:def )?\(?__getattr__\b", re.MULTILINE)
"""In a module that takes its names from its stub, by lazy_loader or in another way."""


class Pruning:
    """What is pruned of a staged release: ``files`` has by class each path and its size."""

    def __init__(self, site_packages: Path, scratch: Path, options: Mapping[str, str]) -> None:
        self.files: dict[str, dict[str, int]] = {}
        self._root = site_packages
        self._scratch = scratch
        self._tests = options.get("prune") == "tests"
        self._kept = set(_owned(site_packages, options.get("keep", "").split()))

    def run(self) -> None:
        """Move aside what is pruned, and remove the directories that this empties.

        Without a record of the import nothing is.
        """
        try:
            opened = json.loads((self._scratch / RECORD).read_text())[0]
        except (OSError, ValueError) as error:
            log("prune", f"the import was not recorded: {error}")
            return
        code = {path for path in opened if path.endswith(".pyc") and self._source(path)}
        used = {*opened, *map(source_from_cache, code)} - code
        for folder, _, names in os.walk(self._root):
            for name in names:
                path = f"{folder}/{name}"[len(str(self._root)) + 1 :]
                kind = BYTECODE if path in code else self._kind(path)
                if kind and path not in used and not self._kept & {path, self._source(path)}:
                    size = (self._root / path).lstat().st_size
                    self.files.setdefault(kind, {})[path] = size
        pruned = {path for files in self.files.values() for path in files}
        for path in pruned | code:
            move = os.rename if path in pruned else os.link
            _to(aside(self._root, self._scratch, path), move, f"{self._root}/{path}")
        for folder in {os.path.dirname(path) for path in pruned}:  # noqa: PTH120
            self._remove_if_empty(folder)

    def put_back(self, *kinds: str) -> None:
        """Undo it for these classes, or for all."""
        for kind in kinds or list(self.files):
            for path in self.files.pop(kind, ()):
                pruned = aside(self._root, self._scratch, path)
                _to(f"{self._root}/{path}", os.rename, pruned)

    def __str__(self) -> str:
        """Such as ``headers 8,570 files, 117.3 MB; stubs 320 files, 1.4 MB``."""
        each = [
            f"{kind} {sizes['files']:,} files, {sizes['bytes'] / 1e6:,.1f} MB"
            for kind, sizes in self.numbers().items()
        ]
        return "; ".join(each) or "nothing"

    def numbers(self) -> dict[str, dict[str, int]]:
        """Files and bytes by class."""
        return {
            kind: {"files": len(files), "bytes": sum(files.values())}
            for kind, files in sorted(self.files.items())
        }

    def _kind(self, path: str) -> str | None:
        """The class of a file that the import has not read, None for one that stays."""
        if _METADATA.search(path) or (path.endswith(".pyc") and not self._source(path)):
            return None
        if self._tests and _TEST.match(path):
            return "tests"
        if _HEADER.search(path):
            return "headers"
        if path.endswith((".a", ".lib")):
            with (self._root / path).open("rb") as stream:
                return "static-libraries" if stream.read(8) == b"!<arch>\n" else None
        return "stubs" if path.endswith(".pyi") and self._is_stub(path) else None

    def _is_stub(self, path: str) -> bool:
        """Whether it is for type checkers alone: beside modules, and none that reads it."""
        if path.partition("/")[0].endswith("-stubs"):
            return True
        source = self._root / path.removesuffix("i")
        if source.is_file():
            return not _READS_STUBS.search(source.read_bytes())
        return any(name.endswith(tuple(all_suffixes())) for name in os.listdir(source.parent))  # noqa: PTH208

    def _source(self, path: str) -> str:
        """The source of a file of bytecode, "" if it is none or has none."""
        with contextlib.suppress(ValueError):
            source = source_from_cache(path)
            if cache_from_source(source) == path and (self._root / source).is_file():
                return source
        return ""

    def _remove_if_empty(self, folder: str) -> None:
        with contextlib.suppress(OSError):  # not empty, or another path's turn has removed it
            while folder:
                (self._root / folder).rmdir()
                folder = os.path.dirname(folder)  # noqa: PTH120


def aside(root: Path, scratch: Path, path: str) -> str:
    """Where a pruned file is. For bytecode that is its place below ``sys.pycache_prefix``."""
    place = re.sub(r"(^|/)__pycache__/([^/]+\.pyc)$", r"\1\2", path)
    return f"{scratch}/{PYCACHE}{root}/{place}"


def _to(target: str, move: Callable[[str, str], None], source: str) -> None:
    try:
        move(source, target)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
        move(source, target)


def _owned(root: Path, packages: list[str]) -> Iterator[str]:
    """The files of packages, by their RECORD. Raises InstallError for one without."""
    records = {
        normal(found.name): found.read_text("RECORD")
        for found in (importlib.metadata.distributions(path=[str(root)]) if packages else ())
    }
    for package in packages:
        if not (record := records.get(package)):
            raise InstallError(
                ExitCode.RESOLUTION,
                f"what belongs to {package} cannot be told, its wheel has no RECORD. Take it out "
                "of `# release: keep` in requirements.in, and run `make lock`.",
            )
        for path, *_ in csv.reader(record.splitlines()):
            yield re.sub(r"^(\.\./)+", "", path)
