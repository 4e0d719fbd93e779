"""Libraries in short segments load as before, and are afterwards what they were."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lambda_src.release.installation.trial.record import PAGE
from lambda_src.release.installation.trial.smoke import Smoke
from lambda_src.release.installation.trial.split import split
from lambda_src.release.layout import InstallError

from ..bundled import EXTENSION, NATIVE

PROGRAM = f"""
import importlib.util, sys
spec = importlib.util.spec_from_file_location("{NATIVE}", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(sum(sys.argv[1] in line for line in open("/proc/self/maps")))
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    copy = tmp_path / EXTENSION.name
    copy.write_bytes(EXTENSION.read_bytes())
    return copy


def mappings(library: Path) -> int:
    """How many mappings a fresh process needs for the extension module."""
    command = [sys.executable, "-I", "-S", "-c", PROGRAM, str(library)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def runs(library: Path) -> list[tuple[int, int]]:
    return [(0, library.stat().st_size // PAGE)]


def test_a_split_library_loads_in_more_mappings(library: Path) -> None:
    whole = mappings(library)
    with split({library: runs(library)}):
        assert mappings(library) > whole


def test_the_library_is_restored(library: Path) -> None:
    before = library.read_bytes()
    with split({library: runs(library)}):
        assert library.read_bytes() != before
    assert library.read_bytes() == before


def test_the_library_is_restored_after_an_error(library: Path) -> None:
    before = library.read_bytes()
    with pytest.raises(ZeroDivisionError), split({library: runs(library)}):
        raise ZeroDivisionError
    assert library.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"#!/bin/sh\n" * 99], ids=repr)
def test_what_is_no_library_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.so"
    path.write_bytes(content)
    with split({path: [(0, 1)]}):
        assert path.read_bytes() == content


def test_only_what_an_import_changes_is_a_change(library: Path, tmp_path: Path) -> None:
    smoke = Smoke(library.parent, tmp_path, tmp_path)
    with split({library: runs(library)}):
        pass
    with pytest.raises(InstallError, match=f"changed is {library.name}"):
        smoke.compare()
    smoke.restored([library])
    smoke.compare()
    library.write_bytes(library.read_bytes())
    with pytest.raises(InstallError, match=f"changed is {library.name}"):
        smoke.compare()
