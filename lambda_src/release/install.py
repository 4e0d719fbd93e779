"""Makes a release. Runs in the populate task.

    python3 -m release.install --release <mount path>/releases/<id> \\
        --requirements requirements.txt --index-url URL [--staging DIR]

The working folder is the program: this package, model.py and the lock. Standard output is JSON
lines, the last one a summary or a failure; the exit codes are those of ``layout.ExitCode``.

A release appears by one rename. Whenever this program ends, and however, the release is whole
or not there; what it leaves when it is killed is removed by the next run.
"""

from __future__ import annotations

import errno
import os
import platform
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path

from . import compile as bytecode
from . import pip, requirements, tree
from .claim import Claim, remove_abandoned, task_name
from .job import Job
from .layout import (
    INCOMING_PREFIX,
    SITE_PACKAGES,
    ExitCode,
    InstallError,
    Manifest,
    is_published,
    sync_directory,
)
from .log import log, throttled, timed
from .smoke import smoke
from .stop import Stopped, ignore_stop_signals, raise_on_stop_signals

STAGING_PREFIX = ".staging-"
_ARCHITECTURES = {"aarch64": "arm64"}
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
_MOUNT = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ESTALE, errno.ENOTCONN)


def main(arguments: list[str] | None = None) -> int:
    """Install and return the exit code."""
    raise_on_stop_signals()
    os.umask(0o022)
    try:
        summary = install(Job.parse(arguments))
    except InstallError as error:
        return _failed(error.code, str(error))
    except Stopped as stopped:
        return _failed(ExitCode.STOPPED, f"stopped by {stopped} before the end; run it again.")
    except OSError as error:
        return _failed(*_explain(error))
    except Exception as error:
        trace = traceback.format_tb(error.__traceback__)[-1].strip().replace("\n", " | ")
        return _failed(ExitCode.ERROR, f"{type(error).__name__}: {error}, at {trace}")
    log("summary", **summary)
    return ExitCode.PUBLISHED


def install(job: Job) -> dict[str, object]:
    """Make the release, phase by phase, unless it is there. Returns the summary's fields.

    Raises InstallError, OSError or Stopped; then nothing of this run is left.
    """
    begin = time.monotonic()
    seconds: dict[str, float] = {}
    prepare_mount(job)
    if is_published(job.release):
        return _summary(job, "already-published", None, seconds, begin)
    pins = requirements.read(job.requirements)
    task = task_name()
    incoming = Claim(job.release.with_name(f"{INCOMING_PREFIX}{job.release.name}-{task}"))
    staging = Claim(job.staging / f"{STAGING_PREFIX}{job.release.name}-{task}")
    try:
        _claim_incoming(incoming, job)
        _claim_staging(staging, job)
        staged = stage(job, staging.directory, len(pins), seconds)
        with timed(seconds, "copy", f"to {job.mount}"):
            manifest = copy(job, staged, incoming.directory)
        with timed(seconds, "manifest", f"{len(manifest.files)} files"):
            manifest.write(incoming.directory)
        with timed(seconds, "publish", f"as {job.release}"):
            outcome = publish(incoming.directory, job.release)
    finally:
        ignore_stop_signals()
        _release(incoming, staging)
    return _summary(job, outcome, manifest, seconds, begin)


def stage(job: Job, folder: Path, packages: int, seconds: dict[str, float]) -> Path:
    """Make the whole release on the task's own disk and prove it. Returns its directory."""
    staged = folder / "release"
    scratch = folder / "scratch"
    site_packages = staged / SITE_PACKAGES
    site_packages.mkdir(parents=True)
    scratch.mkdir()
    with timed(seconds, "install", f"pip, {packages} packages"):
        pip.install(job.requirements, site_packages, job.index_url, scratch, packages)
    with timed(seconds, "compile", "sources to bytecode"):
        final = job.release / SITE_PACKAGES
        done, failed = bytecode.compile_tree(site_packages, final, scratch)
    log("compile", f"{done} sources compiled, {failed} do not compile")
    with timed(seconds, "import", "model.py with the staged libraries"):
        log("import", smoke(site_packages, job.program, scratch)[:200])
    return staged


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
    )


def prepare_mount(job: Job) -> None:
    """Check the mount path, which is never made here, and remove what dead installers left."""
    log("mount", str(job.mount))
    if not job.mount.is_dir():
        what = "is no directory" if job.mount.exists() else "does not exist"
        raise InstallError(
            ExitCode.MOUNT,
            f"the mount path {job.mount} {what}. The task's container has to mount the access "
            "point there: containerPath in the task definition, mountPath in the stack.",
        )
    tidy_up(job.release.parent, INCOMING_PREFIX)
    tidy_up(job.staging, STAGING_PREFIX)
    if job.release.exists() and not is_published(job.release) and any(job.release.iterdir()):
        raise InstallError(
            ExitCode.ERROR,
            f"{job.release} is there without a manifest, so it is no release and was not made "
            "by this program. Look at it, then move it away.",
        )


def tidy_up(parent: Path, prefix: str) -> None:
    """Remove what dead installers left there."""
    try:
        for name in remove_abandoned(parent, prefix) if parent.is_dir() else ():
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


def publish(incoming: Path, release: Path) -> str:
    """Rename the whole release to its path. Returns the outcome.

    If another task was faster, its release stays, and this one is superfluous.
    """
    try:
        incoming.rename(release)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST) and is_published(release):
            return "already-published"
        raise
    sync_directory(release.parent)
    return "published"


def _claim_incoming(incoming: Claim, job: Job) -> None:
    try:
        job.release.parent.mkdir(exist_ok=True)
        incoming.acquire()
    except OSError as error:
        if error.errno not in _MOUNT:
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


def _summary(
    job: Job, outcome: str, manifest: Manifest | None, seconds: dict[str, float], begin: float
) -> dict[str, object]:
    manifest = manifest or Manifest.read(job.release)
    seconds["total"] = round(time.monotonic() - begin, 2)
    return {
        "release": job.release.name,
        "outcome": outcome,
        "files": len(manifest.files),
        "bytes": manifest.bytes,
        "seconds": seconds,
    }


def _explain(error: OSError) -> tuple[ExitCode, str]:
    if error.errno in _DISK:
        return ExitCode.DISK, (
            f"{error.filename or 'a file'}: {error.strerror}. Free the disk, raise "
            "populatorEphemeralStorageGib if it is the task's, or look at the file system."
        )
    if error.errno in _MOUNT:
        return ExitCode.MOUNT, (
            f"{error.filename or 'a file'}: {error.strerror}. Check the mount, the role's "
            "elasticfilesystem:ClientWrite, and the access point's user."
        )
    return ExitCode.ERROR, f"{type(error).__name__}: {error}"


def _failed(code: ExitCode, message: str) -> int:
    log("failure", message, kind=code.kind)
    return code


if __name__ == "__main__":
    sys.exit(main())
