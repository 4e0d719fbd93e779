"""Removing whole trees in parallel."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from ..parallel import pieces, spread
from .tree import DIRECTORIES, SLICE

PAUSE = 0.05
"""Seconds before what could not be removed is tried once more."""


def remove(root: Path) -> None:
    """Remove a tree if it is there, whatever lies in it. Nothing is opened, no link is followed.

    What cannot go does not keep the rest: it is tried three times, then the first error is raised.
    Others may remove the same tree meanwhile.
    """
    for last in (False, False, True):
        errors = _Removal(str(root)).run()
        if not errors:
            return
        if last:
            raise errors[0]
        time.sleep(PAUSE)


class _Removal:
    def __init__(self, root: str) -> None:
        self._root = root
        self._errors: list[OSError] = []
        self._files: list[str] = []
        self._deeper: list[str] = []

    def run(self) -> list[OSError]:
        """Remove what can be removed, and return what could not."""
        if os.path.islink(self._root) or not os.path.isdir(self._root):  # noqa: PTH112, PTH114
            self._all(os.unlink, [self._root])
            return self._errors
        levels = [[self._root]]
        while levels[-1]:
            self._deeper = []
            spread(lambda some: self._all(self._list, some), pieces(levels[-1], DIRECTORIES))
            levels.append(self._deeper)
        spread(lambda some: self._all(os.unlink, some), pieces(self._files, SLICE))
        for level in reversed(levels):
            spread(lambda some: self._all(os.rmdir, some), pieces(level, DIRECTORIES))
        return self._errors

    def _list(self, directory: str) -> None:
        with os.scandir(directory) as entries:
            for entry in entries:
                is_directory = entry.is_dir(follow_symlinks=False)
                (self._deeper if is_directory else self._files).append(entry.path)

    def _all(self, function: Callable[[str], None], paths: Iterable[str]) -> None:
        for path in paths:
            try:
                try:
                    function(path)
                except PermissionError:
                    # A package may bring directories that their owner cannot write.
                    closed = path if function == self._list else os.path.dirname(path)  # noqa: PTH120
                    if not f"{closed}/".startswith(f"{self._root}/"):
                        raise
                    os.chmod(closed, 0o700)  # noqa: PTH101
                    function(path)
            except (FileNotFoundError, NotADirectoryError):
                pass
            except OSError as error:
                self._errors.append(error)
