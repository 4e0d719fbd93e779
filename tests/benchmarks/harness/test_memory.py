"""Memory in place of a disk."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.harness import ready
from tools.files import APPLICATION

from ..conftest import copying

SIZE = 8 << 20


def evict(path: Path) -> None:
    """Let the kernel forget a file that it has in memory."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def test_what_a_run_reads_from_the_disk_is_counted_and_nothing_of_what_is_ready(
    tmp_path: Path,
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "file").write_bytes(os.urandom(SIZE))
    variant = copying(source, "copytree")
    evict(source / "file")
    variant.release.mkdir(parents=True)
    cold = variant.run().from_disk
    if not cold:
        pytest.skip("the temporary folder is on no disk")
    evict(source / "file")
    ready(source, APPLICATION.parent, scratch=0)
    warm = replace(variant, release=variant.release.with_name("again"))
    warm.release.mkdir()
    assert cold >= SIZE
    assert warm.run().from_disk < SIZE / 2
