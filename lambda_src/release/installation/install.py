"""Makes a release. Runs in the populate task.

    python3 -m release install --release <mount path>/releases/<id> \\
        --requirements requirements.txt --index-url URL [--staging DIR] \\
        [--timeout SECONDS]

The working folder is the program: this package, model.py and the lock.

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
from collections.abc import Callable, Mapping
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
    is_published,
)
from .job import Job
from .libraries import compile as bytecode
from .libraries import pip, requirements
from .libraries.prune import Pruning, blame
from .log import log, throttled, timed
from .stop import Stopped, note_stop_signals, raise_on_stop_signals
from .storage import tree
from .storage.claim import Claim, ClaimLostError, remove_abandoned, task_name
from .storage.housekeeping import ask, housekeep, owner, put_back
from .storage.publish import publish, still_there, whole
from .trial.pack import pack
from .trial.smoke import Smoke
from .trial.split import record_exactly

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
    pins = requirements.pins(job.requirements)
    options = requirements.options(job.requirements, pins)
    # Another name for each attempt: what was lost may still be in the hands of others.
    task = f"{task_name()}-{secrets.token_hex(2)}"
    incoming = Claim(job.release.with_name(f"{INCOMING_PREFIX}{job.release.name}-{task}"))
    staging = Claim(job.staging / f"{STAGING_PREFIX}{job.release.name}-{task}")
    try:
        _claim_incoming(incoming, job)
        _claim_staging(staging, job)
        staged, pruned = stage(job, staging.directory, pins, options, seconds)
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
    return _summary(job, outcome, manifest, seconds, begin) | {"pruned": pruned}


def stage(
    job: Job,
    folder: Path,
    pins: Mapping[str, requirements.Pin],
    options: dict[str, str],
    seconds: dict[str, float],
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
    with timed(seconds, "install", f"pip, {len(pins)} packages"):
        pip.install(job, site_packages, scratch, pins, options)
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
        owner=owner(os.environ),
    )


def prepare_mount(job: Job) -> None:
    """Check the mount path, which is never made here, and remove what dead installers left."""
    log("mount", str(job.mount))
    check_mount(job.mount)
    tidy_up(job.release.parent, INCOMING_PREFIX)
    tidy_up(job.release.parent, REMOVING_PREFIX, put_back)
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
