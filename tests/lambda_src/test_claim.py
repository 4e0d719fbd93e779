"""Directories that belong to one installer as long as it lives."""

from pathlib import Path

import pytest

from lambda_src.release.installation import claim
from lambda_src.release.installation.claim import Claim, remove_abandoned, task_name
from lambda_src.release.layout import InstallError


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def abandon(folder: Path, name: str) -> None:
    (folder / name / "deep").mkdir(parents=True)
    (folder / name / "deep" / "file").touch()
    (folder / f"{name}.lock").touch()


def test_a_claim_is_a_directory_with_a_lock_beside_it(tmp_path: Path) -> None:
    mine = Claim(tmp_path / ".incoming-1")
    mine.acquire()
    assert names(tmp_path) == {".incoming-1", ".incoming-1.lock"}
    mine.release()


def test_release_leaves_nothing(tmp_path: Path) -> None:
    mine = Claim(tmp_path / ".incoming-1")
    mine.acquire()
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


def test_the_claim_of_a_dead_owner_is_removed(tmp_path: Path) -> None:
    abandon(tmp_path, ".incoming-1")
    assert remove_abandoned(tmp_path, ".incoming-") == [".incoming-1"]
    assert names(tmp_path) == set()


@pytest.mark.parametrize("leftover", [".incoming-1", ".incoming-1.lock"])
def test_half_of_a_dead_claim_is_removed(tmp_path: Path, leftover: str) -> None:
    (tmp_path / leftover).mkdir() if "lock" not in leftover else (tmp_path / leftover).touch()
    remove_abandoned(tmp_path, ".incoming-")
    assert names(tmp_path) == set()


def test_other_names_are_not_touched(tmp_path: Path) -> None:
    (tmp_path / "0123456789abcdef").mkdir()
    remove_abandoned(tmp_path, ".incoming-")
    assert names(tmp_path) == {"0123456789abcdef"}


def test_a_second_owner_of_one_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "PATIENCE", 0.1)
    first = Claim(tmp_path / ".incoming-1")
    first.acquire()
    with pytest.raises(InstallError, match="belongs to another installer"):
        Claim(tmp_path / ".incoming-1").acquire()
    first.release()


def test_a_refused_owner_removes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim, "PATIENCE", 0.1)
    first, second = Claim(tmp_path / ".incoming-1"), Claim(tmp_path / ".incoming-1")
    first.acquire()
    with pytest.raises(InstallError):
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


@pytest.mark.parametrize("uri", ["", "http://169.254.170.2/", "http://x/v4/", "http://x/v4/../y"])
def test_outside_ecs_the_name_is_a_new_one_each_time(
    monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    monkeypatch.setenv("ECS_CONTAINER_METADATA_URI_V4", uri)
    assert task_name() != task_name()
