"""Releases that are made without pip, and the housekeeping among them."""

import os
import shutil
from pathlib import Path

from lambda_src.release.installation.job import LibrariesJob
from lambda_src.release.installation.storage import tree
from lambda_src.release.installation.storage.housekeeping import ask, housekeep
from lambda_src.release.layout import IN_USE, KEEP, OWNER, STACKS, Manifest

IDS = [f"{number:016x}" for number in range(6)]
OWN = IDS[5]
STACK = "dev"


def mark(release: Path, stack: str = STACK) -> Path:
    """The file that says that a stack has asked for the release."""
    (path,) = (release / STACKS).glob(f"{stack}~*")
    return path


def marked(release: Path) -> list[str]:
    """The stacks that have a mark in the release, each as often as it has one."""
    return sorted(path.name.partition("~")[0] for path in (release / STACKS).iterdir())


def age(release: Path, seconds: int) -> None:
    """Let the release be published, and asked for by those who did, at that time."""
    marks = (release / STACKS).glob("*")
    for path in (release / "manifest.json", *marks):
        os.utime(path, (seconds, seconds))


def publish(releases: Path, name: str, owner: str = STACK) -> Path:
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
        owner=owner,
    ).write(release)
    ask(release, {OWNER: owner})
    shutil.rmtree(source)
    return release


def job(release: Path) -> LibrariesJob:
    """The job of making it; there is no lock to make it from."""
    folder = release.parents[2]
    return LibrariesJob(
        release=release,
        requirements=folder / "requirements.txt",
        index_url="",
        staging=folder,
        program=folder,
    )


def kept(releases: Path) -> list[str]:
    return sorted(path.name for path in releases.iterdir())


def remove(
    releases: Path, keep: str, in_use: str = "", own: str = OWN, stack: str = STACK
) -> list[str]:
    """The housekeeping of a task that has just asked for its own release."""
    environment = {KEEP: keep, IN_USE: in_use, OWNER: stack}
    ask(releases / own, environment)
    return housekeep(releases / own, environment)
