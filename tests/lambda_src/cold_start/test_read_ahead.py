"""Artifacts are read ahead while the libraries are imported, as far as they fit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lambda_src.release.activation import read_ahead as module
from lambda_src.release.activation.read_ahead import BYTES, read_ahead
from lambda_src.release.layout import File, Manifest
from tests.processes import eventually

from ..conftest import LAMBDA_SRC

SIZES = {"artifacts/a": 3 * BYTES + 5, "artifacts/deep/b": 7, "artifacts/empty": 0}


def release_of(folder: Path, sizes: dict[str, int]) -> Path:
    release = folder / "0123456789abcdef"
    for path, size in sizes.items():
        (release / path).parent.mkdir(parents=True, exist_ok=True)
        (release / path).write_bytes(bytes(size))
    files = tuple(File(path=path, size=size, sha256="") for path, size in sizes.items())
    Manifest(release=release.name, python="", architecture="", created="", files=files).write(
        release
    )
    return release


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What is read: names and offsets."""
    found: list[tuple[str, int]] = []
    plain = os.preadv

    def preadv(descriptor: int, buffers: list[memoryview], offset: int) -> int:
        found.append((str(Path(f"/proc/self/fd/{descriptor}").readlink()), offset))
        return plain(descriptor, buffers, offset)

    monkeypatch.setattr(os, "preadv", preadv)
    return found


def test_every_file_is_read_from_beginning_to_end(
    tmp_path: Path, seen: list[tuple[str, int]]
) -> None:
    release = release_of(tmp_path, SIZES)
    read_ahead(str(release))
    assert sorted(seen) == [
        *((str(release / "artifacts/a"), number * BYTES) for number in range(4)),
        (str(release / "artifacts/deep/b"), 0),
    ]


@pytest.mark.parametrize(("megabytes", "reads"), [(6, 0), (8, 5)])
def test_what_takes_more_than_half_of_the_memory_is_not_read(
    tmp_path: Path,
    seen: list[tuple[str, int]],
    monkeypatch: pytest.MonkeyPatch,
    megabytes: int,
    reads: int,
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", str(megabytes))
    read_ahead(str(release_of(tmp_path, SIZES)))
    assert len(seen) == reads


def test_thousands_of_small_files_are_not_read(
    tmp_path: Path, seen: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_FILES", 2)
    read_ahead(str(release_of(tmp_path, SIZES)))
    assert seen == []


def test_what_is_missing_is_left_to_load(tmp_path: Path, seen: list[tuple[str, int]]) -> None:
    read_ahead(str(tmp_path / "nowhere"))
    release = release_of(tmp_path, SIZES)
    (release / "artifacts/a").unlink()
    read_ahead(str(release))
    assert seen == [(str(release / "artifacts/deep/b"), 0)]


def is_read(pipe: Path) -> bool:
    try:
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:  # nobody reads yet
        return False
    return True


def test_the_readers_do_it_when_the_import_is_served(tmp_path: Path) -> None:
    """A pipe has a reader as soon as the other process has opened it."""
    release = release_of(tmp_path, {"artifacts/pipe": 5})
    pipe = release / "artifacts" / "pipe"
    pipe.unlink()
    os.mkfifo(pipe)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from release.activation.cold_start import ColdStart\n"
        "with ColdStart(sys.argv[2], sys.argv[3]): sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(LAMBDA_SRC), str(tmp_path / "none"), str(release)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        eventually(lambda: is_read(pipe), by=process)
        process.communicate(timeout=60)
    assert process.returncode == 0
