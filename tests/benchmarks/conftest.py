"""A simulated EFS to run scripts on, where there is FUSE."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.harness import Variant
from benchmarks.simulator import Efs, Preset, UnavailableError
from tools.files import APPLICATION

FREE = Preset({}, bandwidth=0)
"""No latency, no limit."""
Script = Callable[..., dict[str, Any]]

PROLOGUE = """
import fcntl, json, os, time
from pathlib import Path
seen = {}
os.chdir(BACKING)
def counted():
    found = json.loads(Path(".counters").read_text())
    return {kind: count for kind, count in found.items() if count}
"""


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skips where EFS cannot be simulated, and says why."""
    folder = tmp_path_factory.mktemp("trial")
    try:
        command = Efs(preset=FREE).command(folder, folder, ["true"])
    except UnavailableError as error:
        if "does not compile" in str(error):
            raise
        pytest.skip(str(error))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0 and ("namespace" in done.stderr or "mount" in done.stderr):
        pytest.skip(f"no mount is allowed here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr


@pytest.fixture
def backing(tmp_path: Path) -> Path:
    """An empty directory to mount."""
    folder = tmp_path / "backing"
    folder.mkdir()
    return folder


@pytest.fixture
def script(simulator: None, backing: Path) -> Script:
    """Runs Python on the mount, in its root; returns what it put into `seen`."""

    def run(text: str, efs: Efs | None = None) -> dict[str, Any]:
        program = (
            PROLOGUE.replace("BACKING", repr(str(backing))) + text + "\nprint(json.dumps(seen))"
        )
        inner = [sys.executable, "-I", "-S", "-c", program]
        command = (efs or Efs(preset=FREE)).command(backing, backing, inner)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        seen: dict[str, Any] = json.loads(done.stdout)
        return seen

    return run


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small tree."""
    root = tmp_path / "source"
    for number in range(6):
        folder = root / f"package{number}"
        folder.mkdir(parents=True)
        (folder / "module.py").write_text(f"NUMBER = {number}\n")
        (folder / "link").symlink_to("module.py")
    (root / "large").write_bytes(b"x" * ((2 << 20) + 1))
    return root


def copying(source: Path, way: str, efs: Efs | None = None) -> Variant:
    """A variant that copies the tree."""
    target = source.parent / "target"
    words = {"words": way.split()} if " " in way else {}
    return Variant(
        name=way,
        labels={"way": way, "storage": "central"},
        way="command" if words else way,
        program=APPLICATION.parent,
        release=target / "release",
        backing=target,
        reference="copy",
        efs=efs,
        arguments={"source": str(source), **words},
    )
