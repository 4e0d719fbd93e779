"""Which releases are removed after a publication, and which stay."""

import json
import os
import shutil
import stat
from pathlib import Path

import pytest

from lambda_src.release.installation.storage.claim import Claim
from lambda_src.release.installation.storage.housekeeping import housekeep
from lambda_src.release.installation.storage.verify import verify
from lambda_src.release.layout import IN_USE, KEEP, STACKS

from ..releases import IDS, OWN, age, kept, publish, remove
from .conftest import BeforeRename, refused


@pytest.mark.parametrize(
    ("keep", "in_use", "own", "removed"),
    [
        ("3", "", 5, [0, 1, 2]),
        ("1", "", 5, [0, 1, 2, 3, 4]),
        ("6", "", 5, []),
        ("99", "", 5, []),
        ("2", "", 0, [1, 2, 3, 4]),
        ("3", "0", 5, [1, 2]),
        ("1", "4 2", 5, [0, 1, 3]),
        ("1", " 1\n2  ", 3, [0, 4, 5]),
    ],
)
def test_own_release_the_newest_and_those_in_use_stay(
    releases: Path, keep: str, in_use: str, own: int, removed: list[int]
) -> None:
    names = " ".join(IDS[int(number)] for number in in_use.split())
    assert remove(releases, keep, names, IDS[own]) == [IDS[n] for n in removed]
    assert kept(releases) == [name for n, name in enumerate(IDS) if n not in removed]
    assert [d for name in kept(releases) for d in verify(releases / name)] == []


def test_the_newest_are_those_that_the_file_server_wrote_last(releases: Path) -> None:
    age(releases / IDS[0], 2_000_000)
    manifest = releases / IDS[1] / "manifest.json"
    document = json.loads(manifest.read_text()) | {"created": "2099-01-01T00:00:00+00:00"}
    manifest.write_text(json.dumps(document))
    age(releases / IDS[1], 1_000_000)
    remove(releases, "2")
    assert kept(releases) == [IDS[0], OWN]


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {KEEP: "1"},
        {IN_USE: ""},
        *({KEEP: value, IN_USE: ""} for value in ("", "0", "-1", "1.5", "three", "1 2", "٣")),
        *({KEEP: "1", IN_USE: value} for value in ("x", f"{IDS[1]} ..", f"{IDS[1]},{IDS[2]}")),
    ],
)
def test_without_both_variables_or_with_malformed_ones_nothing_is_removed(
    releases: Path, environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert housekeep(releases / OWN, environment) == []
    assert kept(releases) == IDS
    said = capsys.readouterr().out
    assert ("nothing is removed" in said) == (len(environment) == 2)


def test_what_is_no_release_is_never_touched(releases: Path) -> None:
    others = ["latest", "0" * 15, "0" * 17, "A" * 16, ".incoming-" + IDS[0] + "-task"]
    for name in others:
        shutil.copytree(releases / IDS[0], releases / name, symlinks=True)
    unpublished = "e" * 16
    (releases / unpublished / "site-packages").mkdir(parents=True)
    (releases / ("d" * 16)).touch()
    remove(releases, "1")
    assert set(kept(releases)) == {OWN, unpublished, "d" * 16, *others}


def test_a_failure_is_logged_and_keeps_none_of_the_others(
    releases: Path, before_rename: BeforeRename, capsys: pytest.CaptureFixture[str]
) -> None:
    before_rename(IDS[1], refused)
    assert remove(releases, "3") == [IDS[0], IDS[2]]
    assert kept(releases) == [IDS[1], *IDS[3:]]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    said = f"{IDS[1]} stays, the next run goes on: [Errno 13] Permission denied"
    assert said in [line["message"] for line in lines if line["phase"] == "housekeeping"]


def test_a_release_that_vanishes_in_between_is_no_error(
    releases: Path, before_rename: BeforeRename
) -> None:
    before_rename(IDS[1], shutil.rmtree)
    assert remove(releases, "3") == [IDS[0], IDS[2]]
    assert kept(releases) == IDS[3:]


def test_a_release_that_was_made_again_in_between_stays(
    releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acquire = Claim.acquire

    def late(claim: Claim) -> None:
        acquire(claim)
        shutil.rmtree(releases / IDS[1])
        publish(releases, IDS[1])

    monkeypatch.setattr(Claim, "acquire", late)
    assert remove(releases, "3") == [IDS[0], IDS[2]]
    assert kept(releases) == [IDS[1], *IDS[3:]]


@pytest.mark.parametrize("where", ["manifest.json", f"{STACKS}/dev~0", f"{STACKS}/other~0", STACKS])
def test_a_pipe_in_place_of_a_file_is_not_waited_for_and_nothing_of_it_is_removed(
    releases: Path, where: str
) -> None:
    path = releases / IDS[0] / where
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    assert remove(releases, "1") == ([*IDS[1:5]])
    assert kept(releases) == [IDS[0], OWN]
    assert stat.S_ISFIFO(path.lstat().st_mode)
