"""Directories that belong to one installer for as long as it lives.

A claim is a directory with a lock file beside it. The owner holds the lock with flock, which the
kernel gives back however the owner ends; so a directory whose lock can be taken is abandoned.
Who removes one removes the directory first and the lock file last, holding the lock.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import time
from pathlib import Path

from ..layout import LOCK_SUFFIX, ExitCode, InstallError
from . import tree
from .stop import stop_held

PATIENCE = 5.0
"""Seconds to wait for somebody who is just looking whether our directory is abandoned."""


def task_name() -> str:
    """The ECS task's id, or process id and a random number outside ECS.

    Fargate sets ECS_CONTAINER_METADATA_URI_V4 to ``http://169.254.170.2/v4/<task id>-<number>``.
    """
    uri = os.environ.get("ECS_CONTAINER_METADATA_URI_V4", "")
    _, found, runtime_id = uri.rstrip("/").rpartition("/v4/")
    task = runtime_id.partition("-")[0]
    if found and task.isalnum():
        return task
    return f"{os.getpid()}{secrets.token_hex(4)}"


class Claim:
    """The directory ``<parent>/<prefix><id>-<task>``, ours between acquire and release."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._lock = _Lock(directory.with_name(directory.name + LOCK_SUFFIX))

    def acquire(self) -> None:
        """Make the directory. Raises OSError where that is impossible, InstallError if taken."""
        deadline = time.monotonic() + PATIENCE
        while not self._lock.take():
            if time.monotonic() > deadline:
                raise InstallError(
                    ExitCode.ERROR,
                    f"{self.directory} belongs to another installer that is running. One task "
                    "runs one installer: wait for it, or stop it.",
                )
            time.sleep(0.05)
        tree.remove(self.directory)
        self.directory.mkdir()

    def release(self) -> None:
        """Remove directory and lock file. Does nothing to what was never acquired."""
        if self._lock.held:
            tree.remove(self.directory)
            self._lock.remove()


def remove_abandoned(parent: Path, prefix: str) -> list[str]:
    """Remove claims of dead owners and return their names.

    What another user owns stays. Raises OSError where something cannot be removed.
    """
    names = set()
    owners = (os.geteuid(), parent.stat().st_uid)
    for entry in os.scandir(parent):
        if entry.name.startswith(prefix):
            with contextlib.suppress(FileNotFoundError):  # its owner has just removed it
                if entry.stat(follow_symlinks=False).st_uid in owners:
                    names.add(entry.name.removesuffix(LOCK_SUFFIX))
    removed = []
    for name in sorted(names):
        lock = _Lock(parent / (name + LOCK_SUFFIX))
        if lock.take():
            tree.remove(parent / name)
            lock.remove()
            removed.append(name)
    return removed


class _Lock:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        return self._descriptor is not None

    def take(self) -> bool:
        """Take the lock without waiting; false if somebody has it, or has just removed it."""
        with stop_held():
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.path.samestat(os.fstat(descriptor), self._path.stat()):
                    self._descriptor = descriptor
            except (BlockingIOError, FileNotFoundError):
                pass
            finally:
                if not self.held:
                    os.close(descriptor)
            return self.held

    def remove(self) -> None:
        if self._descriptor is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None
