"""A copy of the project, and the commands that a user runs in it."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.lambda_src.conftest import Index, build_wheel
from tests.processes import living

ROOT = Path(__file__).parents[1]
PARTS = (
    *("components", "lambda_src", "local", "policies"),
    *("__main__.py", "efs_inference.py", "Pulumi.yaml"),
)
TINY = build_wheel("tiny", {"tiny/__init__.py": "def double(x):\n    return 2 * x\n"})
BROKEN = build_wheel("tiny", {"tiny/__init__.py": "import not_there\n"}, version="2.0")
TRIPLE = build_wheel(
    "tiny", {"tiny/__init__.py": "def double(x):\n    return 3 * x\n"}, version="3.0"
)
MODEL = """
import tiny

def predict(instances):
    return [tiny.double(x) for x in instances]

def demonstrate():
    return {"file": tiny.__file__, "doubled": predict([21])[0]}
"""


class Chain:
    """A copy of the project, and `python -m local` in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            copy(ROOT / part, folder / part)
        (folder / "Pulumi.dev.yaml").write_text("config: {}\n")

    def serve_tiny(self, index: Index) -> None:
        """Let the project serve the package `tiny` from this index."""
        (self.folder / "lambda_src" / "application" / "model.py").write_text(MODEL)
        self.config = [f"indexUrl={index.url}", "memoryMb=512"]
        self.lock(TINY.pin)

    def lock(self, text: str) -> None:
        """Pin these packages for every target, and ask for them."""
        asked = [line.partition("==")[0] + "\n" for line in text.splitlines() if "==" in line]
        (self.folder / "lambda_src" / "application" / "requirements.in").write_text("".join(asked))
        for lock in (self.folder / "lambda_src" / "application" / "locks").glob("python*.txt"):
            lock.write_text(text + "\n")

    config: list[str] = []  # noqa: RUF012 (replaced, never changed)

    def command(self, command: str, *arguments: str) -> list[str]:
        options = [word for entry in self.config for word in ("--config", entry)]
        return [sys.executable, "-m", "local", command, *options, *arguments]

    def run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(command, *arguments),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def invoke(self, event: object) -> Any:
        result = self.run("invoke", "--event", json.dumps(event))
        assert result.stdout, result.stderr
        return json.loads(result.stdout)

    def releases(self) -> list[Path]:
        found = (self.folder / ".local").glob("dev/efs/*/libraries/releases/*")
        return sorted(path for path in found if not path.name.startswith("."))

    def strays(self) -> list[str]:
        """What a run left: incoming directories, and processes with this folder in their words."""
        found = (self.folder / ".local").glob("dev/efs/*/libraries/releases/.*")
        return [*map(str, found), *living(str(self.folder))]


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """While none of the other workers holds this lock."""
    with lock.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


class SharedChain(Chain):
    """One copy of the project for all of xdist's workers, which run one command at a time."""

    def __init__(self, folder: Path) -> None:
        self._lock = folder.with_suffix(".lock")
        self._users = folder.with_suffix(".users").open("w")
        with self.alone():
            fcntl.flock(self._users, fcntl.LOCK_SH)
            if folder.is_dir():
                self.folder = folder
                return
            super().__init__(folder)
            result = super().run("up")
            assert result.returncode == 0, result.stdout + result.stderr
            assert '-> {"predictions": [-2.0]}' in result.stdout

    def run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        with self.alone():
            return super().run(command, *arguments)

    def close(self) -> None:
        """Remove it if no other worker uses it."""
        with self.alone(), self._users, suppress(BlockingIOError):
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(self.folder)

    def alone(self) -> AbstractContextManager[None]:
        """While none of the other workers does anything with it."""
        return alone(self._lock)
