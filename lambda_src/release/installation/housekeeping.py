"""Removing releases that nobody needs any more, after a publication.

Each stack (RELEASE_OWNER) leaves a mark for every release that it asks for, below ``STACKS``, and
looks after those alone. It removes one that it asked for a day ago or longer, that is neither
among its newest nor in use, and that no other stack has a mark for; otherwise it takes its mark
away. What was published without an owner is never removed.

Who asks leaves the mark first and then looks for the release; who removes renames the release
first and then looks for marks. So one of the two sees the other. By the rename no reader meets
half of a release, and whatever a killed task leaves is removed by the next one.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..layout import MANIFEST, RELEASE_ID, REMOVING_PREFIX, STACKS, sync_directory
from .claim import Claim, task_name
from .log import log
from .stop import stop_came

KEEP = "KEEP_RELEASES"
IN_USE = "RELEASES_IN_USE"
OWNER = "RELEASE_OWNER"
GRACE = 24 * 3600
"""Seconds for which a release stays after it was published or asked for, by the file server's
clock. An `up` takes less until a version names the release: its task has up to 12 hours."""

_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


def owner(environment: Mapping[str, str]) -> str:
    """The stack for which this runs, empty where it is not known."""
    name = environment.get(OWNER, "")
    return name if _OWNER.fullmatch(name) else ""


def ask(release: Path, environment: Mapping[str, str]) -> None:
    """Leave the stack's mark for the release, with the file server's time."""
    if name := owner(environment):
        marks = release.parent / STACKS / name
        try:
            marks.mkdir(parents=True, exist_ok=True)
            (marks / release.name).touch()
        except OSError as error:
            log("housekeeping", f"{release.name} is not marked as asked for by {name}: {error}")


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

    @property
    def stacks(self) -> Path:
        return self.own.parent / STACKS

    def run(self, keep: int, in_use: list[str]) -> None:
        marks = _listed(self.stacks / self.owner)
        asked = {name: when for name in marks if (when := self._asked(name))}
        if self.own.name not in asked:
            return
        published = {name: _time(self.own.parent / name / MANIFEST) for name in asked}
        last = {name: max(when, published[name]) for name, when in asked.items()}
        there = sorted((n for n in last if published[n]), key=lambda n: (last[n], n), reverse=True)
        staying = {self.own.name, *there[:keep], *in_use}
        for name in sorted(last.keys() - staying):
            if last[name] > asked[self.own.name] - GRACE * 10**9:
                continue
            if stop_came():
                log("housekeeping", "stopped, the next run goes on")
                return
            try:
                if published[name]:
                    self._remove(name, last[name])
                else:
                    self._unmark(name)
            except OSError as error:
                log("housekeeping", f"{name} stays, the next run goes on: {error}")

    def _remove(self, name: str, last: int) -> None:
        """Remove a release, unless another task has removed, replaced or asked for it meanwhile."""
        release = self.own.parent / name
        if not _owner_of(release):
            return
        if self._others(name):
            log("housekeeping", f"{name} is left to another stack that has asked for it")
            self._unmark(name)
            return
        claim = Claim(release.with_name(f"{REMOVING_PREFIX}{name}-{task_name()}"))
        try:
            claim.acquire()
            log("housekeeping", f"removing {name}, neither among the newest nor in use")
            with suppress(FileNotFoundError):
                self._move(release, claim.directory, last)
        finally:
            claim.release()

    def _move(self, release: Path, aside: Path, last: int) -> None:
        name = release.name
        if self._last(release) != last:
            return
        release.rename(aside)
        if self._others(name) or max(self._asked(name), _time(aside / MANIFEST)) != last:
            with suppress(OSError):  # who asked has made it again
                aside.rename(release)
            return
        self.removed.append(name)
        self._unmark(name)
        sync_directory(release.parent)

    def _last(self, release: Path) -> int:
        return max(self._asked(release.name), _time(release / MANIFEST))

    def _asked(self, name: str) -> int:
        return _time(self.stacks / self.owner / name)

    def _unmark(self, name: str) -> None:
        (self.stacks / self.owner / name).unlink(missing_ok=True)

    def _others(self, name: str) -> bool:
        others = set(os.listdir(self.stacks)) - {self.owner}  # noqa: PTH208
        return any(name in _listed(self.stacks / other) for other in others)


def _listed(folder: Path) -> list[str]:
    """The ids in a folder. Opening it makes an NFS client ask the file server."""
    try:
        return [name for name in os.listdir(folder) if RELEASE_ID.fullmatch(name)]  # noqa: PTH208
    except (FileNotFoundError, NotADirectoryError):
        return []


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
    except (AttributeError, FileNotFoundError, ValueError):
        return ""
