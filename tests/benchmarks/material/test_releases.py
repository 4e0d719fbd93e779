"""Releases to measure on."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.material import releases


def test_a_commit_that_is_not_there_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(releases.InstallationError, match=r"0123abc cannot be had: .*0123abc"):
        releases.source_of("0123abc", tmp_path)


def test_only_the_line_that_defers_modules_differs(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("# release: lazy a\n# release: keep b\nb==1\n")
    plain, lazy = (releases.deferring(lock, names, tmp_path) for names in ("", "c d"))
    assert plain.read_text() == "# release: keep b\nb==1\n"
    assert lazy.read_text() == f"# release: lazy c d\n{plain.read_text()}"
