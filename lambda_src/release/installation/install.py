"""Makes a release. Runs in the populate task.

    python3 -m release install --release <mount path>/releases/<id> \\
        --requirements requirements.txt --index-url URL [--staging DIR] \\
        [--timeout SECONDS]

The working folder is the program: this package, model.py and the lock.

A release appears by one rename. Whenever this program ends, and however, the release is whole
or not there; what it leaves when it is killed is removed by the next run.
"""

from __future__ import annotations

import errno
import os
import platform
import time
from datetime import UTC, datetime
from pathlib import Path

from ..layout import (
    INCOMING_PREFIX,
    REMOVING_PREFIX,
    SITE_PACKAGES,
    ExitCode,
    InstallError,
    Manifest,
    check_mount,
    is_listed,
    is_published,
    sync_directory,
)
from . import compile as bytecode
from . import pip, requirements, tree
from .claim import Claim, remove_abandoned, task_name
from .housekeeping import housekeep
from .job import Job
from .log import log, throttled, timed
from .pack import pack
from .prune import Pruning, blame
from .smoke import Smoke
from .split import record_exactly
from .stop import Stopped, ignore_stop_signals, raise_on_stop_signals

STAGING_PREFIX = ".staging-"
ATTEMPTS = 3
"""How often a release is made anew that another task's housekeeping removes meanwhile."""
_ARCHITECTURES = {"aarch64": "arm64"}
MOUNT_ERRORS = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ESTALE, errno.ENOTCONN)


def install(job: Job) -> dict[str, object]:
    """Make the release unless it is there, then do the housekeeping. Returns the summary's fields.

    Raises InstallError, OSError or Stopped; then nothing of this run is left.
    """
    for _ in range(ATTEMPTS):
        summary = make(job)
        raise_on_stop_signals()
        try:
            removed = housekeep(job.release, os.environ)
        except Stopped:
            if not is_listed(job.release):
                raise
            removed = []
        if is_listed(job.release):
            return summary | {"removed": removed}
        log("publish", f"the housekeeping of another task has removed {job.release}; once more")
    raise InstallError(
        ExitCode.ERROR,
        f"{job.release} was published {ATTEMPTS} times, and each time the housekeeping of another "
        "task removed it. Let the other task end, or raise keepReleases, and run it again.",
    )


def make(job: Job) -> dict[str, object]:
    """Make the release, phase by phase, unless it is there. Returns the summary's fields."""
    begin = time.monotonic()
    seconds: dict[str, float] = {}
    prepare_mount(job)
    if (found := _found(job)) is not None:
        return _summary(job, "already-published", found, seconds, begin)
    pins = requirements.read(job.requirements)
    options = requirements.options(job.requirements, pins)
    task = task_name()
    incoming = Claim(job.release.with_name(f"{INCOMING_PREFIX}{job.release.name}-{task}"))
    staging = Claim(job.staging / f"{STAGING_PREFIX}{job.release.name}-{task}")
    try:
        _claim_incoming(incoming, job)
        _claim_staging(staging, job)
        staged, pruned = stage(job, staging.directory, len(pins), options, seconds)
        with timed(seconds, "copy", f"to {job.mount}"):
            manifest = copy(job, staged, incoming.directory)
        with timed(seconds, "manifest", f"{len(manifest.files)} files"):
            manifest.write(incoming.directory)
        with timed(seconds, "publish", f"as {job.release}"):
            outcome = publish(incoming.directory, job.release)
    finally:
        try:
            ignore_stop_signals()
        finally:
            # A stop that came right before was raised there, and it was the last one.
            _release(incoming, staging)
    return _summary(job, outcome, manifest, seconds, begin) | {"pruned": pruned}


def stage(
    job: Job, folder: Path, packages: int, options: dict[str, str], seconds: dict[str, float]
) -> tuple[Path, dict[str, dict[str, int]]]:
    """Make the whole release on the task's own disk and prove it.

    Returns its directory, and what was pruned.
    """
    os.umask(0o022)  # the user of the trial import and the function have to read it
    staged = folder / "release"
    scratch = folder / "scratch"
    site_packages = staged / SITE_PACKAGES
    site_packages.mkdir(parents=True)
    scratch.mkdir()
    folder.chmod(0o755)
    with timed(seconds, "install", f"pip, {packages} packages"):
        pip.install(job.requirements, site_packages, job.index_url, scratch, packages)
    with timed(seconds, "compile", "sources to bytecode"):
        final = job.release / SITE_PACKAGES
        done, failed = bytecode.compile_tree(site_packages, final, scratch)
    log("compile", f"{done} sources compiled, {failed} do not compile")
    pruning = Pruning(site_packages, scratch, options)
    with timed(seconds, "prune", "what a run cannot use"):
        pruning.run()
    log("prune", str(pruning), **pruning.numbers())
    smoke = Smoke(site_packages, job.program, scratch, job.import_limit)
    with timed(seconds, "import", "model.py with the staged libraries"):
        log("import", prove(smoke, pruning)[:200])
    with timed(seconds, "cold-start", "what the import reads, in one file"):
        record_exactly(smoke)
        smoke.compare()
        log("cold-start", **pack(staged, job.release.name, scratch))
    return staged, pruning.numbers()


def prove(smoke: Smoke, pruning: Pruning) -> str:
    """Make the import of exactly what will be published. Returns what there is to say of it.

    Raises InstallError that names the pruned files where it needs one.
    """
    try:
        said = smoke.run()
    except InstallError as error:
        raise blame(pruning, smoke, error) from error
    smoke.compare()
    return said


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
    check_mount(job.mount)
    tidy_up(job.release.parent, INCOMING_PREFIX)
    tidy_up(job.release.parent, REMOVING_PREFIX)
    tidy_up(job.staging, STAGING_PREFIX)
    if not is_published(job.release) and _has_entries(job.release):
        raise InstallError(
            ExitCode.ERROR,
            f"{job.release} is there without a manifest, so it is no release and was not made "
            "by this program. Look at it, then move it away.",
        )


def _has_entries(directory: Path) -> bool:
    try:
        return any(directory.iterdir())
    except FileNotFoundError:
        return False


def tidy_up(parent: Path, prefix: str) -> None:
    """Remove what dead installers left there."""
    try:
        for name in remove_abandoned(parent, prefix) if parent.is_dir() else ():
            log("mount", f"removed {name}, left by a run that was killed")
    except (OSError, InstallError) as error:
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
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        if is_published(release):
            return "already-published"
        # What was in its place may have gone meanwhile, by the housekeeping of another task.
        incoming.rename(release)
    sync_directory(release.parent)
    return "published"


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
