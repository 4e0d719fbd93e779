"""Releases that are made without pip, and the housekeeping among them."""

import os
import shutil
from pathlib import Path

from lambda_src.release.installation import tree
from lambda_src.release.installation.housekeeping import IN_USE, KEEP, housekeep
from lambda_src.release.layout import Manifest

IDS = [f"{number:016x}" for number in range(6)]
OWN = IDS[5]


def age(release: Path, seconds: int) -> None:
    os.utime(release / "manifest.json", (seconds, seconds))


def publish(releases: Path, name: str) -> Path:
    """A release with files, a link and an empty directory, made as the installer makes it."""
    source = releases.parent / "source"
    packages = source / "site-packages"
    (packages / "deep" / "deeper").mkdir(parents=True)
    (packages / "empty").mkdir()
    for number in range(150):
        (packages / "deep" / "deeper" / f"{number}.py").write_text(f"x = {number}\n")
    (packages / "big.so").write_bytes(os.urandom(3_000_000))
    (packages / "link.so").symlink_to("big.so")
    (packages / os.fsdecode(b"\xff odd \n name")).write_text("x")
    release = releases / name
    release.mkdir(parents=True)
    copying = tree.Copy(source, release, tree.scan(source))
    files = copying.run(lambda files, size: None)
    Manifest(
        release=name,
        python="3.11.9",
        architecture="x86_64",
        created="2030-01-01T00:00:00+00:00",
        files=files,
        links=copying.links,
    ).write(release)
    shutil.rmtree(source)
    return release


def kept(releases: Path) -> list[str]:
    return sorted(path.name for path in releases.iterdir())


def remove(releases: Path, keep: str, in_use: str = "", own: str = OWN) -> list[str]:
    return housekeep(releases / own, {KEEP: keep, IN_USE: in_use})
