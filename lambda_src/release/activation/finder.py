"""Imports from a release, answered from its bundle where that has the answer.

An entry of ``sys.path_hooks`` for the release's directories alone, so ``sys.path`` keeps its
meaning and order. Finder and loaders are importlib's own; only where they would list a directory
or read a file, the bundle is asked first. A release never changes, so that is the same.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
    SourcelessFileLoader,
)
from importlib.util import spec_from_file_location
from types import CodeType, ModuleType
from typing import Any

from ..bundle import Bundle
from ..lazy import LazyLoader, loaders
from .files import Files
from .readers import Readers


class Imports:
    """What the loaders of one release share."""

    def __init__(self, root: str, bundle: Bundle, readers: Readers) -> None:
        self.root = root
        self.bundle = bundle
        read = max((begin + size for path, begin, size in bundle.jobs if not path), default=0)
        self.bundle.jobs.clear()
        self._readers: Readers | None = readers
        self._files = Files(self.inside, bundle)
        self._next = iter([name for name, (at, *_) in bundle.files.items() if at < read])
        self._ahead: dict[str, CodeType] = {}
        self.sources: Callable[[str, str], SourceFileLoader] = partial(SourceLoader, self)
        """Makes the loader of a source."""
        if bundle.lazy:
            late = partial(LateSourceLoader, self)
            self.sources = loaders(bundle.lazy, self.sources, late)

    def install(self) -> None:
        """Answer imports of the release, and questions for its files, from now on."""
        sys.path_hooks.insert(0, self._hook)
        for path in list(sys.path_importer_cache):
            if self.inside(path) is not None:
                del sys.path_importer_cache[path]
        self._files.install()

    def settle(self) -> None:
        """The cold start is over: replace nothing any more, and hold no more memory than it takes
        to answer later imports.
        """
        self._files.remove()
        self._readers = None
        self._next = iter(())
        self._ahead.clear()

    def inside(self, path: str) -> str | None:
        """A path as the bundle has it, or None outside of site-packages."""
        if path.startswith(self.root) and path[len(self.root) : len(self.root) + 1] in ("", "/"):
            return path[len(self.root) + 1 :]
        return None

    def read(self, path: str) -> bytes | None:
        """A file, if the bundle has it."""
        name = self.inside(path)
        return None if name is None else self.bundle.read(name)

    def ahead(self) -> bool:
        """Prepare the code of a module that will be imported; false if there is none."""
        for name in self._next:
            if name.endswith(".pyc"):
                path = f"{self.root}/{name}"
                with contextlib.suppress(Exception):
                    path = importlib.util.source_from_cache(path)
                    code = _Bytecode(self, "ahead", path).get_code("ahead")
                    if code is not None:
                        self._ahead[path] = code
                return True
        return False

    def code(self, fullname: str, path: str) -> CodeType | None:
        """The code of a source, if it was prepared, or the bundle has its bytecode."""
        if (code := self._ahead.pop(path, None)) is not None:
            return code
        if self.inside(importlib.util.cache_from_source(path)) not in self.bundle.files:
            return None
        return _Bytecode(self, fullname, path).get_code(fullname)

    def wait(self, path: str) -> None:
        """Wait until a library can be read from memory."""
        readers = self._readers  # another thread may settle meanwhile
        if readers is not None:
            readers.wait(self.bundle.libraries.get(self.inside(path) or "", 0), self.ahead)

    def _hook(self, path: str) -> Finder:
        name = self.inside(path)
        if name is None or not (name in self.bundle.listing or os.path.isdir(path)):  # noqa: PTH112
            raise ImportError("not a directory of the release", path=path)
        return Finder(self, path)


class Finder(FileFinder):
    """Finds modules in one directory of a release."""

    def __init__(self, imports: Imports, path: str) -> None:
        kinds: list[tuple[Any, list[str]]] = [
            (partial(ExtensionLoader, imports), EXTENSION_SUFFIXES),
            (imports.sources, SOURCE_SUFFIXES),
            (SourcelessFileLoader, BYTECODE_SUFFIXES),
        ]
        super().__init__(path, *kinds)
        self._imports = imports
        self._kinds = [(suffix, loader) for loader, suffixes in kinds for suffix in suffixes]

    def find_spec(self, fullname: str, target: ModuleType | None = None) -> ModuleSpec | None:
        """As FileFinder finds it: package, module, namespace package, in this order."""
        tail = fullname.rpartition(".")[2]
        names = self._names(self.path)
        below = self._names(f"{self.path}/{tail}")
        is_folder = names is not None and f"{tail}/" in names
        if names is None or (is_folder and below is None):
            return super().find_spec(fullname, target)
        folder = f"{self.path}/{tail}"
        for suffix, loader in self._kinds if is_folder else ():
            if f"__init__{suffix}" in (below or ()):
                path = f"{folder}/__init__{suffix}"
                return spec_from_file_location(
                    fullname,
                    path,
                    loader=loader(fullname, path),
                    submodule_search_locations=[folder],
                )
        for suffix, loader in self._kinds:
            if tail + suffix in names:
                path = f"{self.path}/{tail}{suffix}"
                return spec_from_file_location(fullname, path, loader=loader(fullname, path))
        if not is_folder:
            return None
        spec = ModuleSpec(fullname, None)
        spec.submodule_search_locations = [folder]
        return spec

    def _names(self, path: str) -> frozenset[str] | None:
        return self._imports.bundle.listing.get(self._imports.inside(path) or "")


class SourceLoader(SourceFileLoader):
    """Loads a module from its source's bytecode in the bundle."""

    def __init__(self, imports: Imports, fullname: str, path: str) -> None:
        super().__init__(fullname, path)
        self._imports = imports

    def get_code(self, fullname: str) -> CodeType | None:
        return self._imports.code(fullname, self.path) or super().get_code(fullname)

    def get_data(self, path: str) -> bytes:
        data = self._imports.read(path)
        return super().get_data(path) if data is None else data

    def __reduce__(self) -> tuple[Any, ...]:
        return SourceFileLoader, (self.name, self.path)


class _Bytecode(SourceLoader):
    """Makes code of bytecode in the bundle as importlib makes it of a file."""

    def get_code(self, fullname: str) -> CodeType | None:
        return SourceFileLoader.get_code(self, fullname)

    def path_stats(self, path: str) -> Mapping[str, Any]:  # noqa: ARG002
        # Only compared with what bytecode says that is to be checked; a release's is not.
        return {"mtime": 0, "size": 0}


class LateSourceLoader(LazyLoader, SourceLoader):  # type: ignore[misc]
    """The same for a module that waits for its first use, or a package that has such modules."""


class ExtensionLoader(ExtensionFileLoader):
    """Loads an extension module when its pages are there."""

    def __init__(self, imports: Imports, fullname: str, path: str) -> None:
        super().__init__(fullname, path)
        self._imports = imports

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        self._imports.wait(self.path)
        return super().create_module(spec)

    def __reduce__(self) -> tuple[Any, ...]:
        return ExtensionFileLoader, (self.name, self.path)
