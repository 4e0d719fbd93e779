"""Compares the releases on a stack's local file systems with their manifests; needs no cloud."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from lambda_src.release.installation.job import HASHING
from lambda_src.release.installation.storage.verify import Verification, counted, shown
from lambda_src.release.layout import RELEASE_ID, RELEASES

if TYPE_CHECKING:
    from .screen import Screen


def add_options(parser: argparse.ArgumentParser, *, release: str) -> None:
    """The options of every command that verifies; `release` is the help of `--release`."""
    parser.add_argument("--release", type=_release_id, metavar="ID", help=release)
    parser.add_argument(
        "--sha256",
        choices=HASHING,
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
            "Remedy: `python -m local up` makes the stack's release"
        )
    damaged = [path for path in wanted if not _verify(path, sha256, remedy, screen)]
    return not damaged


def _verify(release: Path, sha256: str, remedy: str, screen: Screen) -> bool:
    check = Verification(release, sha256)
    with screen.step(f"release {release.name}"):
        differences = check.run()
    size = f"{check.files:,} files, {check.bytes / 1e6:,.0f} MB"
    if not differences:
        screen.line(f"  intact: {size}, SHA-256 of {check.hashed:,} files compared", "good")
        return True
    for line in shown(differences):
        screen.line(f"  {line}", "warning")
    screen.line(f"  {release}: {counted(differences)}. Remedy: {remedy}", "error")
    return False
