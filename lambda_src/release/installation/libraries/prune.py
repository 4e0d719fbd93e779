"""Leaving out of a release what a run cannot use: on EFS it is the files that cost time.

Pruned are C, C++ and CUDA headers, static libraries, and type stubs; tests inside packages where
options.py says so. Licences, ``*.dist-info`` and the packages that are to be kept stay. So the
same lock gives the same files, whatever model.py does; the smoke import finds out whether that
lacks one of them, and `blame` which.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Collection, Iterator, Mapping
from importlib.machinery import all_suffixes
from importlib.util import cache_from_source, source_from_cache
from pathlib import Path

from ...layout import LOCK_AGAIN, ExitCode, InstallError
from ..trial.smoke import NOT_ENDED, RECORD, Smoke
from .records import owners as owners_of
from .records import records

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
        self._pruned = scratch / "pruned"
        self._tests = options.get("prune") == "tests"
        self._kept = set(_owned(site_packages, options.get("keep", "").split()))

    def run(self) -> None:
        """Move what is pruned out of the release, and remove the directories that this empties."""
        for folder, _, names in os.walk(self._root):
            for name in names:
                path = f"{folder}/{name}"[len(str(self._root)) + 1 :]
                kind = self._kind(path)
                if kind and not self._kept & {path, self._source(path)}:
                    size = (self._root / path).lstat().st_size
                    self.files.setdefault(kind, {})[path] = size
        self.put_back(())

    def put_back(self, paths: Collection[str]) -> None:
        """Put back these, and none else, of what is pruned."""
        pruned = [path for files in self.files.values() for path in files]
        for path in pruned:
            here, away = self._root / path, self._pruned / path
            source, target = (away, here) if path in paths else (here, away)
            if os.path.lexists(source):
                target.parent.mkdir(parents=True, exist_ok=True)
                source.rename(target)
        for folder in {os.path.dirname(path) for path in pruned}:  # noqa: PTH120
            self._remove_if_empty(folder)

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
        """The class of a file, None for one that stays."""
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


def blame(pruning: Pruning, smoke: Smoke, error: InstallError) -> InstallError:
    """What to raise for an import that has failed: whether it needs what was pruned, and which."""
    pruned = sorted(path for files in pruning.files.values() for path in files)

    def succeeds_with(paths: Collection[str]) -> bool:
        pruning.put_back(paths)
        try:
            smoke.run()
        except InstallError:
            return False
        return True

    if not pruned or NOT_ENDED in str(error) or not succeeds_with(set(pruned)):
        return error
    with contextlib.suppress(ValueError):  # of an import that could not be recorded
        opened, _, _, looked = json.loads((smoke.scratch / RECORD).read_text())
        asked = {*opened, *(path.rstrip("/") for path in looked)}
        pruned.sort(key=lambda path: asked.isdisjoint((path, os.path.dirname(path))))  # noqa: PTH120
    owners = owners_of(smoke.site_packages)
    needed: dict[str, str] = {}
    back: set[str] = set()
    while not (needed and succeeds_with(back)):
        few, enough = 0, len(pruned)
        while enough - few > 1:
            # By powers of two at first: what the import has opened comes first.
            middle = min(2 * few + 1, (few + enough) // 2)
            if succeeds_with({*back, *pruned[:middle]}):
                enough = middle
            else:
                few = middle
        path = pruned[enough - 1]
        if path in needed:
            break  # it fails sometimes
        needed[path] = owners.get(path, "")
        back |= {path, *(other for other in pruned if owners.get(other) == needed[path])}
    files, packages = ", ".join(needed), " ".join(sorted({*needed.values()}))
    return InstallError(
        error.code,
        f"{str(error).rpartition(chr(10))[0]}\nIt needs what is pruned of a release: {files}. "
        f"Write `# release: keep {packages}` on a line of its own into requirements.in, and "
        f"{LOCK_AGAIN}.",
    )


def _owned(root: Path, packages: list[str]) -> Iterator[str]:
    """The files of packages, by their RECORD. Raises InstallError for one without."""
    files = records(root) if packages else {}
    for package in packages:
        if package not in files:
            raise InstallError(
                ExitCode.RESOLUTION,
                f"what belongs to {package} is not known, its wheel has no RECORD. Take it out "
                f"of `# release: keep` in requirements.in, and {LOCK_AGAIN}.",
            )
        yield from files[package]
