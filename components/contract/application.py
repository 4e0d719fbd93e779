"""Application: the folder with the user's own files."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError, Problem
from ..inputs import plain
from .sample import sample_of
from .target import Target

MODEL = "model.py"
REQUIREMENTS = "requirements.in"
LOCKS = "locks"
_STAYS = (
    *(".*", "__pycache__", "*.pyc", "*.ipynb", "*.egg-info", "node_modules"),
    *("tests", "test", "test_*.py", "*_test.py", "conftest.py"),
    *(LOCKS, "*.in", "constraints*.txt"),
)
"""Names of files and folders that do not travel: caches, notebooks, tests, requirements, locks."""

# AWS Lambda Developer Guide, Lambda quotas: the deployment package unzipped, layers included.
_MAX_BYTES = 250 * 1024 * 1024


@dataclass(frozen=True)
class Application:
    """A folder with model.py, the modules and data beside it, requirements.in and its locks.

    Attributes:
        root: The folder.

    Raises:
        ConfigurationError: It has no model.py.
    """

    root: Path

    def __post_init__(self) -> None:
        plain(self.root, "application", "the release and the function's code are made of its files")
        object.__setattr__(self, "root", Path(self.root))
        if not (self.root / MODEL).is_file():
            raise self._error(
                "no model.py",
                "an application is a folder with model.py",
                "name the folder in which it lies",
            )

    def lock_path(self, target: Target) -> Path:
        """Where the lock for this target lies, whether it exists or not."""
        return self.root / LOCKS / f"{target.name}.txt"

    def locks(self) -> list[Path]:
        """The locks that are there."""
        return sorted((self.root / LOCKS).glob("*.txt"))

    @property
    def requirements_path(self) -> Path:
        """Where it says what the locks are made for, whether it exists or not."""
        return self.root / REQUIREMENTS

    @cached_property
    def sample(self) -> dict[str, Any]:
        """The request that model.py has as SAMPLE, `{}` where it has none.

        Raises:
            ConfigurationError: It is no literal, or no request.
        """
        return sample_of((self.root / MODEL).read_text(encoding="utf-8"), MODEL)

    def files(self) -> dict[str, Path]:
        """Where each file lies that travels with the function and to the populate task.

        All of them do but caches, notebooks, tests, requirements and locks, see `_STAYS`.

        Raises:
            ConfigurationError: They are larger than Lambda's limit, or one is no file.
        """
        files = {path.relative_to(self.root).as_posix(): path for path in self._travelling()}
        odd = [name for name, path in files.items() if not path.is_file()]
        if odd:
            raise self._error(
                ", ".join(odd),
                "what travels is files, and links to folders are not followed",
                "copy it, remove it, or name it .something",
            )
        sizes = {name: path.stat().st_size for name, path in files.items()}
        if sum(sizes.values()) > _MAX_BYTES:
            largest = max(sizes, key=lambda name: sizes[name])
            raise self._error(
                f"{sum(sizes.values()):,} bytes in {len(sizes):,} files",
                f"Lambda accepts {_MAX_BYTES:,} bytes of code, unzipped",
                f"let large data lie elsewhere; the largest file is {largest}",
            )
        return files

    def _travelling(self) -> Iterator[Path]:
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(name for name in folders if not _stays(name))
            links = [name for name in folders if (Path(folder) / name).is_symlink()]
            travelling = [name for name in names if not _stays(name)]
            yield from (Path(folder) / name for name in sorted([*travelling, *links]))

    def _error(self, value: str, rule: str, remedy: str) -> ConfigurationError:
        return ConfigurationError(
            [Problem(subject=str(self.root), value=value, rule=rule, remedy=remedy)]
        )


def _stays(name: str) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in _STAYS)
