"""Whose releases are removed, and what a stack has been promised."""

import errno
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lambda_src.release.installation.storage import housekeeping
from lambda_src.release.installation.storage.housekeeping import GRACE, ask, housekeep
from lambda_src.release.installation.storage.verify import verify
from lambda_src.release.layout import (
    IN_USE,
    KEEP,
    OWNER,
    STACKS,
    ExitCode,
    InstallError,
)

from ..releases import IDS, OWN, age, kept, mark, marked, publish, remove

OTHER = "prod"


def asked(releases: Path, name: str, stack: str = OTHER) -> None:
    ask(releases / name, {OWNER: stack})


@pytest.mark.parametrize("path", ["manifest.json", "mark"])
@pytest.mark.parametrize(("seconds", "stays"), [(GRACE - 600, True), (GRACE + 600, False)])
def test_what_was_published_or_asked_for_recently_stays(
    releases: Path, path: str, seconds: int, stays: bool
) -> None:
    file = mark(releases / IDS[1]) if path == "mark" else releases / IDS[1] / path
    os.utime(file, (time.time() - seconds,) * 2)
    assert (IDS[1] not in remove(releases, "1")) == stays


def test_five_tasks_one_after_the_other_remove_nothing_that_was_just_promised(
    tmp_path: Path,
) -> None:
    releases = tmp_path / "mount" / "releases"
    for name in IDS[:5]:
        publish(releases, name)
        assert remove(releases, "3", own=name) == []
    assert kept(releases) == IDS[:5]


def test_a_rollback_keeps_what_it_found_while_another_task_was_staging(releases: Path) -> None:
    asked(releases, IDS[0], "dev")
    assert remove(releases, "2") == [IDS[1], IDS[2], IDS[3], IDS[4]]
    assert kept(releases) == [IDS[0], OWN]


def test_releases_of_other_stacks_and_of_unknown_ones_stay(releases: Path) -> None:
    foreign, unknown = "a" * 16, "b" * 16
    for name, owner in ((foreign, OTHER), (unknown, "")):
        age(publish(releases, name, owner), 1000)
    assert remove(releases, "1") == IDS[:5]
    assert kept(releases) == [OWN, foreign, unknown]


def test_a_release_of_unknown_origin_stays_although_the_stack_has_asked_for_it(
    releases: Path,
) -> None:
    unknown = publish(releases, "b" * 16, "")
    asked(releases, unknown.name, "dev")
    age(unknown, 1000)
    assert unknown.name not in remove(releases, "1")
    assert unknown.name in kept(releases)


def test_a_release_of_two_stacks_goes_when_neither_needs_it_by_the_one_that_published_it(
    releases: Path,
) -> None:
    asked(releases, IDS[0])
    age(releases / IDS[0], 1000)
    for _ in range(2):
        assert IDS[0] not in remove(releases, "1")
        assert kept(releases) == [IDS[0], OWN]
    publish(releases, "c" * 16, OTHER)
    assert remove(releases, "1", own="c" * 16, stack=OTHER) == []
    assert marked(releases / IDS[0]) == ["dev"]
    assert remove(releases, "1") == [IDS[0]]
    assert kept(releases) == [OWN, "c" * 16]


def test_releases_of_another_format_go_as_well(releases: Path) -> None:
    manifest = releases / IDS[0] / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format":', '"format":9'))
    age(releases / IDS[0], 1000)
    assert remove(releases, "5") == [IDS[0]]


@pytest.mark.parametrize("stack", ["", "..", "a/b", ".hidden", "x" * 201, "a b"])
def test_without_a_stack_nothing_is_marked_or_removed(
    releases: Path, stack: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(releases.parent.rglob("*"))
    assert remove(releases, "1", stack=stack) == []
    assert sorted(releases.parent.rglob("*")) == before
    assert "names no stack: nothing is removed" in capsys.readouterr().out


def test_a_mark_that_cannot_be_made_fails_nothing_and_removes_nothing(
    releases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mark(releases / OWN).unlink()
    (releases / OWN / STACKS).rmdir()
    (releases / OWN / STACKS).touch()
    assert remove(releases, "1") == []
    assert kept(releases) == IDS
    assert f"{OWN} is not marked as asked for by dev" in capsys.readouterr().out


@pytest.mark.parametrize(("owner", "fails"), [("dev", False), ("", False), (OTHER, True)])
def test_a_release_of_another_stack_is_promised_only_with_a_mark(
    releases: Path, owner: str, fails: bool
) -> None:
    release = publish(releases, "c" * 16, owner)
    shutil.rmtree(release / STACKS, ignore_errors=True)
    (release / STACKS).touch()
    if fails:
        with pytest.raises(InstallError, match=f"published by {OTHER}, .*dev cannot") as caught:
            asked(releases, release.name, "dev")
        assert caught.value.code == ExitCode.MOUNT
    else:
        asked(releases, release.name, "dev")
    assert verify(release) == []


def test_a_mark_that_fails_once_is_left_all_the_same(
    releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = [OSError(errno.EIO, "once")]
    touch = Path.touch

    def failing(path: Path) -> None:
        if errors:
            raise errors.pop()
        touch(path)

    monkeypatch.setattr(Path, "touch", failing)
    asked(releases, IDS[0])
    assert marked(releases / IDS[0]) == ["dev", OTHER]


def test_a_stop_ends_it_and_the_summary_names_what_is_gone(
    releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: Callable[[], bool] = iter([False, False, True]).__next__
    monkeypatch.setattr(housekeeping, "stop_came", answers)
    assert remove(releases, "1") == IDS[:2]
    assert kept(releases) == IDS[2:]


def test_asking_for_what_is_not_there_makes_nothing(releases: Path) -> None:
    asked(releases, "d" * 16)
    assert kept(releases) == IDS


def test_own_release_is_kept_even_if_all_is_old(releases: Path) -> None:
    environment = {KEEP: "1", IN_USE: "", OWNER: "dev"}
    age(releases / OWN, 1000)
    assert housekeep(releases / OWN, environment) == []
    assert kept(releases) == IDS


def test_a_stack_that_asks_often_has_one_mark(releases: Path) -> None:
    for _ in range(3):
        asked(releases, IDS[0])
    assert marked(releases / IDS[0]) == ["dev", OTHER]


def test_what_a_destroyed_stack_has_left_goes_with_the_commands_of_the_page(
    releases: Path,
) -> None:
    gone = "stack-organization-efs-inference-dev-0123456789abcdef"
    publish(releases, "c" * 16, gone)
    for name in (IDS[0], "d" * 16):
        asked(releases, publish(releases, name, OTHER).name if name[0] == "d" else name, gone)
    page = (Path(__file__).parents[3] / "docs" / "operations.md").read_text()
    block = page.partition("    ls /mnt/efs")[2].partition("\n\n")[0]
    commands = f"ls /mnt/efs{block}".replace("/mnt/efs", str(releases.parent))
    done = subprocess.run(["sh", "-c", commands], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1:] == [str(releases / ("c" * 16))]
    assert f"\n{gone}~" in done.stdout
    assert [marked(releases / name) for name in (IDS[0], "c" * 16, "d" * 16)] == [
        ["dev"],
        [],
        [OTHER],
    ]


def test_what_an_nfs_client_leaves_among_the_marks_keeps_no_release(releases: Path) -> None:
    (releases / IDS[0] / STACKS / ".nfs00000000000000010000001b").touch()
    assert remove(releases, "5") == [IDS[0]]
