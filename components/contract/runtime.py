"""What of ours travels: the handler to the function, the installer to the populate task.

What ships where follows from the folders: `release/` with `activation/` goes to the function,
`release/` with `installation/` to the task, and the user's application to both. The task that
publishes libraries also gets `activation/`, since it can measure what the function does.
"""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from .application import RUNTIME_NAMES, Application

HANDLER = "handler.handler"
_HERE = Path(__file__).parents[1]
# In an installed package it lies inside, in this repository beside.
ROOT = next(p for p in (_HERE / "lambda_src", _HERE.parent / "lambda_src") if p.is_dir())
"""Folder of the handler and the `release` package."""

_ENTRY, _SHARED = RUNTIME_NAMES
_INSTALLATION = "release/installation"
_ACTIVATION = "release/activation"

_layout: dict[str, Any] = runpy.run_path(str(ROOT / _SHARED / "layout.py"))
FORMAT: int = _layout["FORMAT"]
"""Integer of the release format that the installer writes and the function reads."""
_options = runpy.run_path(str(ROOT / _INSTALLATION / "libraries" / "options.py"))
read_options: Callable[[str, Collection[str]], tuple[dict[str, str], list[tuple[int, str, str]]]]
read_options = _options["read"]
"""What a requirements file asks of a release beside its packages, as the installer reads it."""
option_comments: Callable[[Mapping[str, str]], list[str]] = _options["comments"]
"""The same as lines of a requirements file."""
indexes_of: Callable[[Mapping[str, str]], dict[str, str]] = _options["indexes"]
"""For each package that has an index of its own, by what is asked of a release, the index's URL."""
INDEX_NETRC: str = _layout["INDEX_NETRC"]
"""Environment variable of the populate task with package indexes' credentials."""
OWNER: str = _layout["OWNER"]
KEEP: str = _layout["KEEP"]
IN_USE: str = _layout["IN_USE"]
"""Environment variables of the populate task: whose releases it may remove, and which stay."""
KINDS: dict[int, str] = {code.value: code.kind for code in _layout["ExitCode"] if code.value}
"""The populate task's own word for its failure, by its exit code."""
RELEASE_ID: re.Pattern[str] = _layout["RELEASE_ID"]
HASHING: tuple[str, ...] = _layout["HASHING"]
"""Whose SHA-256 a verification compares."""
RELEASES: str = _layout["RELEASES"]
"""Directory of all releases, right under the mount path."""
RELEASE_PATH: str = _layout["RELEASE_PATH"]
"""Environment variable that names the function's release."""
ARTIFACTS_PATH: str = _layout["ARTIFACTS_PATH"]
"""Environment variable that names its release of artifacts."""
BOOTSTRAP = "\n".join(
    re.sub(
        r"^from (?:__future__|\.\w+) import (?:\([^)]*\)|.*)\n",
        "",
        (ROOT / _INSTALLATION / name).read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
    for name in ("aws.py", "bootstrap.py")
)
"""The text that a container of the populate task runs with `python3 -c`."""
METRICS: str = runpy.run_path(str(ROOT / _ACTIVATION / "metrics.py"))["NAMESPACE"]
"""CloudWatch's namespace of the metrics that the function emits."""
LOCK = f"{_SHARED}/requirements.txt"
"""The lock's path among the populate task's files."""


ARTIFACTS = f"{_SHARED}/artifacts.json"
"""The path of the list of artifacts among the files of their task."""


def function_files(application: Application) -> dict[str, Path]:
    """Where each file of the function's deployment package lies, by its path there.

    Raises:
        ConfigurationError: Not all of the application can travel.
    """
    own = {**_modules(_SHARED), **_modules(_ACTIVATION), _ENTRY: ROOT / _ENTRY}
    return {**application.files(), **own}


def task_files(application: Application, lock: str) -> dict[str, Path | bytes]:
    """Each file of the populate task or its content, by its path there.

    Raises:
        ConfigurationError: Not all of the application can travel.
    """
    own = {**_installer(), **_modules(_ACTIVATION)}
    return {**application.files(), **own, LOCK: lock.encode()}


def artifacts_files(listing: bytes) -> dict[str, Path | bytes]:
    """Each file of the task that fetches artifacts, or its content, by its path there."""
    return {**_installer(), ARTIFACTS: listing}


def _installer() -> dict[str, Path]:
    return {**_modules(_SHARED), **_modules(_INSTALLATION)}


def _modules(folder: str) -> dict[str, Path]:
    # Only *.py: a stray __pycache__ would publish a new function version.
    pattern = "*.py" if folder == _SHARED else "**/*.py"
    return {
        path.relative_to(ROOT).as_posix(): path for path in sorted((ROOT / folder).glob(pattern))
    }
