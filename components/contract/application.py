"""Application: the folder with the user's own files."""

from __future__ import annotations

import fnmatch
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from ..errors import ConfigurationError, Problem
from ..inputs import plain
from .sample import sample_of
from .target import Target

MODEL = "model.py"
REQUIREMENTS = "requirements.in"
ARTIFACTS = "artifacts.in"
LOCKS = "locks"
_STAYS = (
    *(".*", "__pycache__", "*.pyc", "*.ipynb", "*.egg-info", "node_modules"),
    *("tests", "test", "test_*.py", "*_test.py", "conftest.py"),
    *(LOCKS, "*.in", "constraints*.txt"),
)
"""Names of files and folders that do not travel: caches, notebooks, tests, requirements, locks."""

# AWS Lambda Developer Guide, Lambda quotas: the deployment package unzipped, layers included.
_LAMBDA_BYTES = 250 * 1024 * 1024
RUNTIME_BYTES = 1024 * 1024
"""Bytes of these that are kept for the runtime, which lies beside the application."""
APPLICATION_BYTES = _LAMBDA_BYTES - RUNTIME_BYTES
"""Bytes that an application may have."""
RUNTIME_NAMES = ("handler.py", "release")
"""Names that the runtime has there."""


# A lone surrogate stands for a byte that is no UTF-8; some unzip takes a backslash for a slash.
_ODD = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")
_SHOWN = 5


@dataclass(frozen=True)
class Application:
    """A folder with model.py, the modules and data beside it, requirements.in and its locks.

    Attributes:
        root: The folder.

    Raises:
        ConfigurationError: It has no model.py, or not all of it can travel, see `files`.
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
        # Now, before anything is created.
        self.files()

    def lock_path(self, target: Target) -> Path:
        """Where the lock for this target lies, whether it exists or not."""
        return self.root / LOCKS / f"{target.name}.txt"

    def locks(self) -> list[Path]:
        """The locks of packages that are there."""
        found = sorted((self.root / LOCKS).glob("*.txt"))
        return [path for path in found if path != self.artifacts_lock_path]

    @property
    def artifacts_path(self) -> Path:
        """Where it says which artifacts the model gets, whether it exists or not."""
        return self.root / ARTIFACTS

    @property
    def artifacts_lock_path(self) -> Path:
        """Where their lock lies, one for all targets, whether it exists or not."""
        return self.root / LOCKS / "artifacts.txt"

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

        All of them do but caches, notebooks, tests, requirements and locks, see `stays`. Links to
        files are followed: what travels is what they lead to.

        Raises:
            ConfigurationError: They are larger than Lambda's limit, one is no file or cannot be
                read, or has a name that cannot travel or would hide the runtime.
        """
        found = list(self._walk())
        self._refuse(
            [name for name, path in found if not path.is_file()],
            "what travels is files, and links to folders are not followed",
            "copy it, remove it, or name it .something",
        )
        self._refuse(
            [name for name, _ in found if _ODD.search(name)],
            "a name that travels is UTF-8 without backslashes and control characters",
            "rename it",
        )
        modules = {name: module for name, _ in found if (module := _module(name))}
        taken = {Path(name).stem for name in RUNTIME_NAMES}
        self._refuse(
            [name for name, _ in found if {modules.get(name), name.partition("/")[0]} & taken],
            f"{' and '.join(RUNTIME_NAMES)} are names of the runtime, which lies beside it",
            "choose other names",
        )
        self._refuse(
            [name for name, module in modules.items() if module in sys.stdlib_module_names],
            "a module of this name is in the standard library, which the function, the populate "
            "task and libraries import",
            "choose another name",
        )
        self._refuse(
            [name for name, path in found if not os.access(path, os.R_OK)],
            "what travels is read by whoever runs Pulumi",
            "`chmod u+r`, or name it .something",
        )
        self._refuse_too_large({name: path.stat().st_size for name, path in found})
        return dict(found)

    def _refuse_too_large(self, sizes: Mapping[str, int]) -> None:
        size = sum(sizes.values())
        if size > APPLICATION_BYTES:
            largest = max(sizes, key=lambda name: sizes[name])
            raise self._error(
                f"{size:,} bytes in {len(sizes):,} files",
                f"Lambda accepts {_LAMBDA_BYTES:,} bytes of code, unzipped, of which "
                f"{APPLICATION_BYTES:,} are for the application",
                f"put the largest, {largest}, beside the folder, and name it in {ARTIFACTS}",
            )

    def staying(self) -> list[str]:
        """Names of the files and folders that do not travel; a folder's ends with a slash."""
        found = []
        for folder, folders, names in os.walk(self.root):
            here = Path(folder).relative_to(self.root)
            found += [(here / name).as_posix() for name in names if stays(name)]
            found += [f"{(here / name).as_posix()}/" for name in folders if stays(name)]
            folders[:] = [name for name in folders if not stays(name)]
        return sorted(found)

    def _walk(self) -> Iterator[tuple[str, Path]]:
        """Name and path of everything that travels, whatever it is."""
        for folder, folders, names in os.walk(self.root, onerror=self._unreadable):
            folders[:] = sorted(name for name in folders if not stays(name))
            links = [name for name in folders if (Path(folder) / name).is_symlink()]
            for name in sorted([*links, *(name for name in names if not stays(name))]):
                path = Path(folder) / name
                yield path.relative_to(self.root).as_posix(), path

    def _unreadable(self, error: OSError) -> NoReturn:
        raise self._error(
            str(error.filename),
            f"a folder of the application cannot be read: {error.strerror}",
            "`chmod u+rx`, or name it .something",
        ) from error

    def _refuse(self, names: Sequence[str], rule: str, remedy: str) -> None:
        if names:
            shown = ", ".join(ascii(n)[1:-1] if _ODD.search(n) else n for n in names[:_SHOWN])
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            raise self._error(shown + more, rule, remedy)

    def _error(self, value: str, rule: str, remedy: str) -> ConfigurationError:
        return ConfigurationError(
            [Problem(subject=str(self.root), value=value, rule=rule, remedy=remedy)]
        )


def _module(path: str) -> str | None:
    """The module or package that lies at this path of an application, right below its root."""
    folder, _, name = path.rpartition("/")
    stem, _, suffix = name.partition(".")
    if "/" in folder or not suffix.endswith(("py", "so")) or (folder and stem != "__init__"):
        return None
    return folder or stem


def stays(name: str) -> bool:
    """Whether a file or folder of this name does not travel."""
    return any(fnmatch.fnmatch(name, pattern) for pattern in _STAYS)
