"""Compares the releases on a stack's local file systems with their manifests; needs no cloud."""

from __future__ import annotations

import argparse
import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import COMMAND, RUNTIME

if TYPE_CHECKING:
    from .commands import Screen

_layout = runpy.run_path(str(RUNTIME / "release" / "layout.py"))
RELEASES: str = _layout["RELEASES"]
RELEASE_ID: re.Pattern[str] = _layout["RELEASE_ID"]
_VERIFY = "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); runpy.run_module('release')"


def add_options(parser: argparse.ArgumentParser, *, release: str) -> None:
    """The options of every command that verifies; `release` is the help of `--release`."""
    parser.add_argument("--release", type=_release_id, metavar="ID", help=release)
    parser.add_argument(
        "--sha256",
        choices=_layout["HASHING"],
        default="sample",
        help="whose SHA-256 is compared beside the size, default: %(default)s",
    )


def _release_id(text: str) -> str:
    if RELEASE_ID.fullmatch(text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no release id: 16 hex digits")
    return text


def find_releases(state: Path) -> list[Path]:
    """Every release on the file systems in this folder, wherever their access points are."""
    found: list[Path] = []
    for folder, names, _ in os.walk(state):
        if Path(folder).name == RELEASES:
            found += [Path(folder, name) for name in names if RELEASE_ID.fullmatch(name)]
            names.clear()
    return sorted(found)


def verify_releases(
    state: Path, release_id: str | None, sha256: str, remedy: str, screen: Screen
) -> bool:
    """Verify all releases, or the one of this id, and show of each whether it is intact.

    Args:
        state: Folder of the file systems.
        release_id: The only one to verify.
        sha256: Whose SHA-256 is compared: none, sample or all.
        remedy: What to do about a release that is not intact.
        screen: Shows what was found.

    Raises:
        FileNotFoundError: There is no such release.
    """
    there = find_releases(state)
    wanted = [path for path in there if release_id in {None, path.name}]
    if not wanted:
        names = ", ".join(path.name for path in there) or "none"
        raise FileNotFoundError(
            f"no release {release_id or ''}".rstrip() + f" lies under {state}; there are: {names}. "
            f"Remedy: `{COMMAND} up` makes the stack's release"
        )
    damaged = [path for path in wanted if not _verify(path, sha256, remedy, screen)]
    return not damaged


def _verify(release: Path, sha256: str, remedy: str, screen: Screen) -> bool:
    """As the populate task does it, in a process of its own."""
    command = [sys.executable, "-P", "-c", _VERIFY, str(RUNTIME)]
    command += ["verify", "--release", str(release), "--sha256", sha256]
    with screen.step(f"release {release.name}"):
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode == 0:
        said = lines[-1]
        size = f"{said['files']:,} files, {said['bytes'] / 1e6:,.0f} MB"
        screen.line(f"  intact: {size}, SHA-256 of {said['hashed']:,} files compared", "good")
        return True
    # Between the first and the last what differs, and progress, which says nothing.
    for line in lines[1:-1]:
        if "message" in line:
            screen.line(f"  {line['message']}", "warning")
    what = lines[-1]["message"] if lines else f"exit status {done.returncode}"
    screen.line(f"  {what.partition('. ')[0]}. Remedy: {remedy}", "error")
    return False
