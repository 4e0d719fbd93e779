"""Removing releases that nobody needs any more, after a publication.

Each stack (RELEASE_OWNER) leaves a mark in every release that it asks for, in ``STACKS``, and looks
after those alone. It needs one no more that it asked for a day ago or longer, and that is neither
among its newest nor in use. Such a release is removed by the stack that published it, as soon as
no other has a mark for it; another stack takes its marks away. What was published without an owner
is never removed.

Who asks leaves the mark first and then looks for the release; who removes renames the release
first, its marks with it, and then looks whether those are the same. So one of the two sees the
other. Each mark has a name of its own: who takes one away that he has seen never takes a later one.
By the rename no reader meets half of a release. What a killed task had only renamed, the next one
puts back, and judges like any other; what it was removing already has another name, and goes.
"""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
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
    opened,
    sync_directory,
)
from ..log import log
from ..stop import stop_came
from .claim import RENAMED, Claim, task_name
from .removal import PAUSE
from .verify import verify

GRACE = 24 * 3600
"""Seconds for which a release stays after it was published or asked for, by the file server's
clock, and by the task's where that is behind: one of the two may be wrong for a while. An `up`
takes less until a version names the release: its task has up to 12 hours."""

_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


def owner(environment: Mapping[str, str]) -> str:
    """The stack for which this runs, empty where it is not known."""
    name = environment.get(OWNER, "")
    return name if _OWNER.fullmatch(name) else ""


def ask(release: Path, environment: Mapping[str, str]) -> None:
    """Leave a mark of the stack for the release, with the file server's time; it is durable.

    Raises InstallError if that is impossible in a release of another stack, which may remove it.
    """
    if not (name := owner(environment)):
        return
    stacks = release / STACKS
    for last in (False, False, True):
        try:
            stacks.mkdir(exist_ok=True)
            older = _of(name, _marks(release))
            (stacks / f"{name}{RENAMED}{secrets.token_hex(8)}").touch()
            sync_directory(stacks)
            sync_directory(release)
        except FileNotFoundError:
            return
        except OSError as error:
            if last:
                _refused(release, name, error)
            time.sleep(PAUSE)
        else:
            with suppress(OSError):  # they say no more than the new one does
                _take_away(release, older)
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
        names = [name for name in os.listdir(releases) if RELEASE_ID.fullmatch(name)]  # noqa: PTH208
        marks = {name: _marks(releases / name) for name in names}
        last = {name: when for name in names if (when := self._last(releases / name, marks[name]))}
        if self.own.name not in last:
            return
        now = min(last[self.own.name], time.time_ns())
        newest = sorted(last, key=lambda name: (last[name], name), reverse=True)[:keep]
        for name in sorted(last.keys() - {self.own.name, *newest, *in_use}):
            if last[name] > now - GRACE * 10**9:
                continue
            if stop_came():
                log("housekeeping", "stopped, the next run goes on")
                return
            try:
                self._remove(releases / name, marks[name])
            except OSError as error:
                log("housekeeping", f"{name} stays, the next run goes on: {error}")

    def _remove(self, release: Path, marks: frozenset[str]) -> None:
        """Remove a release, or leave it to others, unless it has got another mark meanwhile."""
        if not (publisher := _owner_of(release)):
            return
        ours = _of(self.owner, marks)
        if publisher != self.owner:
            _take_away(release, ours)
            log("housekeeping", f"{release.name} is left to the stack that published it")
            return
        if marks - ours:
            log("housekeeping", f"{release.name} stays for another stack that has asked for it")
            return
        claim = Claim(release.with_name(f"{REMOVING_PREFIX}{release.name}-{task_name()}"))
        claim.acquire()
        try:
            self._move(release, claim.directory, marks)
        except OSError:
            claim.leave()  # the next run puts it back
            raise
        claim.release()

    def _move(self, release: Path, renamed: Path, marks: frozenset[str]) -> None:
        if _marks(release) != marks:
            return
        log("housekeeping", f"removing {release.name}, neither among the newest nor in use")
        try:
            release.rename(renamed)
        except FileNotFoundError:
            return
        if _marks(renamed) != marks:
            _rename_back(renamed)
            return
        self.removed.append(release.name)
        sync_directory(release.parent)

    def _last(self, release: Path, marks: frozenset[str]) -> int:
        """When it was published, or asked for by the stack after that; 0 if neither."""
        asked = max((_time(release / STACKS / name) for name in _of(self.owner, marks)), default=0)
        published = _time(release / MANIFEST)
        return max(asked, published) if asked and published else 0


def put_back(renamed: Path) -> bool:
    """Put back a release that was only renamed and is whole, unless it has been made again."""
    name = _id_of(renamed)
    if RENAMED in renamed.name or not RELEASE_ID.fullmatch(name):
        return False
    differences = verify(renamed, "none", name)
    if unknown := next((each for each in differences if each.kind == "unreadable"), None):
        raise OSError(errno.EIO, str(unknown))
    return not differences and _rename_back(renamed)


def _rename_back(renamed: Path) -> bool:
    try:
        renamed.rename(renamed.with_name(_id_of(renamed)))
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return False
        raise
    log("housekeeping", f"{_id_of(renamed)} is put back")
    return True


def _id_of(renamed: Path) -> str:
    return renamed.name.removeprefix(REMOVING_PREFIX).partition("-")[0]


def _marks(release: Path) -> frozenset[str]:
    """All marks in a release; what an NFS client leaves there, such as `.nfs...`, is none."""
    try:
        names = os.listdir(release / STACKS)  # noqa: PTH208
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()
    return frozenset(name for name in names if _OWNER.fullmatch(name.partition(RENAMED)[0]))


def _of(stack: str, marks: frozenset[str]) -> frozenset[str]:
    return frozenset(name for name in marks if name.partition(RENAMED)[0] == stack)


def _take_away(release: Path, marks: frozenset[str]) -> None:
    for name in marks:
        (release / STACKS / name).unlink(missing_ok=True)


def _time(file: Path) -> int:
    """When the file server wrote the file, in nanoseconds; 0 where there is none.

    By opening it, because an NFS client may answer for a path from its cache.
    """
    try:
        with opened(file) as stream:
            return os.fstat(stream.fileno()).st_mtime_ns
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return 0


def _owner_of(release: Path) -> str:
    """The stack that published a release of whatever format, empty where it is not known."""
    try:
        with opened(release / MANIFEST) as stream:
            return str(json.loads(stream.read()).get("owner", ""))
    except (AttributeError, OSError, ValueError):
        return ""
