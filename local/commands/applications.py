"""What a project's applications need here: locks for this host, and the stack's wheel cache."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .. import MODULE
from ..project import Project
from ..provider import AwsProvider
from .deployed import DeploymentError
from .screen import Screen

_ROOT = Path(__file__).resolve().parents[2]
"""Where the package of the components lies."""
# In this repository the package is called by its folder's name.
_PACKAGE = MODULE.rpartition(".")[0] or "components"
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
    for folder in _applications(root, own):
        if _run("lock", folder, host, "--check").returncode == 0:
            continue
        with screen.step(f"lock for this host, {folder.relative_to(root)}/locks/{host}.txt"):
            done = _run("lock", folder, host, *(["--index-url", index_url] if index_url else []))
            if done.returncode != 0:
                said = done.stderr.strip() or f"it ended with status {done.returncode}"
                why = f"this host needs a lock for {host}, and none can be made"
                raise DeploymentError(f"{why}.\n{said}")


def fill_cache(project: Project, screen: Screen) -> None:
    """Make the bucket of the cache that the stack's configuration names, and fill it.

    As `make wheels` does on AWS.

    Raises:
        DeploymentError: A wheel cannot be had.
    """
    cache, target = project.own("wheelCache"), f"{project.own('runtime')}-"
    if not cache:
        return
    target += str(project.own("architecture"))
    bucket = {"bucket": cache.split("/")[2]}
    AwsProvider(project.region, cloud=True).create("aws:s3/bucket:Bucket", "wheels", bucket)
    for folder in _applications(project.root, target):
        with screen.step(f"wheel cache {cache}"):
            index = project.own("indexUrl") or ""
            done = _run("wheels", folder, target, "--index-url", index, cache)
        if done.returncode != 0:
            raise DeploymentError(f"{cache} cannot be filled.\n{done.stderr.strip()}")


def _applications(root: Path, own: str) -> Iterator[Path]:
    """The folders of a project with a model and a lock of this target."""
    for name, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f != "node_modules")
        if set(files) >= _FILES and (Path(name) / "locks" / f"{own}.txt").is_file():
            yield Path(name)


def _run(
    command: str, folder: Path, target: str, *options: str
) -> subprocess.CompletedProcess[str]:
    """One of the package's commands on an application."""
    named = [f"{_PACKAGE}.{command}", "--directory", str(folder), "--target", target]
    return subprocess.run(
        [sys.executable, "-m", *named, *options],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
