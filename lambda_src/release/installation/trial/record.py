"""What an import touches, recorded in the interpreter that makes the smoke import."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from typing import Any

from .defer import able, bound

PAGE = os.sysconf("SC_PAGE_SIZE")
_PRESENT = bytes(value >> 6 != 0 for value in range(256))
_MAPPED = re.compile(r"([0-9a-f]+)-([0-9a-f]+) \S+ ([0-9a-f]+) \S+ \d+ +(/.*)")

_ANSWERED = "tokenize.py", "importlib._bootstrap_external>", "zipimport>"
"""Who reads files that are no data: linecache reads through tokenize."""

Runs = list[tuple[int, int]]


class Record:
    """The files under a directory that this process opens from now on.

    ``opened`` has each file in order of first use, ``looked`` those that Python code read as data,
    and the directories that it listed, with ``/`` at the end; ``loaded`` each extension module with
    the libraries that came with it, ``pages`` for each library the runs (first page, pages) touched
    while it was loaded, and those touched later; all in the first with ``once``, which looks at the
    libraries in the end alone. ``problem`` says why the recording is not complete.
    """

    def __init__(self, root: str, once: bool = False) -> None:
        self._root = root + "/"
        self._once = once
        self._active = True
        self.problem = ""
        self._first: dict[str, bytearray] = {}
        self.opened: dict[str, None] = {}
        self.looked: dict[str, None] = {}
        self.loaded: dict[str, list[str]] = {"": []}
        self.pages: dict[str, tuple[Runs, Runs]] = {}
        sys.addaudithook(self._hook)

    def write(self, target: str, answers: dict[str, Any]) -> None:
        """End the recording and write it as JSON, if that is possible.

        With it go the CPU time so far, `able` and `bound`, and the model's answers.
        """
        self._active = False
        try:
            self._write(target, answers)
        except Exception as error:
            # A thread of the model may load a library meanwhile.
            self.problem = repr(error)

    def _write(self, target: str, answers: dict[str, Any]) -> None:
        self._look()
        for path, pages in self._mapped().items():
            first = self._first[path]
            later = bytes(now and not then for now, then in zip(pages, first, strict=False))
            self.pages[path] = _runs(first), _runs(later)
        with open(target, "w") as stream:  # noqa: PTH123
            found = list(self.opened), self.loaded, self.pages, list(self.looked)
            root = self._root[:-1]
            used = time.process_time()
            json.dump([*found, used, able(root), bound(root), answers], stream)

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in ("os.listdir", "os.scandir"):
            self._note(arguments[0], "/")
            return
        if not self._active or event not in ("open", "import", "ctypes.dlopen"):
            return
        if event == "open" and arguments[1] == "r":
            self._note(arguments[0])
        path = arguments[event == "import"]
        if isinstance(path, bytes | os.PathLike):
            path = os.fsdecode(path)
        if not isinstance(path, str) or not path.startswith(self._root):
            return
        self._active = False
        try:
            name = os.path.normpath(path[len(self._root) :])
            if event == "open":
                self.opened[name] = None
            else:
                if not self._once:
                    self._look()
                self.loaded.setdefault(name, [])
                self.opened[name] = None
        except Exception as error:
            # Raised in here it would look like an error of the import. It stays inactive.
            self.problem = repr(error)
        else:
            self._active = True

    def _note(self, path: object, end: str = "") -> None:
        """Note what Python code asks for, if that is not a part of importing or of tracing."""
        if not self._active or not isinstance(path, str | os.PathLike):
            return
        name = os.fspath(path)
        if isinstance(name, str) and f"{name}/".startswith(self._root):
            caller = sys._getframe(2).f_code.co_filename
            if not caller.endswith(_ANSWERED):
                self.looked[os.path.normpath(name[len(self._root) :]) + end] = None

    def _look(self) -> None:
        """Note the libraries that have been mapped since the last look."""
        if new := self._mapped(known=self._first):
            last = list(self.loaded)[-1]
            self.loaded[last] += [path for path in new if path != last]
            self._first |= new

    def _mapped(self, known: dict[str, bytearray] | None = None) -> dict[str, bytearray]:
        """The pages of each library in this process's page table, a byte for each.

        The kernel maps up to 64 KiB around a fault, so that is how exact it is (mm/memory.c,
        do_fault_around). Nothing here needs a privilege.
        """
        found: dict[str, bytearray] = {}
        with open("/proc/self/maps") as maps, open("/proc/self/pagemap", "rb", 0) as pagemap:  # noqa: PTH123
            for line in maps:
                mapping = _MAPPED.match(line)
                if mapping is None or not mapping[4].startswith(self._root):
                    continue
                path = mapping[4][len(self._root) :]
                if known is not None and path in known:
                    continue
                begin, end, offset = (int(mapping[group], 16) for group in (1, 2, 3))
                pages = found.setdefault(path, bytearray())
                first, count = offset // PAGE, (end - begin) // PAGE
                pages.extend(bytes(max(0, first + count - len(pages))))
                pagemap.seek(begin // PAGE * 8)
                entries = pagemap.read(count * 8)
                for at, present in enumerate(entries[7::8].translate(_PRESENT), first):
                    pages[at] |= present
        return found


def _runs(pages: bytes | bytearray) -> Runs:
    return [(run.start(), run.end() - run.start()) for run in re.finditer(b"\x01+", pages)]
