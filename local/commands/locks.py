"""Makes locks for this host, where the stack's own are for another runtime or architecture."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .. import MODULE
from .deployed import DeploymentError
from .screen import Screen

ROOT = Path(__file__).resolve().parents[2]
"""Where the package of the components lies."""
# In this repository the package is called by its folder's name.
_COMMAND = f"{MODULE.rpartition('.')[0] or 'components'}.lock"
_FILES = frozenset({"model.py", "requirements.in"})


def make_locks(root: Path, own: str, host: str, index_url: str | None, screen: Screen) -> None:
    """Make the host's lock of each application in a project that has the stack's own.

    What is there and up to date stays.

    Args:
        root: The project.
        own: Name of the stack's target, such as `python3.11-x86_64`.
        host: Name of the host's target.
        index_url: Package index; None: the one of the project's files.
        screen: Shows what is made.

    Raises:
        DeploymentError: A lock cannot be made.
    """
    for folder in applications(root, own):
        if _lock(folder, host, "--check").returncode == 0:
            continue
        with screen.step(f"lock for this host, {folder.relative_to(root)}/locks/{host}.txt"):
            done = _lock(folder, host, *(["--index-url", index_url] if index_url else []))
            if done.returncode != 0:
                said = done.stderr.strip() or f"it ended with status {done.returncode}"
                why = f"this host needs a lock for {host}, and none can be made"
                raise DeploymentError(f"{why}.\n{said}")


def applications(root: Path, own: str) -> Iterator[Path]:
    """The folders of a project with a model and a lock of this target."""
    for name, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f != "node_modules")
        if set(files) >= _FILES and (Path(name) / "locks" / f"{own}.txt").is_file():
            yield Path(name)


def _lock(folder: Path, host: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", _COMMAND, "--directory", str(folder), "--target", host]
    return subprocess.run(
        [*command, *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
