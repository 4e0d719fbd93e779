"""A folder with requirements.in, and an index of loopback that it is locked from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from components import lock
from tests.lambda_src.conftest import Index, Wheel

X86 = "python3.11-x86_64"


@dataclass(frozen=True)
class Run:
    """How the command ended."""

    code: int
    output: str
    errors: str


@dataclass(frozen=True)
class Locks:
    """The folder, and the command in it."""

    folder: Path
    index: Index
    capture: pytest.CaptureFixture[str]

    def ask(self, text: str) -> None:
        (self.folder / "requirements.in").write_text(text)

    def make(self, *options: str) -> Run:
        options = ("--directory", str(self.folder), "--index-url", self.index.url, *options)
        code = lock.main([*options])
        said = self.capture.readouterr()
        return Run(code, said.out, said.err)

    def one(self, *options: str) -> Run:
        """The lock of one target alone, that of the default stack."""
        return self.make("--target", X86, *options)

    def text(self, target: str = X86) -> str:
        return (self.folder / "locks" / f"{target}.txt").read_text()

    def pins(self, target: str = X86) -> list[str]:
        lines = self.text(target).splitlines()
        return [line.partition(" --hash")[0] for line in lines if not line.startswith("#")]

    def made(self) -> set[str]:
        return {path.stem for path in (self.folder / "locks").glob("*.txt")}


def digest(wheel: Wheel, kind: str = "sha256") -> str:
    return hashlib.new(kind, wheel.content).hexdigest()


@pytest.fixture
def index() -> Iterator[Index]:
    with Index() as served:
        yield served


@pytest.fixture
def other(index: Index) -> Iterator[Index]:
    """A second index, as the one of PyTorch's builds for CPUs."""
    with Index() as served:
        yield served


@pytest.fixture
def locks(
    tmp_path: Path,
    index: Index,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Locks:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "application").mkdir()
    (tmp_path / "application" / "model.py").touch()
    return Locks(tmp_path / "application", index, capsys)
