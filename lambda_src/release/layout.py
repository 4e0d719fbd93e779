"""What a release looks like on the file system: names, manifest, exit codes, base exception."""

from __future__ import annotations

import enum
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

FORMAT = 5
"""Integer of the release format. A change of what a release consists of raises it, and with it
every release id."""

RELEASES = "releases"
"""Directory of all releases, right under the mount path."""

RELEASE_PATH = "RELEASE_PATH"
"""Environment variable in which a function finds the path of its release."""

ARTIFACTS_PATH = "ARTIFACTS_PATH"
"""Environment variable in which a function finds the path of its release of artifacts, if any."""

INDEX_NETRC = "INDEX_NETRC"
"""Environment variable in which the populate task finds package indexes' credentials, a netrc."""

OWNER, KEEP, IN_USE = "RELEASE_OWNER", "KEEP_RELEASES", "RELEASES_IN_USE"
"""Environment variables by which the populate task removes releases: of which stack, how many of
its newest stay, and the ids of those that functions name."""

SITE_PACKAGES = "site-packages"
"""Directory of a release that goes on ``sys.path``."""

ARTIFACTS = "artifacts"
"""Directory of a release of artifacts that the model gets."""

MANIFEST = "manifest.json"
"""File whose presence makes a directory a release."""

INCOMING_PREFIX = ".incoming-"
"""A release being copied is ``.incoming-<id>-<task>``, with its lock file beside it."""

REMOVING_PREFIX = ".removing-"
"""A release being removed is ``.removing-<id>-<task>``, with its lock file beside it."""

LOCK_SUFFIX = ".lock"
"""``<incoming>.lock`` is held with flock by the installer as long as it lives."""

STACKS = ".stacks"
"""Directory of a release with an empty file ``<stack>~<digits>`` for each stack that has asked for
the release. Its time is when the stack last did. No manifest names it."""

_LARGEST = (1 << 63) - 1
"""Bytes of the largest file that Linux knows."""

RELEASE_ID = re.compile(r"[0-9a-f]{16}")
HASHING = ("none", "sample", "all")
"""Whose SHA-256 a verification compares."""

_DAMAGE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What comes of reading a manifest that is not one."""


class ExitCode(enum.IntEnum):
    """How ``python3 -m release`` ends.

    ======  ===============================================================================
    code    meaning
    ======  ===============================================================================
    0       published, or it was there already; by `verify`: intact
    1       anything else
    2       wrong command line
    10      resolution: no such package, no wheel for the target, a malformed lock
    11      network: the index is unreachable, answers 5xx, or a download breaks off
    12      hash mismatch: a package or an artifact is not the one that was locked
    13      import: the staged release cannot be imported, or the model does not load
    14      disk: staging or the mount is full, or an I/O error
    15      mount: the mount path is missing, no directory, or not writable
    16      damaged: the release differs from its manifest, or the manifest cannot be read
    17      absent: nothing lies where `verify` looks for the release
    18      program: the task's own program in S3 is gone, refused, out of reach, or changed
    19      source: an artifact is gone where it was locked from, refused, or out of reach
    20      archive: one leaves its folder, unpacks to far too much, or is damaged
    143     stopped by SIGTERM or SIGINT, or by its own deadline (``--timeout``)
    ======  ===============================================================================
    """

    PUBLISHED = 0
    ERROR = 1
    USAGE = 2
    RESOLUTION = 10
    NETWORK = 11
    HASH_MISMATCH = 12
    IMPORT = 13
    DISK = 14
    MOUNT = 15
    DAMAGED = 16
    ABSENT = 17
    PROGRAM = 18
    SOURCE = 19
    ARCHIVE = 20
    STOPPED = 143

    @property
    def kind(self) -> str:
        """The name used in log lines, such as ``hash-mismatch``."""
        return self.name.lower().replace("_", "-")


class ReleaseError(Exception):
    """Base of every error of this package."""


LOCK_AGAIN = "lock it again (`make lock`, or `python -m efs_inference.lock`)"
"""What to do about a lock, as a message says it: who reads it has one of the two commands."""


class InstallError(ReleaseError):
    """The program has to give up; ``code`` says how it ends."""

    def __init__(self, code: ExitCode, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class File:
    """One regular file of a release.

    ``path`` is relative to the release with ``/`` between names, ``size`` in bytes, ``sha256``
    in hexadecimal.
    """

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a release contains, apart from the manifest itself.

    ``python`` is the full version that made it, ``architecture`` Lambda's word (``x86_64`` or
    ``arm64``), ``created`` UTC in ISO 8601, ``links`` maps a symbolic link to its target, ``owner``
    is the stack that published it, empty where it did not say.
    """

    release: str
    python: str
    architecture: str
    created: str
    files: tuple[File, ...]
    links: dict[str, str] = field(default_factory=dict)
    owner: str = ""
    format: int = FORMAT

    @property
    def bytes(self) -> int:
        """Size of all files in bytes."""
        return sum(file.size for file in self.files)

    def write(self, release: Path) -> None:
        """Write the manifest into the directory and sync file and directory."""
        document = {
            "format": self.format,
            "release": self.release,
            "python": self.python,
            "architecture": self.architecture,
            "created": self.created,
            "owner": self.owner,
            "files": {file.path: [file.size, file.sha256] for file in self.files},
            "links": self.links,
        }
        with (release / MANIFEST).open("x", encoding="ascii") as stream:
            json.dump(document, stream, indent=0, separators=(",", ":"))
            stream.flush()
            os.fsync(stream.fileno())
        sync_directory(release)

    @classmethod
    def read(cls, release: Path) -> Manifest:
        """Read the manifest of a release.

        Raises FileNotFoundError where there is none, ReleaseError where it is damaged or of
        another format.
        """
        path = release / MANIFEST
        try:
            with opened(path) as stream:
                document = json.loads(stream.read().decode("ascii"))
            manifest = cls(
                format=int(document["format"]),
                release=str(document["release"]),
                python=document["python"],
                architecture=document["architecture"],
                created=document["created"],
                owner=str(document.get("owner", "")),
                files=tuple(
                    File(path=name, size=_size(size), sha256=str(sha256))
                    for name, (size, sha256) in document["files"].items()
                ),
                links={path: str(target) for path, target in document["links"].items()},
            )
        except _DAMAGE as error:
            raise ReleaseError(
                f"{path} is damaged ({type(error).__name__}: {error}). A release never changes "
                "after its publication: make it again under another id."
            ) from error
        if manifest.format != FORMAT:
            raise ReleaseError(
                f"{path} has format {manifest.format}, this code reads format {FORMAT}. "
                "Deploy function and release from the same commit."
            )
        return manifest


def _size(value: object) -> int:
    """Bytes of a file, as many as one can have. Raises ValueError."""
    if type(value) is not int or not 0 <= value <= _LARGEST:
        raise ValueError(f"{value!r:.40} is no size of a file")
    return value


def opened(path: Path) -> BinaryIO:
    """A file for reading. A pipe is not waited for: there is nothing in it."""
    return open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK))


def is_published(release: Path) -> bool:
    """Whether the release exists, that is, whether its manifest does."""
    return (release / MANIFEST).is_file()


def is_listed(release: Path) -> bool:
    """Whether the release exists, asked of the file server.

    Where an NFS client may answer for a path from its cache, opening the directory above makes it
    ask whether that has changed: nfs(5), close-to-open cache consistency.
    """
    return release.name in os.listdir(release.parent) and is_published(release)  # noqa: PTH208


def check_mount(mount: Path) -> None:
    """Raise InstallError unless the mount path is a directory."""
    if not mount.is_dir():
        what = "is no directory" if mount.exists() else "does not exist"
        raise InstallError(
            ExitCode.MOUNT,
            f"the mount path {mount} {what}. The task's container has to mount the access point "
            "there: containerPath in the task definition, mountPath in the stack.",
        )


def sync_directory(directory: Path | str) -> None:
    """Make the directory's entries durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
