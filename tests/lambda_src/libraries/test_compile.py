"""Bytecode of staged sources, wherever they are staged and whatever they are named."""

from __future__ import annotations

import os
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import pytest

from lambda_src.release.installation.child import child
from lambda_src.release.installation.libraries import compile as bytecode

FINAL = Path("/mnt/libraries/releases/0123456789abcdef/site-packages")


def compiled(folder: Path, *names: str) -> tuple[tuple[int, int], set[str]]:
    """Sources compiled and not, and which have bytecode afterwards."""
    staged, scratch = folder / "staged", folder / "scratch"
    scratch.mkdir(parents=True)
    for name in names:
        (staged / name).parent.mkdir(parents=True, exist_ok=True)
        (staged / name).write_text("NUMBER = 1\n")
    staged.mkdir(exist_ok=True)
    done = bytecode.compile_tree(staged, FINAL, scratch)
    return done, {name for name in names if (staged / cache_from_source(name)).exists()}


@pytest.mark.parametrize("folder", ["plain", "two\nlines", "carriage\rreturn", " outer ", "größe"])
def test_the_place_where_sources_are_staged_decides_nothing(tmp_path: Path, folder: str) -> None:
    names = {"one.py", "pack/__init__.py", "pack/größe.py", "pack/-q.py", "-i.py"}
    assert compiled(tmp_path / folder, *names) == ((5, 0), names)
    code = (tmp_path / folder / "staged" / cache_from_source("pack/größe.py")).read_bytes()
    assert os.fsencode(FINAL / "pack/größe.py") in code
    assert os.fsencode(tmp_path) not in code


@pytest.mark.parametrize("name", ["two\nlines.py", "two\rlines.py", " outer/one.py", "x\udcff.py"])
def test_a_source_that_no_list_can_name_counts_as_one_that_does_not_compile(
    tmp_path: Path, name: str
) -> None:
    assert compiled(tmp_path, "one.py", name) == ((1, 1), {"one.py"})


@pytest.mark.parametrize("count", [0, 1])
def test_with_few_sources_nothing_else_is_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    started: list[object] = []

    def counted(command: list[str], **options: Any) -> Any:
        started.append(command)
        return child(command, **options)

    monkeypatch.setattr(bytecode, "child", counted)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    assert compiled(tmp_path, *["one.py"][:count])[0] == (count, 0)
    assert len(started) == count


def test_a_directory_with_the_name_of_a_source_is_none(tmp_path: Path) -> None:
    names = {"pack.py/one.py", "two.py"}
    assert compiled(tmp_path, *names) == ((2, 0), names)
