"""Directories that belong to one installer as long as it lives."""

import errno
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lambda_src.release.installation.storage import claim
from lambda_src.release.installation.storage.claim import (
    Claim,
    ClaimLostError,
    remove_abandoned,
    task_name,
)
from lambda_src.release.layout import InstallError

from .conftest import BeforeRename, refused


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def abandon(folder: Path, name: str) -> None:
    (folder / name / "deep").mkdir(parents=True)
    (folder / name / "deep" / "file").touch()
    (folder / f"{name}.lock").touch()


def test_a_claim_is_a_directory_with_a_lock_beside_it_and_leaves_nothing(tmp_path: Path) -> None:
    mine = Claim(tmp_path / ".incoming-1")
    mine.acquire()
    assert names(tmp_path) == {".incoming-1", ".incoming-1.lock"}
    (mine.directory / "file").touch()
    mine.release()
    assert names(tmp_path) == set()


def test_release_after_the_directory_was_renamed_leaves_it_alone(tmp_path: Path) -> None:
    mine = Claim(tmp_path / ".incoming-1")
    mine.acquire()
    mine.directory.rename(tmp_path / "published")
    mine.release()
    assert names(tmp_path) == {"published"}


def test_the_claim_of_a_living_owner_is_not_removed(tmp_path: Path) -> None:
    living = Claim(tmp_path / ".incoming-1")
    living.acquire()
    assert remove_abandoned(tmp_path, ".incoming-") == []
    assert living.directory.is_dir()
    living.release()


def half_removed(folder: Path, name: str) -> None:
    abandon(folder, name)
    (folder / name).rename(folder / f"{name}~0123abcd")


LEFT: dict[str, Callable[[Path, str], object]] = {
    "all": abandon,
    "the-directory": lambda folder, name: (folder / name).mkdir(),
    "the-lock": lambda folder, name: (folder / f"{name}.lock").touch(),
    "half-removed-under-another-name": half_removed,
}


@pytest.mark.parametrize("what", LEFT)
def test_what_a_dead_owner_has_left_is_removed(tmp_path: Path, what: str) -> None:
    LEFT[what](tmp_path, ".incoming-1")
    assert remove_abandoned(tmp_path, ".incoming-") == [".incoming-1"]
    assert names(tmp_path) == set()


def test_other_names_are_not_touched(tmp_path: Path) -> None:
    (tmp_path / "0123456789abcdef").mkdir()
    remove_abandoned(tmp_path, ".incoming-")
    assert names(tmp_path) == {"0123456789abcdef"}


def test_a_second_owner_of_one_name_is_refused_and_removes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "PATIENCE", 0.1)
    first, second = Claim(tmp_path / ".incoming-1"), Claim(tmp_path / ".incoming-1")
    first.acquire()
    with pytest.raises(InstallError, match="belongs to another installer"):
        second.acquire()
    second.release()
    assert names(tmp_path) == {".incoming-1", ".incoming-1.lock"}
    first.release()


def test_a_restarted_owner_begins_with_an_empty_directory(tmp_path: Path) -> None:
    abandon(tmp_path, ".incoming-1")
    mine = Claim(tmp_path / ".incoming-1")
    mine.acquire()
    assert names(mine.directory) == set()
    mine.release()


def test_the_task_is_named_by_its_ecs_id(monkeypatch: pytest.MonkeyPatch) -> None:
    uri = "http://169.254.170.2/v4/4f0b6b2d1c3e4f5a8b7c6d5e4f3a2b1c-1234567890"
    monkeypatch.setenv("ECS_CONTAINER_METADATA_URI_V4", uri)
    assert task_name() == "4f0b6b2d1c3e4f5a8b7c6d5e4f3a2b1c"


@pytest.mark.parametrize(
    "uri",
    [
        *("", "http://169.254.170.2/", "http://x/v4/", "http://x/v4/../y"),
        f"http://x/v4/{'a' * 200}-1",
    ],
)
def test_outside_ecs_the_name_is_a_new_one_each_time(
    monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    monkeypatch.setenv("ECS_CONTAINER_METADATA_URI_V4", uri)
    assert task_name() != task_name()


def test_each_leftover_is_dealt_with_by_itself(
    tmp_path: Path, before_rename: BeforeRename, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (1, 2, 3):
        abandon(tmp_path, f".incoming-{number}")
    before_rename(".incoming-2", refused)
    assert remove_abandoned(tmp_path, ".incoming-") == [".incoming-1", ".incoming-3"]
    assert names(tmp_path) == {".incoming-2"}
    assert ".incoming-2 stays" in capsys.readouterr().out


def test_what_another_one_is_removing_is_left_to_it(tmp_path: Path) -> None:
    busy = Claim(tmp_path / ".incoming-1")
    busy.acquire()
    (tmp_path / ".incoming-1~0123abcd").mkdir()
    assert remove_abandoned(tmp_path, ".incoming-") == []
    busy.release()
    assert names(tmp_path) == {".incoming-1~0123abcd"}


def test_the_directory_is_renamed_before_anything_in_it_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Path] = []
    monkeypatch.setattr(claim, "remove", seen.append)
    abandon(tmp_path, ".incoming-1")
    remove_abandoned(tmp_path, ".incoming-")
    assert [path.name.partition("~")[0] for path in seen] == [".incoming-1"]
    assert not (tmp_path / ".incoming-1").exists()
    assert (seen[0] / "deep" / "file").exists()


@pytest.mark.parametrize("number", [errno.ESTALE, errno.EIO, errno.ENOLCK])
@pytest.mark.parametrize("function", ["flock", "open", "lstat"])
def test_a_lock_that_cannot_be_taken_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, number: int
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    def opened_and_failing(path: Path, flags: int, mode: int) -> None:
        os.close(plain(path, flags, mode))
        failing()

    plain = os.open
    mine = Claim(tmp_path / ".incoming-1")
    with monkeypatch.context() as patch:
        if function == "flock":
            patch.setattr(fcntl, "flock", failing)
        elif function == "open":
            patch.setattr(os, "open", opened_and_failing)
        else:
            patch.setattr(Path, "lstat", failing)
        with pytest.raises(OSError, match=os.strerror(number)):
            mine.acquire()
    mine.release()
    assert names(tmp_path) == set()


def test_a_lock_file_that_goes_at_the_second_attempt_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = Path.unlink
    failed: list[Path] = []

    def stale_once(path: Path, missing_ok: bool = False) -> None:
        if path.suffix == ".lock" and not failed:
            failed.append(path)
            raise OSError(errno.ESTALE, "Stale file handle")
        unlink(path, missing_ok)

    mine = Claim(tmp_path / ".incoming-1")
    mine.acquire()
    monkeypatch.setattr(Path, "unlink", stale_once)
    mine.release()
    assert failed
    assert names(tmp_path) == set()


def test_the_directory_of_a_lost_lock_is_not_ours(tmp_path: Path) -> None:
    mine = Claim(tmp_path / ".incoming-1")
    mine.acquire()
    mine.prove()
    (tmp_path / ".incoming-1.lock").unlink()
    with pytest.raises(ClaimLostError):
        mine.prove()
    other = Claim(tmp_path / ".incoming-1")
    other.acquire()
    with pytest.raises(ClaimLostError):
        mine.prove()
    other.prove()
    other.release()


def test_a_rename_before_the_removal_whose_answer_is_lost_has_been_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def lost(path: Path, target: Path) -> Path:
        rename(path, target)
        raise OSError(errno.EIO, "Input/output error")

    mine = Claim(tmp_path / ".incoming-1")
    mine.acquire()
    (mine.directory / "file").touch()
    monkeypatch.setattr(Path, "rename", lost)
    mine.release()
    assert names(tmp_path) == set()
