"""Publishing a file of weights from a server on this machine."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..harness import FailedRunError, ready, room
from ..material import releases
from ..simulator import PRESETS, Efs
from . import files

ID = "a" * 16
"""Of the release that is made."""


@dataclass(frozen=True)
class Published:
    """One publication: seconds by phase."""

    size: str
    storage: str
    seconds: dict[str, float]


def publish(size: str, storage: str, path: Path, efs: Efs | None) -> Published:
    """Let the installer fetch and publish a file of weights, as the populate task does."""
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    entry: dict[str, Any] = {"name": path.name, "size": path.stat().st_size, "sha256": sha256}
    entry |= {"signed": False, "unpack": False}
    with files.served(path.parent) as url, room(3 * entry["size"]) as folder:
        mount, staging, listing = folder / "mount", folder / "staging", folder / "artifacts.json"
        mount.mkdir()
        staging.mkdir()
        listing.write_text(json.dumps([{**entry, "url": f"{url}/{path.name}"}]), encoding="utf-8")
        words = [sys.executable, "-m", "release", "fetch", "--artifacts", str(listing)]
        words += ["--release", str(mount / "releases" / ID), "--staging", str(staging)]
        words = efs.command(mount, mount, words) if efs else words
        program = releases.program("publish", "")
        done = subprocess.run(words, cwd=program, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise FailedRunError(f"{' '.join(words)}\nended with {done.returncode}:\n{done.stdout}")
    summary = json.loads(done.stdout.splitlines()[-1])
    return Published(size, storage, summary["seconds"])


def publications(size: str, path: Path) -> Iterator[Published]:
    """To a local disk, and to the simulated EFS."""
    ready(path.parent)
    yield publish(size, "local", path, None)
    yield publish(size, "central", path, Efs(preset=PRESETS["central"], creating=True))
