"""A reader who never stops: every release that is there is there whole.

Standard input has one line, the folder of the releases; when it ends, one line of JSON is printed.
A release that goes away meanwhile has to go away whole: the path leads to another directory, or
to none, before a single file of it is missing.
"""

from __future__ import annotations

import hashlib
import json
import os
import select
import sys
from pathlib import Path
from typing import Any

PAUSE = 0.04
"""Seconds between two rounds; the installers need the processors, too."""
HASHED = 3
"""Files of a release that are read in one round, other ones in each."""


def main() -> None:
    """Read in rounds until nobody wants to know any more."""
    releases = Path(sys.stdin.readline().rstrip())
    reads = 0
    partial: list[str] = []
    while not select.select([sys.stdin], [], [], PAUSE)[0]:
        for release in sorted(releases.glob("[!.]*")):
            reads += 1
            partial += [f"{release.name}: {what}" for what in read(release, reads)]
    print(json.dumps({"reads": reads, "partial": partial}))


def read(release: Path, number: int) -> list[str]:
    """Read one release; what was missing while it was there."""
    try:
        # Held open, so that no other directory gets the same inode meanwhile.
        directory = os.open(release, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return []
    try:
        wrong = _compare(release, number)
        return wrong if wrong and _is_still(release, directory) else []
    finally:
        os.close(directory)


def _is_still(release: Path, directory: int) -> bool:
    try:
        return os.path.samestat(release.stat(), os.fstat(directory))
    except FileNotFoundError:
        return False


def _compare(release: Path, number: int) -> list[str]:
    try:
        manifest = json.loads((release / "manifest.json").read_bytes())
    except (OSError, ValueError) as error:
        return [f"manifest.json: {error}"]
    wrong = []
    files: dict[str, Any] = manifest["files"]
    hashed = {(number * HASHED + n) % len(files) for n in range(HASHED)}
    for place, (path, (size, sha256)) in enumerate(files.items()):
        try:
            found = (release / path).stat().st_size
            if found != size:
                wrong.append(f"{path} has {found} bytes, not {size}")
            elif place in hashed:
                content = (release / path).read_bytes()
                if hashlib.sha256(content).hexdigest() != sha256:
                    wrong.append(f"{path} has another content")
        except OSError as error:
            wrong.append(f"{path}: {error}")
    return wrong


if __name__ == "__main__":
    main()
