"""Removing releases that nobody needs any more, after a publication.

Each stack (RELEASE_OWNER) leaves a mark in every release that it asks for, in ``STACKS``, and looks
after those alone. It needs one no more that it asked for a day ago or longer, and that is neither
among its newest nor in use. Such a release is removed by the stack that published it, as soon as
no other has a mark for it; another stack takes its mark away. What was published without an owner
is never removed.

Who asks leaves the mark first and then looks for the release; who removes renames the release
first, its marks with it, and then looks at those. So one of the two sees the other. By the rename
no reader meets half of a release, and whatever a killed task leaves is removed by the next one.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ...layout import (
    IN_USE,
    KEEP,
    MANIFEST,
    OWNER,
    RELEASE_ID,
    REMOVING_PREFIX,
    STACKS,
    ExitCode,
    InstallError,
    sync_directory,
)
from ..log import log
from ..stop import stop_came
from .claim import Claim, task_name
from .removal import PAUSE

GRACE = 24 * 3600
"""Seconds for which a release stays after it was published or asked for, by the file server's
clock. An `up` takes less until a version names the release: its task has up to 12 hours."""

_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


def owner(environment: Mapping[str, str]) -> str:
    """The stack for which this runs, empty where it is not known."""
    name = environment.get(OWNER, "")
    return name if _OWNER.fullmatch(name) else ""


def ask(release: Path, environment: Mapping[str, str]) -> None:
    """Leave the stack's mark for the release, with the file server's time; it is durable.

    Raises InstallError if that is impossible in a release of another stack, which may remove it.
    """
    if not (name := owner(environment)):
        return
    for last in (False, False, True):
        try:
            (release / STACKS).mkdir(exist_ok=True)
            (release / STACKS / name).touch()
            sync_directory(release / STACKS)
            sync_directory(release)
        except FileNotFoundError:
            return
        except OSError as error:
            if last:
                _refused(release, name, error)
            time.sleep(PAUSE)
        else:
            return


def _refused(release: Path, name: str, error: OSError) -> None:
    log("housekeeping", f"{release.name} is not marked as asked for by {name}: {error}")
    if (publisher := _owner_of(release)) not in ("", name):
        raise InstallError(
            ExitCode.MOUNT,
            f"{release} was published by {publisher}, which removes it when no mark says that "
            f"another stack needs it, and {name} cannot leave its own ({error}). Let both stacks "
            "write as the same user, and with elasticfilesystem:ClientWrite, or give this stack "
            "another releaseSalt.",
        ) from error


def housekeep(own: Path, environment: Mapping[str, str]) -> list[str]:
    """Remove what the stack needs no more, but never ``own``. Returns the ids.

    The newest are those that were published or asked for last, by the file server's clock: those
    of tasks do not count. What goes wrong is logged, never raised. A stop that was noted ends it.
    """
    if KEEP not in environment or IN_USE not in environment:
        return []
    keep, in_use = environment[KEEP].strip(), environment[IN_USE].split()
    wrong = [name for name in in_use if not RELEASE_ID.fullmatch(name)]
    if wrong or not re.fullmatch(r"[1-9]\d{0,8}", keep, re.ASCII):
        what = f"{IN_USE} has {wrong[0]!r}, no release id" if wrong else f"{KEEP} is {keep!r}"
        log("housekeeping", f"{what}: nothing is removed. It takes an integer from 1, and ids.")
        return []
    if not (name := owner(environment)):
        what = "names no stack: nothing is removed, because each removes only its own releases."
        log("housekeeping", f"{OWNER} {what}")
        return []
    removed: list[str] = []
    try:
        _Housekeeping(own, name, removed).run(int(keep), in_use)
    except Exception as error:
        log("housekeeping", f"the next run goes on: {type(error).__name__}: {error}")
    return removed


@dataclass(frozen=True)
class _Housekeeping:
    own: Path
    owner: str
    removed: list[str]

    def run(self, keep: int, in_use: list[str]) -> None:
        releases = self.own.parent
        names = (name for name in os.listdir(releases) if RELEASE_ID.fullmatch(name))  # noqa: PTH208
        last = {name: when for name in names if (when := self._last(releases / name))}
        if self.own.name not in last:
            return
        newest = sorted(last, key=lambda name: (last[name], name), reverse=True)[:keep]
        for name in sorted(last.keys() - {self.own.name, *newest, *in_use}):
            if last[name] > last[self.own.name] - GRACE * 10**9:
                continue
            if stop_came():
                log("housekeeping", "stopped, the next run goes on")
                return
            try:
                self._remove(releases / name, last[name])
            except FileNotFoundError:
                continue
            except OSError as error:
                log("housekeeping", f"{name} stays, the next run goes on: {error}")

    def _remove(self, release: Path, last: int) -> None:
        """Remove a release, unless another task has removed, replaced or asked for it meanwhile."""
        if not (publisher := _owner_of(release)):
            return
        if publisher != self.owner:
            self._take_mark(release, last)
            return
        if self._others(release):
            log("housekeeping", f"{release.name} stays for another stack that has asked for it")
            return
        claim = Claim(release.with_name(f"{REMOVING_PREFIX}{release.name}-{task_name()}"))
        try:
            claim.acquire()
            log("housekeeping", f"removing {release.name}, neither among the newest nor in use")
            with suppress(FileNotFoundError):
                self._move(release, claim.directory, last)
        finally:
            claim.release()

    def _take_mark(self, release: Path, last: int) -> None:
        """Leave the release to the stack that published it, unless ours asks for it meanwhile.

        It takes the mark from its place first, so that a later one is another task's. A kill in
        between leaves it there, and the release stays.
        """
        mark = release / STACKS / self.owner
        mark.rename(taken := mark.with_name(f"~{self.owner}~{task_name()}"))
        if _time(taken) > last:
            taken.rename(mark)
            return
        taken.unlink()
        log("housekeeping", f"{release.name} is left to the stack that published it")

    def _move(self, release: Path, aside: Path, last: int) -> None:
        if self._last(release) != last:
            return
        release.rename(aside)
        if self._others(aside) or self._last(aside) != last:
            with suppress(OSError):  # who asked has made it again
                aside.rename(release)
            return
        self.removed.append(release.name)
        sync_directory(release.parent)

    def _last(self, release: Path) -> int:
        """When it was published, or asked for by the stack after that; 0 if neither."""
        asked, published = _time(release / STACKS / self.owner), _time(release / MANIFEST)
        return max(asked, published) if asked and published else 0

    def _others(self, release: Path) -> bool:
        return bool(set(os.listdir(release / STACKS)) - {self.owner})  # noqa: PTH208


def _time(file: Path) -> int:
    """When the file server wrote the file, in nanoseconds; 0 where there is none.

    By opening it, because an NFS client may answer for a path from its cache.
    """
    try:
        with file.open("rb") as stream:
            return os.fstat(stream.fileno()).st_mtime_ns
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return 0


def _owner_of(release: Path) -> str:
    """The stack that published a release of whatever format, empty where it is not known."""
    try:
        return str(json.loads((release / MANIFEST).read_bytes()).get("owner", ""))
    except (AttributeError, OSError, ValueError):
        return ""
