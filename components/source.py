"""The folder with everything that runs on AWS, and how each part of it travels there."""

from __future__ import annotations

import ast
import base64
import io
import runpy
import tokenize
import zipfile
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pulumi

REQUIREMENTS = "requirements.txt"
_APPLICATION = "application"
_SHARED = "release"
_INSTALLATION = "release/installation"
_ACTIVATION = "release/activation"


@dataclass(frozen=True)
class Source:
    """A folder like `lambda_src`: the handler, the `release` package, and the user's `application`.

    What travels where follows from the folders: `release/` with `activation/` goes to the function,
    `release/` with `installation/` to the populate task, and the application's model to both.

    Attributes:
        root: The folder.
    """

    root: Path

    @property
    def application(self) -> Path:
        """The user's own files: model.py, requirements.in, and the locks."""
        return self.root / _APPLICATION

    def lock_path(self, runtime: str, architecture: str) -> Path:
        """Where the lock for this runtime and architecture lies, whether it exists or not."""
        return self.application / "locks" / f"{runtime}-{architecture}.txt"

    def lock(self, runtime: str, architecture: str) -> str:
        """Text of the lock for this runtime and architecture."""
        return self.lock_path(runtime, architecture).read_text(encoding="utf-8")

    @property
    def release_format(self) -> int:
        """The integer of the release format that the installer in this folder writes."""
        format_: int = runpy.run_path(str(self.root / "release" / "layout.py"))["FORMAT"]
        return format_

    def release_options(
        self, lock: str, packages: Collection[str]
    ) -> tuple[dict[str, str], list[tuple[int, str, str]]]:
        """The options in a lock of these packages, and what is wrong, as the installer reads them.

        See `release/installation/options.py` in this folder.
        """
        read = runpy.run_path(str(self.root / _INSTALLATION / "options.py"))["read"]
        options: tuple[dict[str, str], list[tuple[int, str, str]]] = read(lock, packages)
        return options

    def function_archive(self) -> pulumi.AssetArchive:
        """The function's deployment package."""
        return pulumi.AssetArchive(
            {name: pulumi.FileAsset(str(path)) for name, path in self.function_files().items()}
        )

    def function_files(self) -> dict[str, Path]:
        """Where each file of the function's deployment package lies, by its path there."""
        own = {"handler.py": self.root / "handler.py", **self._modules(_ACTIVATION)}
        return {**own, **self._shared_and_model()}

    def task_files(self) -> dict[str, Path]:
        """Where each file of the populate task lies, by its path there."""
        return {**self._modules(_INSTALLATION), **self._shared_and_model()}

    def _shared_and_model(self) -> dict[str, Path]:
        return {**self._modules(_SHARED), "model.py": self.application / "model.py"}

    def _modules(self, folder: str) -> dict[str, Path]:
        # Only *.py: a stray __pycache__ would publish a new function version.
        return {
            path.relative_to(self.root).as_posix(): path
            for path in sorted((self.root / folder).glob("*.py"))
        }

    def installer(self, lock: str) -> str:
        """The installer, the model for its smoke import and `lock`: zip, zlib, base64.

        ECS allows a task definition 65,536 bytes. So what is not needed there stays here,
        comments included, and all files are compressed as a whole. The same input gives the same
        text, so a populate task definition changes only when something in it does.
        """
        texts = {name: path.read_text(encoding="utf-8") for name, path in self.task_files().items()}
        files = {
            name: text if name == "model.py" else bare(text) for name, text in sorted(texts.items())
        }
        files[REQUIREMENTS] = lock
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, content in files.items():
                # ZipInfo's own date is 1980-01-01, which keeps the archive reproducible.
                archive.writestr(zipfile.ZipInfo(name), content.encode())
        return base64.b64encode(zlib.compress(packed.getvalue(), 9)).decode()


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
