"""Leaving out of a release what a run cannot use: on EFS it is the files that cost time.

Pruned are large trees of headers that a package hands to compilers, and static libraries, as far as
no module names the file; tests inside packages where options.py says so. Whatever may be data of a
package stays, and so do licences, ``*.dist-info`` and the packages that are to be kept. So the same
lock gives the same files, whatever model.py does; the smoke import finds out whether that lacks one
of them, and `blame` which. The release knows what it is without, see ``release/pruned.py``.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Collection, Iterator, Mapping
from importlib.util import cache_from_source, source_from_cache
from pathlib import Path

from ... import pruned
from ...layout import LOCK_AGAIN, ExitCode, InstallError
from ..trial.smoke import NOT_ENDED, RECORD, Smoke
from .records import owners, records

MANY = 1_000
"""Headers of a tree, at least; fewer cost no time. TensorFlow and PyTorch have thousands, what
packages read themselves are a few."""
_HEADERS = ("h", "hh", "hpp", "hxx", "h++", "cuh", "inc", "inl", "ipp", "tcc")
_LIBRARIES = ("a", "lib")
_TREE = re.compile(rf"((?:[^/]+/)+?include)/.*\.(?:{'|'.join(map(re.escape, _HEADERS))})")
_GIVES_TREE = re.compile(rb"^[ \t]*def (?:get_include|include_paths)\(", re.MULTILINE)
"""How packages hand their headers to who compiles against them: NumPy, TensorFlow, PyArrow, and
PyTorch. A tree of another package may be for a compiler of its own, which runs (Zig, CuPy)."""
_NAMED = re.compile(
    rf"\.(?:{'|'.join(map(re.escape, (*_HEADERS, *_LIBRARIES)))})(?![\w.])".encode()
)
_STEM = re.compile(rb"[\w+.-]+$")
_LONGEST_NAME = 255
_TEST = re.compile(r"[^/]+/(?:.*/)?tests/")
_METADATA = re.compile(
    r"\.dist-info/|(?:^|/)(?:licen[cs]e|copying|copyright|notice|authors|patents)[^/]*$|\.typed$",
    re.IGNORECASE,
)


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
        paths = list(self._paths())
        trees = self._trees(paths)
        found: dict[str, str] = {}
        for path in paths:
            kind = self._kind(path, trees)
            if kind and not self._kept & {path, self._source(path)}:
                found[path] = kind
        named = self._named() if {*found.values()} - {"tests"} else set()
        for path, kind in found.items():
            if kind == "tests" or path.rpartition("/")[2] not in named:
                size = (self._root / path).lstat().st_size
                self.files.setdefault(kind, {})[path] = size
        self.put_back(())

    def put_back(self, paths: Collection[str]) -> None:
        """Put back these, and none else, of what is pruned."""
        all_paths = [path for files in self.files.values() for path in files]
        for path in all_paths:
            here, away = self._root / path, self._pruned / path
            source, target = (away, here) if path in paths else (here, away)
            if os.path.lexists(source):
                target.parent.mkdir(parents=True, exist_ok=True)
                source.rename(target)
        for folder in {os.path.dirname(path) for path in all_paths}:  # noqa: PTH120
            self._remove_if_empty(folder)

    def note(self, staged: Path) -> None:
        """Write down in the release what it is without, if it is without anything."""
        packages = owners(self._root)
        found: dict[str, list[str]] = {}
        for path in sorted(path for files in self.files.values() for path in files):
            if not path.endswith(".pyc"):  # its source says it
                found.setdefault(packages.get(path, ""), []).append(path)
        if found:
            pruned.write(staged, found)

    def __str__(self) -> str:
        """Such as ``headers 8,570 files, 117.3 MB; static-libraries 2 files, 0.1 MB``."""
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

    def _paths(self) -> Iterator[str]:
        for folder, _, names in os.walk(self._root):
            prefix = f"{folder}/"[len(str(self._root)) + 1 :]
            yield from (prefix + name for name in names)

    def _trees(self, paths: Collection[str]) -> set[str]:
        """The large trees of headers of packages that hand them to compilers."""
        sizes: dict[str, int] = {}
        for path in paths:
            if tree := _TREE.fullmatch(path):
                sizes[tree[1]] = sizes.get(tree[1], 0) + 1
        trees = {tree for tree, size in sizes.items() if size >= MANY}
        tops = {tree.partition("/")[0] for tree in trees}
        gives = {top for top in tops if any(map(_GIVES_TREE.search, self._sources(top)))}
        return {tree for tree in trees if tree.partition("/")[0] in gives}

    def _kind(self, path: str, trees: Collection[str]) -> str | None:
        """The class of a file, None for one that stays."""
        if _METADATA.search(path) or (path.endswith(".pyc") and not self._source(path)):
            return None
        if self._tests and _TEST.match(path):
            return "tests"
        if (tree := _TREE.fullmatch(path)) and tree[1] in trees:
            return "headers"
        if path.endswith(tuple(f".{ending}" for ending in _LIBRARIES)):
            with (self._root / path).open("rb") as stream:
                return "static-libraries" if stream.read(8) == b"!<arch>\n" else None
        return None

    def _named(self) -> set[str]:
        """The names of headers and static libraries in all modules: one may read another's."""
        found = set()
        for text in self._sources(""):
            for ending in _NAMED.finditer(text):
                stem = _STEM.search(text, max(0, ending.start() - _LONGEST_NAME), ending.start())
                if stem:
                    found.add((stem[0] + ending[0]).decode())
        return found

    def _sources(self, folder: str) -> Iterator[bytes]:
        """The text of each module below a folder."""
        for here, _, names in os.walk(self._root / folder):
            for name in names:
                if name.endswith(".py") and (path := Path(here, name)).is_file():
                    yield path.read_bytes()

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
    paths = sorted(path for files in pruning.files.values() for path in files)

    def succeeds_with(back: Collection[str]) -> bool:
        pruning.put_back(back)
        try:
            smoke.run()
        except InstallError:
            return False
        return True

    if not paths or NOT_ENDED in str(error):
        return error
    packages = owners(smoke.site_packages)
    if not succeeds_with(set(paths)):
        # Something else is wrong as well, or alone.
        pruning.put_back(())
        named = pruned.asked_for([str(error)], str(smoke.site_packages), paths)
        return _needs(error, named, packages) if named else error
    with contextlib.suppress(ValueError):  # of an import that could not be recorded
        opened, _, _, looked = json.loads((smoke.scratch / RECORD).read_text())
        asked = {*opened, *(path.rstrip("/") for path in looked)}
        paths.sort(key=lambda path: asked.isdisjoint((path, os.path.dirname(path))))  # noqa: PTH120
    needed: list[str] = []
    back: set[str] = set()
    while not (needed and succeeds_with(back)):
        few, enough = 0, len(paths)
        while enough - few > 1:
            # By powers of two at first: what the import has opened comes first.
            middle = min(2 * few + 1, (few + enough) // 2)
            if succeeds_with({*back, *paths[:middle]}):
                enough = middle
            else:
                few = middle
        path = paths[enough - 1]
        if path in needed:
            break  # it fails sometimes
        needed.append(path)
        owner = packages.get(path)
        back |= {path, *(other for other in paths if packages.get(other) == owner)}
    return _needs(error, needed, packages)


def _needs(
    error: InstallError, paths: Collection[str], packages: Mapping[str, str]
) -> InstallError:
    said = pruned.said(paths, {packages.get(path, "") for path in paths})
    return InstallError(error.code, f"{str(error).rpartition(chr(10))[0]}\n{said}")


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
