"""Makes a release. Runs in the populate task.

    python3 -m release install --release <mount path>/releases/<id> \\
        --requirements requirements.txt --index-url URL [--artifacts DIR] \\
        [--staging DIR] [--timeout SECONDS]
    python3 -m release fetch --release <mount path>/releases/<id> \\
        --artifacts artifacts.json [--staging DIR] [--timeout SECONDS]

The working folder is the program: this package, and the lock with model.py, or the list.

A release appears by one rename, and is compared with its manifest before this program says so.
Whenever it ends, and however, the release is whole or not there; what it leaves when it is killed
is removed by the next run. Where the release is there and whole, the code is 0, whatever happens
then.
"""

from __future__ import annotations

import errno
import os
import platform
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ..layout import (
    INCOMING_PREFIX,
    REMOVING_PREFIX,
    ExitCode,
    InstallError,
    Manifest,
    check_mount,
    is_published,
)
from .artifacts import stage as artifacts
from .job import ArtifactsJob, Job, LibrariesJob
from .libraries import stage as libraries
from .log import log, throttled, timed
from .stop import Stopped, note_stop_signals, raise_on_stop_signals
from .storage import tree
from .storage.claim import Claim, ClaimLostError, remove_abandoned, task_name
from .storage.housekeeping import ask, housekeep, owner, put_back
from .storage.publish import publish, still_there, whole

STAGING_PREFIX = ".staging-"
ATTEMPTS = 3
"""How often a release is made that another task removes, before or after its publication."""
_ARCHITECTURES = {"aarch64": "arm64"}
MOUNT_ERRORS = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ESTALE, errno.ENOTCONN)


def install(job: Job) -> dict[str, object]:
    """Make the release unless it is there, then do the housekeeping. Returns the summary's fields.

    Raises InstallError, OSError or Stopped; then nothing of this run is left.
    """
    for number in range(1, ATTEMPTS + 1):
        raise_on_stop_signals()
        try:
            summary = _made(job)
        except ClaimLostError as error:
            if number == ATTEMPTS:
                raise
            log("publish", f"{error} It is made once more.")
            continue
        ask(job.release, os.environ)
        removed = housekeep(job.release, os.environ)
        if still_there(job.release):
            return summary | {"removed": removed}
        log("publish", f"another task has removed {job.release}; it is made once more")
    raise InstallError(
        ExitCode.ERROR,
        f"{job.release} was published {ATTEMPTS} times, and each time another task removed it. "
        "Let the other task end, then run it again.",
    )


def _made(job: Job) -> dict[str, object]:
    begin = time.monotonic()
    try:
        summary = make(job)
        note_stop_signals()
    except (OSError, Stopped) as error:
        note_stop_signals()
        if (found := whole(job.release)) is None:
            raise
        log("publish", f"{job.release} is there and whole, whatever failed: {error}")
        summary = _summary(job, "already-published", found, {}, begin)
    return summary


def make(job: Job) -> dict[str, object]:
    """Make the release, phase by phase, unless it is there. Returns the summary's fields."""
    begin = time.monotonic()
    seconds: dict[str, float] = {}
    prepare_mount(job)
    if (found := _found(job)) is not None:
        return _summary(job, "already-published", found, seconds, begin)
    making = _staging(job)
    # Another name for each attempt: what was lost may still be in the hands of others.
    task = f"{task_name()}-{secrets.token_hex(2)}"
    incoming = Claim(job.release.with_name(f"{INCOMING_PREFIX}{job.release.name}-{task}"))
    staging = Claim(job.staging / f"{STAGING_PREFIX}{job.release.name}-{task}")
    try:
        _claim_incoming(incoming, job)
        _claim_staging(staging, job)
        os.umask(0o022)  # the user of the trial import and the function have to read it
        staged = making.run(staging.directory, seconds)
        with timed(seconds, "copy", f"to {job.mount}"):
            manifest = copy(job, staged, incoming.directory)
        with timed(seconds, "manifest", f"{len(manifest.files)} files"):
            manifest.write(incoming.directory)
        with timed(seconds, "publish", f"as {job.release}"):
            ask(incoming.directory, os.environ)
            outcome = publish(incoming, job.release)
    except (OSError, InstallError):
        # What is missing may have gone with the lock.
        for claim in (incoming, staging):
            if claim.held:
                claim.prove()
        raise
    finally:
        try:
            note_stop_signals()
        finally:
            # A stop that came right before was raised there, and it was the last one.
            _release(incoming, staging)
    return _summary(job, outcome, manifest, seconds, begin) | making.shown


def _staging(job: Job) -> libraries.Staging | artifacts.Staging:
    """What makes the release on the task's own disk. Raises InstallError for a wrong list."""
    if isinstance(job, LibrariesJob):
        return libraries.Staging(job)
    if isinstance(job, ArtifactsJob):
        return artifacts.Staging(job)
    raise TypeError(f"{type(job).__name__} is no kind of release")


def copy(job: Job, staged: Path, incoming: Path) -> Manifest:
    """Copy the staged release to the mount. Returns the manifest, which is not written yet."""
    found = tree.scan(staged)
    check_space(job, found.bytes)
    copying = tree.Copy(staged, incoming, found)
    return Manifest(
        release=job.release.name,
        python=platform.python_version(),
        architecture=_ARCHITECTURES.get(platform.machine(), platform.machine()),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        files=copying.run(throttled("copy", found.files, found.bytes)),
        links=copying.links,
        owner=owner(os.environ),
    )


def prepare_mount(job: Job) -> None:
    """Check the mount path, which is never made here, and remove what dead installers left."""
    log("mount", str(job.mount))
    check_mount(job.mount)
    tidy_up(job.release.parent, INCOMING_PREFIX)
    tidy_up(job.release.parent, REMOVING_PREFIX, put_back)
    tidy_up(job.staging, STAGING_PREFIX)
    if not is_published(job.release) and _is_taken(job.release):
        raise InstallError(
            ExitCode.ERROR,
            f"{job.release} is there without a manifest, so it is no release and was not made "
            "by this program. Look at it, then move it away.",
        )


def _is_taken(release: Path) -> bool:
    """Whether something lies there that a release cannot replace, as it does an empty directory."""
    try:
        return any(release.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return os.path.lexists(release)


def tidy_up(parent: Path, prefix: str, spare: Callable[[Path], bool] = lambda _: False) -> None:
    """Remove what dead installers left there."""
    try:
        for name in remove_abandoned(parent, prefix, spare) if parent.is_dir() else ():
            log("mount", f"removed {name}, left by a run that was killed")
    except OSError as error:
        # Not decisive: a published release needs no writing, and the next run tries again.
        log("mount", f"cannot tidy up: {error}")


def check_space(job: Job, needed: int) -> None:
    """Refuse what cannot fit on the mount; EFS itself always reports room."""
    status = os.statvfs(job.mount)
    free = status.f_bavail * status.f_frsize
    if free < needed:
        raise InstallError(
            ExitCode.DISK,
            f"{job.mount} has {free / 1e6:,.0f} MB free, the release needs {needed / 1e6:,.0f} MB. "
            "Remove old releases, or enlarge the file system.",
        )


def _claim_incoming(incoming: Claim, job: Job) -> None:
    try:
        job.release.parent.mkdir(exist_ok=True)
        incoming.acquire()
    except OSError as error:
        if error.errno not in MOUNT_ERRORS:
            raise
        raise InstallError(
            ExitCode.MOUNT,
            f"{job.mount} is not writable ({error.strerror}: {error.filename}). The task needs "
            "readOnly false, elasticfilesystem:ClientWrite in its role, and an access point "
            "whose user owns the directory.",
        ) from error


def _claim_staging(staging: Claim, job: Job) -> None:
    try:
        job.staging.mkdir(parents=True, exist_ok=True)
        staging.acquire()
    except OSError as error:
        raise InstallError(
            ExitCode.DISK,
            f"the staging folder {job.staging} cannot be used ({error.strerror}: "
            f"{error.filename}). Name one on a disk with room, --staging DIR.",
        ) from error


def _release(*claims: Claim) -> None:
    for claim in claims:
        try:
            claim.release()
        except OSError as error:
            log("tidy", f"{claim.directory} stays, the next run removes it: {error}")


def _found(job: Job) -> Manifest | None:
    """The manifest of the release if it is there."""
    try:
        return Manifest.read(job.release)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _summary(
    job: Job, outcome: str, manifest: Manifest, seconds: dict[str, float], begin: float
) -> dict[str, object]:
    seconds["total"] = round(time.monotonic() - begin, 2)
    return {
        "release": job.release.name,
        "outcome": outcome,
        "files": len(manifest.files),
        "bytes": manifest.bytes,
        "seconds": seconds,
    }
