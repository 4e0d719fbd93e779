"""What of ours travels: the handler to the function, the installer to the populate task.

What ships where follows from the folders: `release/` with `activation/` goes to the function,
`release/` with `installation/` to the task, and the user's application to both.
"""

from __future__ import annotations

import ast
import base64
import io
import runpy
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import pulumi

from ..errors import ConfigurationError, Problem
from .application import Application

HANDLER = "handler.handler"
_HERE = Path(__file__).parents[1]
# In an installed package it lies inside, in this repository beside.
ROOT = next(p for p in (_HERE / "lambda_src", _HERE.parent / "lambda_src") if p.is_dir())
"""Folder of the handler and the `release` package."""

_ENTRY = "handler.py"
_SHARED = "release"
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
RELEASES: str = _layout["RELEASES"]
"""Directory of all releases, right under the mount path."""
RELEASE_PATH: str = _layout["RELEASE_PATH"]
"""Environment variable that names the function's release."""


def function_files(application: Application) -> dict[str, Path]:
    """Where each file of the function's deployment package lies, by its path there.

    Raises:
        ConfigurationError: The application has a file of the same name.
    """
    return _together({_ENTRY: ROOT / _ENTRY, **_modules(_ACTIVATION)}, application)


def task_files(application: Application) -> dict[str, Path]:
    """Where each file of the populate task lies, by its path there.

    Raises:
        ConfigurationError: The application has a file of the same name.
    """
    return _together(_modules(_INSTALLATION), application)


def function_archive(application: Application) -> pulumi.AssetArchive:
    """The function's deployment package."""
    files = function_files(application)
    return pulumi.AssetArchive({name: pulumi.FileAsset(str(path)) for name, path in files.items()})


def packed(application: Application, more: Mapping[str, str]) -> str:
    """The installer, the application and `more` files by name: zip, zlib, base64.

    ECS allows a task definition 65,536 bytes. So what is not needed there stays here, comments
    included, and all files are compressed as a whole. The same input gives the same text, so a
    populate task definition changes only when something in it does.
    """
    own = {name for name in task_files(application) if name.startswith(f"{_SHARED}/")}
    files = {
        name: bare(path.read_text(encoding="utf-8")).encode() if name in own else path.read_bytes()
        for name, path in sorted(task_files(application).items())
    }
    files |= {name: text.encode() for name, text in more.items()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            # ZipInfo's own date is 1980-01-01, which keeps the archive reproducible.
            archive.writestr(zipfile.ZipInfo(name), content)
    return base64.b64encode(zlib.compress(buffer.getvalue(), 9)).decode()


def _together(own: Mapping[str, Path], application: Application) -> dict[str, Path]:
    own = {**own, **_modules(_SHARED)}
    users = application.files()
    taken = {_SHARED, _ENTRY, Path(_ENTRY).stem}
    hidden = sorted({name for name in users if name.partition("/")[0] in taken})
    if hidden:
        raise ConfigurationError(
            [
                Problem(
                    subject=str(application.root),
                    value=", ".join(hidden),
                    rule=f"{_ENTRY} and {_SHARED} are names of the runtime, which lies beside it",
                    remedy="choose other names",
                )
            ]
        )
    return {**own, **users}


def _modules(folder: str) -> dict[str, Path]:
    # Only *.py: a stray __pycache__ would publish a new function version.
    pattern = "*.py" if folder == _SHARED else "**/*.py"
    return {
        path.relative_to(ROOT).as_posix(): path for path in sorted((ROOT / folder).glob(pattern))
    }


def bare(source: str) -> str:
    """A module without comments and docstrings; for tracebacks, the rest is on the same lines."""
    lines = source.split("\n")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(getattr(node.value, "value", None), str):
            first, end = node.lineno - 1, node.end_lineno or node.lineno
            lines[first:end] = [f'{" " * node.col_offset}""', *[""] * (end - first - 1)]
    return "\n".join(lines)
