"""What artifacts.in asks for, and its lock."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from ... import commands
from ...errors import ConfigurationError, Problem
from ..application import Application
from .lines import Artifact, Wish, artifact_of, parsed, wish_of
from .sources import Local

_RENEW = f"renew the lock with {commands.LOCK}"


def read_wishes(path: Path) -> tuple[Wish, ...] | None:
    """What an artifacts.in asks for, by name; None where there is no such file.

    Raises:
        ConfigurationError: With every line that breaks a rule.
    """
    if not os.path.lexists(path):  # a link to nothing is one that asks for something
        return None
    found = parsed(path, wish_of, lambda wish: wish.name, f"correct it, and run {commands.LOCK}")
    return tuple(sorted(found, key=lambda wish: wish.name))


def read_lock(application: Application, wishes: Sequence[Wish]) -> tuple[Artifact, ...]:
    """The lock of these wishes, by name.

    Raises:
        ConfigurationError: There is none, it breaks a rule, or it is not that of the wishes; a
            file of this machine is not the one that was locked.
    """
    path = application.artifacts_lock_path
    if not path.is_file():
        rule = f"artifacts.in needs a lock, and {path} does not exist"
        problem = Problem(subject=path.name, value="no file", rule=rule, remedy=commands.LOCK)
        raise ConfigurationError([problem])
    artifacts = parse_lock(path)
    problems = list(_stale(wishes, artifacts))
    if not problems:
        problems = list(_changed(application.root, artifacts))
    if problems:
        raise ConfigurationError(problems)
    return artifacts


def parse_lock(path: Path) -> tuple[Artifact, ...]:
    """The artifacts of a lock, by name.

    Raises:
        ConfigurationError: With every line that breaks a rule.
    """
    found = parsed(path, artifact_of, lambda artifact: artifact.name, _RENEW)
    return tuple(sorted(found, key=lambda artifact: artifact.name))


def render(artifacts: Iterable[Artifact]) -> str:
    """The text of a lock."""
    head = f"# Made from artifacts.in by {commands.LOCK}: size in bytes and SHA-256 of each file."
    return "\n".join([head, *sorted(map(str, artifacts)), ""])


def digest(path: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file. Raises OSError, also for what is no plain file."""
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        what = "it is a folder; pack it as a tar.gz, name that, and write `unpack` behind it"
        raise OSError(errno.EISDIR, what)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is no plain file")
    return status.st_size, _sha256(path, status.st_size, status.st_mtime_ns)


@lru_cache
def _sha256(path: Path, _size: int, _changed: int) -> str:
    # More than one asks for it in one run, and it may be large.
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _stale(wishes: Sequence[Wish], artifacts: Sequence[Artifact]) -> Iterable[Problem]:
    locked = {artifact.name: artifact for artifact in artifacts}
    asked = {wish.name: wish for wish in wishes}
    for name in sorted(asked.keys() | locked.keys()):
        wish, artifact = asked.get(name), locked.get(name)
        if wish is None or artifact is None or not artifact.is_of(wish):
            says = f"says {wish}" if wish else f"has no {name}"
            rule = f"artifacts.in {says}, so the lock is out of date"
            value = str(artifact.wish) if artifact else "nothing"
            yield Problem(subject="artifacts.txt", value=value, rule=rule, remedy=commands.LOCK)


def _changed(folder: Path, artifacts: Sequence[Artifact]) -> Iterable[Problem]:
    """The files of this machine that are not what was locked."""
    for artifact in artifacts:
        if not isinstance(artifact.wish.source, Local):
            continue
        path = artifact.wish.source.path(folder)
        try:
            found = digest(path)
        except OSError as error:
            rule, remedy = f"it cannot be read: {error.strerror}", "put it there, or name another"
        else:
            if found == (artifact.size, artifact.sha256):
                continue
            rule, remedy = "the file has changed since it was locked", commands.LOCK
        yield Problem(subject=artifact.name, value=str(path), rule=rule, remedy=remedy)
