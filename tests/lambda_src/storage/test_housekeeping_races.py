"""Who asks for a release while another removes it, and clocks that differ."""

import errno
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lambda_src.release.installation import install
from lambda_src.release.installation.storage import housekeeping
from lambda_src.release.installation.storage.housekeeping import GRACE, ask, housekeep
from lambda_src.release.installation.storage.verify import verify
from lambda_src.release.layout import (
    IN_USE,
    KEEP,
    OWNER,
    REMOVING_PREFIX,
    Manifest,
)

from ..releases import IDS, OWN, age, kept, mark, marked, publish, remove
from .conftest import BeforeRename
from .test_housekeeping_stacks import OTHER, asked


@pytest.mark.parametrize("moment", ["before", "while"])
def test_a_stack_that_asks_while_its_mark_is_taken_away_keeps_the_release(
    releases: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    asked(releases, IDS[0])
    age(releases / IDS[0], 1000)
    publish(releases, "c" * 16, OTHER)
    unlink = Path.unlink

    def late(path: Path, missing_ok: bool = False) -> None:
        monkeypatch.setattr(Path, "unlink", unlink)
        if moment == "while":
            path.unlink()
        asked(releases, IDS[0])
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", late)
    ask(releases / ("c" * 16), {OWNER: OTHER})
    monkeypatch.setattr(Path, "unlink", late)
    assert housekeep(releases / ("c" * 16), {KEEP: "1", IN_USE: "", OWNER: OTHER}) == []
    assert marked(releases / IDS[0]) == ["dev", OTHER]
    assert IDS[0] not in remove(releases, "1")


def asked_by_a_clock_that_went_back(release: Path) -> None:
    asked(release.parent, release.name, "dev")
    os.utime(mark(release), (1, 1))


def made_again_without_a_mark(release: Path) -> None:
    shutil.rmtree(release)
    publish(release.parent, release.name, "")


LATE: dict[str, Callable[[Path], object]] = {
    "asked-for-by-its-own-stack": lambda release: asked(release.parent, release.name, "dev"),
    "asked-for-by-another": lambda release: asked(release.parent, release.name),
    "asked-for-by-a-clock-that-went-back": asked_by_a_clock_that_went_back,
    "made-again-without-a-mark": made_again_without_a_mark,
}


@pytest.mark.parametrize("what", LATE)
def test_what_is_asked_for_or_made_again_at_the_last_moment_stays(
    releases: Path, before_rename: BeforeRename, what: str
) -> None:
    before_rename(IDS[1], LATE[what])
    assert remove(releases, "3") == [IDS[0], IDS[2]]
    assert kept(releases) == [IDS[1], *IDS[3:]]
    assert verify(releases / IDS[1]) == []


def test_who_asks_and_makes_the_release_again_keeps_its_own(
    releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename
    made: list[int] = []

    def late(path: Path, target: Path) -> Path:
        done = rename(path, target)
        if path.name == IDS[1] and not made:
            made.append(publish(releases, IDS[1], OTHER).stat().st_ino)
        return done

    monkeypatch.setattr(Path, "rename", late)
    assert remove(releases, "3") == IDS[:3]
    assert kept(releases) == [IDS[1], *IDS[3:]]
    assert (releases / IDS[1]).stat().st_ino == made[0]
    assert Manifest.read(releases / IDS[1]).owner == OTHER


def test_what_cannot_be_put_back_is_not_removed_and_the_next_run_puts_it_back(
    releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def late(path: Path, target: Path) -> Path:
        if path.name == IDS[1]:
            asked(releases, IDS[1])
        if target.name == IDS[1]:
            raise OSError(errno.EIO, "I/O error")
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", late)
        assert remove(releases, "3") == [IDS[0], IDS[2]]
    (renamed,) = set(kept(releases)) - set(IDS)
    assert renamed.startswith(f".removing-{IDS[1]}-")
    install.tidy_up(releases, REMOVING_PREFIX, housekeeping.put_back)
    assert kept(releases) == [IDS[1], *IDS[3:]]
    assert verify(releases / IDS[1]) == []
    assert marked(releases / IDS[1]) == ["dev", OTHER]


def test_a_file_server_whose_clock_is_ahead_for_once_costs_nobody_a_promise(releases: Path) -> None:
    for name in IDS[:3]:
        asked(releases, name, "dev")
    environment = {KEEP: "1", IN_USE: "", OWNER: "dev"}
    ask(releases / OWN, environment)
    os.utime(mark(releases / OWN), (time.time() + 9 * GRACE,) * 2)
    assert housekeep(releases / OWN, environment) == IDS[3:5]
    assert kept(releases) == [*IDS[:3], OWN]


def test_a_task_whose_clock_is_behind_removes_nothing_too_early(
    releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000 * 10**9)
    assert remove(releases, "1") == []
    assert kept(releases) == IDS
