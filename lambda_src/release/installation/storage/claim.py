"""Directories that belong to one installer for as long as it lives.

A claim is a directory with a lock file beside it. The owner holds the lock with flock, which the
kernel gives back however the owner ends; so a directory whose lock can be taken is abandoned.
Who removes one holds the lock, removes the directory first and the lock file last. A lock may be
lost all the same while its owner lives. So who removes a directory renames it first: its owner, who
publishes by a rename, then finds nothing to publish.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from ...layout import LOCK_SUFFIX, ExitCode, InstallError
from ..log import log
from ..stop import stop_held
from .removal import PAUSE, remove

RENAMED = "~"
"""Between the name of a claim and the rest of the name under which it is removed."""
PATIENCE = 5.0
"""Seconds to wait for somebody who is just looking whether our directory is abandoned."""


def task_name() -> str:
    """The ECS task's id, or process id and a random number outside ECS.

    Fargate sets ECS_CONTAINER_METADATA_URI_V4 to ``http://169.254.170.2/v4/<task id>-<number>``.
    """
    uri = os.environ.get("ECS_CONTAINER_METADATA_URI_V4", "")
    _, found, runtime_id = uri.rstrip("/").rpartition("/v4/")
    task = runtime_id.partition("-")[0]
    if found and re.fullmatch("[0-9A-Za-z]{1,64}", task):
        return task
    return f"{os.getpid()}{secrets.token_hex(4)}"


class ClaimLostError(InstallError):
    """The directory is not ours any more: another installer took our lock, or removed it."""


class Claim:
    """The directory ``<parent>/<prefix><id>-<task>``, ours between acquire and release."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._lock = _Lock(directory.with_name(directory.name + LOCK_SUFFIX))

    @property
    def held(self) -> bool:
        """Whether it was acquired and not released."""
        return self._lock.held

    def acquire(self) -> None:
        """Make the directory. Raises OSError where that is impossible, InstallError if taken."""
        deadline = time.monotonic() + PATIENCE
        while not self._lock.take_new():
            if time.monotonic() > deadline:
                raise InstallError(
                    ExitCode.ERROR,
                    f"{self.directory} belongs to another installer that is running. One task "
                    "runs one installer: wait for it, or stop it.",
                )
            time.sleep(0.05)
        try:
            if os.path.lexists(self.directory):
                _discard(self.directory)
            self.directory.mkdir()
        except OSError:
            self.release()
            raise

    def prove(self) -> None:
        """Raise ClaimLostError unless the directory is still ours.

        A lock may be lost while its owner lives: a lease that ran out, a lock file that somebody
        removed, clients that do not share locks.
        """
        if not (self._lock.is_ours() and self.directory.is_dir()):
            raise ClaimLostError(
                ExitCode.ERROR,
                f"the lock of {self.directory} was lost, and what lies there may be another's. "
                "Run it again, and check that the file system has locks (flock) for all its "
                "clients.",
            )

    def release(self) -> None:
        """Remove directory and lock file. Does nothing to what was never acquired."""
        if self._lock.held:
            try:
                _discard(self.directory)
            finally:
                self._lock.drop()

    def leave(self) -> None:
        """Leave the directory, unless it is empty, to the next one who looks for abandoned ones."""
        with contextlib.suppress(OSError):
            self.directory.rmdir()
        self._lock.drop()


def remove_abandoned(
    parent: Path, prefix: str, spare: Callable[[Path], bool] = lambda _: False
) -> list[str]:
    """Remove claims of dead owners, each by itself, and return their names.

    ``spare`` may take a directory away before. What another user owns stays, and what cannot go is
    logged. Raises OSError where the parent cannot be listed.
    """
    found: dict[str, list[str]] = {}
    owners = (os.geteuid(), parent.stat().st_uid)
    for entry in os.scandir(parent):
        if entry.name.startswith(prefix):
            with contextlib.suppress(OSError):  # its owner has just removed it
                if entry.stat(follow_symlinks=False).st_uid in owners:
                    name = entry.name.removesuffix(LOCK_SUFFIX)
                    found.setdefault(name.partition(RENAMED)[0], []).append(name)
    removed = []
    for name, rests in sorted(found.items()):
        lock = _Lock(parent / (name + LOCK_SUFFIX))
        try:
            if not lock.take():
                continue
            try:
                spared = spare(parent / name)
                for rest in sorted({name, *rests}):
                    _discard(parent / rest)
            finally:
                lock.drop()
        except OSError as error:
            log("mount", f"{name} stays, and nothing depends on it: {error}")
        else:
            removed += [] if spared else [name]
    return removed


def _discard(path: Path) -> None:
    """Remove a directory that may be another's, so by its name first: its owner then finds out."""
    name, _, _ = path.name.partition(RENAMED)
    renamed = path.with_name(f"{name}{RENAMED}{secrets.token_hex(4)}")
    try:
        path.rename(renamed)
    except OSError:  # the answer of one that is done may be lost
        if os.path.lexists(path):
            raise
    remove(renamed)


class _Lock:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        return self._descriptor is not None

    def take_new(self) -> bool:
        """The same for a name that is ours alone: what an error leaves of it is removed."""
        try:
            return self.take()
        except OSError:
            with contextlib.suppress(OSError):
                self._unlink()
            raise

    def take(self) -> bool:
        """Take the lock without waiting; false if somebody has it, or has just removed it."""
        with stop_held():
            # Whatever lies there: a pipe is not waited for, a link is not followed.
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
            descriptor = os.open(self._path, flags, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._is_at_its_path(descriptor):
                    self._descriptor = descriptor
            except (BlockingIOError, FileNotFoundError):
                pass
            finally:
                if not self.held:
                    _close(descriptor)
            return self.held

    def is_ours(self) -> bool:
        """Whether the file server says so, too. A lock that the kernel has lost is asked again."""
        try:
            if self._descriptor is not None:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return self._is_at_its_path(self._descriptor)
        except OSError:
            pass
        return False

    def drop(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            try:
                with contextlib.suppress(FileNotFoundError):
                    if self._is_at_its_path(descriptor):  # and not another's, after a lost lock
                        self._unlink()
            except OSError:
                self._unlink()
            finally:
                _close(descriptor)

    def _is_at_its_path(self, descriptor: int) -> bool:
        return os.path.samestat(os.fstat(descriptor), self._path.lstat())

    def _unlink(self) -> None:
        for last in (False, False, True):
            try:
                self._path.unlink(missing_ok=True)
                break
            except OSError:
                if last:
                    raise
                time.sleep(PAUSE)


def _close(descriptor: int) -> None:
    with contextlib.suppress(OSError):  # NFS may say here what it could not write; nothing was
        os.close(descriptor)
