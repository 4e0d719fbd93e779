"""A clone of this repository as its files are now, with the environment of these tests."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .pages import ROOT

LEFT = (".git", ".venv", ".local", ".training", "__pycache__", ".*_cache", "*.pyc")
GIT = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com"]


def copied(folder: Path) -> Path:
    """The files of this repository in a repository of their own."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*LEFT))
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "All"]):
        subprocess.run([*GIT, *words], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone after `make install`: nothing in it is installed once more."""
    folder = copied(tmp_path_factory.mktemp("clone") / "efs-inference")
    (folder / ".venv").mkdir()
    for path in Path(sys.prefix).iterdir():
        if path.name not in (".installed", ".lock") and not path.name.startswith(".uv-"):
            (folder / ".venv" / path.name).symlink_to(path)
    version = re.search(
        r'^name = "uv"\nversion = "(.+)"', (ROOT / "uv.lock").read_text(), re.MULTILINE
    )
    assert version
    for name in (f".uv-{version[1]}", ".installed"):
        (folder / ".venv" / name).touch()
    return folder
