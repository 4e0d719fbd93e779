"""Releases that are made without an installer."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lambda_src.release.installation.storage.housekeeping import ask
from lambda_src.release.layout import OWNER, File, Manifest

MADE = "2026-01-01T00:00:00+00:00"
"""When these releases say they were made."""


def make_release(release: Path, owner: str = "") -> None:
    """A small release, made without an installer, but published by a rename, too.

    With an owner, that stack has asked for it.
    """
    making = release.with_name(f".making-{release.name}")
    (making / "site-packages").mkdir(parents=True)
    files = []
    for number in range(3):
        content = f"number = {number}\n".encode()
        path = f"site-packages/module_{number}.py"
        (making / path).write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        files.append(File(path=path, size=len(content), sha256=sha256))
    Manifest(
        release=release.name,
        python="3.11.0",
        architecture="x86_64",
        created=MADE,
        files=tuple(files),
        owner=owner,
    ).write(making)
    making.rename(release)
    ask(release, {OWNER: owner})
