"""The moment in which a release appears, and the proof that it is whole."""

from __future__ import annotations

import errno
import os
import time
from contextlib import suppress
from pathlib import Path

from ...layout import (
    ExitCode,
    InstallError,
    Manifest,
    ReleaseError,
    is_listed,
    is_published,
    sync_directory,
)
from ..log import log
from ..stop import note_stop_signals, stop_held
from .claim import Claim, ClaimLostError
from .removal import PAUSE
from .verify import counted, verify


def publish(incoming: Claim, release: Path) -> str:
    """Rename the whole release to its path. It is compared with its manifest before and after.

    If another task was faster, its release stays, and this one is superfluous. Returns the outcome.
    A stop that comes in here is noted. Raises ClaimLostError, OSError, or InstallError if the
    release is not whole; then it is not there any more.
    """
    with stop_held():
        incoming.prove()
        _compare(incoming.directory, release)
        if not _rename(incoming.directory, release):
            return "already-published"
        try:
            sync_directory(release.parent)
        except OSError as error:
            log("publish", f"{release.parent} cannot be synced: {error}")
        try:
            _compare(release, release)
        except InstallError:
            with suppress(FileNotFoundError):
                release.rename(incoming.directory)  # its claim removes it there
            raise
        note_stop_signals()
    return "published"


def _compare(directory: Path, release: Path) -> None:
    # Twice, because a file system may fail to answer once.
    for _ in range(2):
        if not (differences := verify(directory, "none", release.name)):
            return
    raise InstallError(
        ExitCode.DAMAGED,
        f"{release} is not published, because it is not whole: {counted(differences)}, the first "
        f"{differences[0]}. Something else writes below {release.parent}, or the file system loses "
        "what was written. Look at it, then run it again.",
    )


def _rename(incoming: Path, release: Path) -> bool:
    """Whether the release is the incoming one; false if that of another task is there."""
    ours = incoming.lstat()
    for last in (False, True):
        try:
            incoming.rename(release)
            break
        except OSError as error:
            if _is(release, ours):
                break  # the file server has done it, and its answer was lost
            if error.errno == errno.ENOENT:
                message = f"{incoming} is not there any more: another task has removed it."
                raise ClaimLostError(ExitCode.ERROR, message) from error
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or last:
                raise
            if is_published(release):
                return False
            # What was in its place has gone meanwhile, by the housekeeping of another task.
    return True


def _is(release: Path, status: os.stat_result) -> bool:
    try:
        return release.name in os.listdir(release.parent) and os.path.samestat(  # noqa: PTH208
            release.lstat(), status
        )
    except OSError:
        return False


def still_there(release: Path) -> bool:
    """Whether the file server has the release; it is asked again where it does not answer."""
    for last in (False, False, True):
        try:
            return is_listed(release)
        except OSError:
            if last:
                raise
            time.sleep(PAUSE)
    return False


def whole(release: Path) -> Manifest | None:
    """The manifest of the release if it is there and nothing of it is missing."""
    try:
        if is_listed(release) and not verify(release, "none"):
            return Manifest.read(release)
    except (OSError, ReleaseError):
        pass
    return None
