"""Removing releases that nobody needs any more, after a publication.

It runs when KEEP_RELEASES (an integer from 1) and RELEASES_IN_USE (ids separated by blanks) are
both set. A release goes by one rename into a claimed directory, so that no reader meets half of
it and whatever a killed task leaves is removed by the next one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from ..layout import MANIFEST, RELEASE_ID, REMOVING_PREFIX, sync_directory
from .claim import Claim, task_name
from .log import log

KEEP = "KEEP_RELEASES"
IN_USE = "RELEASES_IN_USE"


def housekeep(own: Path, environment: Mapping[str, str]) -> list[str]:
    """Remove what is neither ``own``, nor among the newest, nor in use. Returns the ids.

    The newest are those whose manifests the file server wrote last: the clocks of tasks do not
    count. What goes wrong is logged, never raised.
    """
    if KEEP not in environment or IN_USE not in environment:
        return []
    keep, in_use = environment[KEEP].strip(), environment[IN_USE].split()
    wrong = [name for name in in_use if not RELEASE_ID.fullmatch(name)]
    if wrong or not re.fullmatch(r"[1-9]\d{0,8}", keep, re.ASCII):
        what = f"{IN_USE} has {wrong[0]!r}, no release id" if wrong else f"{KEEP} is {keep!r}"
        log("housekeeping", f"{what}: nothing is removed. It takes an integer from 1, and ids.")
        return []
    removed: list[str] = []
    try:
        found = _published(own.parent)
        newest = sorted(found, key=lambda name: (found[name], name), reverse=True)[: int(keep)]
        for name in sorted(found.keys() - {own.name, *newest, *in_use}):
            if _remove(own.parent / name, found[name]):
                removed.append(name)  # noqa: PERF401 (it counts, whatever comes after it)
    except Exception as error:
        log("housekeeping", f"the next run goes on: {type(error).__name__}: {error}")
    return removed


def _published(releases: Path) -> dict[str, int]:
    """Every published release, and when."""
    names = (name for name in os.listdir(releases) if RELEASE_ID.fullmatch(name))  # noqa: PTH208
    found = {name: _published_at(releases / name) for name in names}
    return {name: when for name, when in found.items() if when is not None}


def _published_at(release: Path) -> int | None:
    """When the file server wrote the manifest, in nanoseconds; None where there is none.

    By opening it, because an NFS client may answer for a path from its cache.
    """
    try:
        with (release / MANIFEST).open("rb") as stream:
            return os.fstat(stream.fileno()).st_mtime_ns
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _remove(release: Path, published_at: int) -> bool:
    """Remove a release; false if another task has removed or replaced it meanwhile."""
    claim = Claim(release.with_name(f"{REMOVING_PREFIX}{release.name}-{task_name()}"))
    try:
        claim.acquire()
        log("housekeeping", f"removing {release.name}, neither among the newest nor in use")
        if _published_at(release) != published_at:
            return False
        release.rename(claim.directory)
        sync_directory(release.parent)
    except FileNotFoundError:
        return False
    finally:
        claim.release()
    return True
