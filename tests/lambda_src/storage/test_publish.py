"""The moment in which a release appears: what was lost on the way is not published."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lambda_src.release.installation.storage.claim import Claim, ClaimLostError, remove_abandoned
from lambda_src.release.installation.storage.publish import publish, whole
from lambda_src.release.installation.storage.verify import verify
from lambda_src.release.layout import INCOMING_PREFIX, ExitCode, InstallError

from ..releases import IDS
from .conftest import BeforeRename, refused

NEW = "e" * 16
pytestmark = pytest.mark.usefixtures("signals")


@pytest.fixture
def incoming(releases: Path) -> Iterator[Claim]:
    """A release that is ready to be published as NEW."""
    claim = Claim(releases / f"{INCOMING_PREFIX}{NEW}-task")
    claim.acquire()
    shutil.copytree(releases / IDS[0], claim.directory, symlinks=True, dirs_exist_ok=True)
    manifest = claim.directory / "manifest.json"
    manifest.write_text(manifest.read_text().replace(IDS[0], NEW))
    yield claim
    claim.release()


def rename_in_manifest(incoming: Claim, name: str) -> None:
    manifest = incoming.directory / "manifest.json"
    manifest.write_text(manifest.read_text().replace(NEW, name))


def left(releases: Path) -> set[str]:
    return {path.name for path in releases.iterdir()} - {*IDS}


def test_a_whole_release_is_published(releases: Path, incoming: Claim) -> None:
    assert publish(incoming, releases / NEW) == "published"
    assert verify(releases / NEW, "all") == []


def test_a_release_that_another_one_tidies_up_is_not_published(
    releases: Path, incoming: Claim
) -> None:
    (releases / f"{incoming.directory.name}.lock").unlink()
    assert remove_abandoned(releases, INCOMING_PREFIX) == [incoming.directory.name]
    with pytest.raises(ClaimLostError, match=r"the lock of .* was lost"):
        publish(incoming, releases / NEW)
    incoming.release()
    assert left(releases) == set()


@pytest.mark.parametrize("again", [False, True])
def test_a_lock_file_that_goes_is_a_lost_lock(releases: Path, incoming: Claim, again: bool) -> None:
    lock = releases / f"{incoming.directory.name}.lock"
    lock.unlink()
    if again:
        lock.touch()
    with pytest.raises(ClaimLostError):
        publish(incoming, releases / NEW)


def test_a_release_that_goes_between_proof_and_rename_is_a_lost_one(
    releases: Path, incoming: Claim, before_rename: BeforeRename
) -> None:
    before_rename(incoming.directory.name, shutil.rmtree)
    with pytest.raises(ClaimLostError, match="is not there any more"):
        publish(incoming, releases / NEW)


SPOILED: dict[str, Callable[[Path], None]] = {
    "missing": lambda release: (release / "site-packages/deep/deeper/7.py").unlink(),
    "manifest": lambda release: (release / "manifest.json").unlink(),
    "truncated": lambda release: os.truncate(release / "site-packages/big.so", 0),
    "size": lambda release: os.truncate(release / "site-packages/big.so", 9_000_000),
    "link": lambda release: (release / "site-packages/link.so").unlink(),
    "extra": lambda release: (release / "site-packages/more.py").touch(),
}


@pytest.mark.parametrize("what", SPOILED)
@pytest.mark.parametrize("when", ["before", "right-after"])
def test_what_is_not_whole_is_not_published_or_withdrawn(
    releases: Path, incoming: Claim, monkeypatch: pytest.MonkeyPatch, what: str, when: str
) -> None:
    rename = Path.rename

    def late(path: Path, target: Path) -> Path:
        done = rename(path, target)
        if target == releases / NEW:
            SPOILED[what](target)
        return done

    if when == "before":
        SPOILED[what](incoming.directory)
    else:
        monkeypatch.setattr(Path, "rename", late)
    with pytest.raises(InstallError, match="is not published, because it is not whole") as caught:
        publish(incoming, releases / NEW)
    assert caught.value.code == ExitCode.DAMAGED
    assert not (releases / NEW).exists()
    incoming.release()
    assert left(releases) == set()


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.ENOENT, errno.ENOTEMPTY])
def test_a_rename_whose_answer_is_lost_has_published(
    releases: Path, incoming: Claim, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    rename = Path.rename

    def lost(path: Path, target: Path) -> Path:
        rename(path, target)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "rename", lost)
    assert publish(incoming, releases / NEW) == "published"


def test_a_rename_that_fails_is_an_error(
    releases: Path, incoming: Claim, before_rename: BeforeRename
) -> None:
    before_rename(incoming.directory.name, refused)
    with pytest.raises(OSError, match="Permission denied"):
        publish(incoming, releases / NEW)
    assert not (releases / NEW).exists()


def test_the_release_of_a_faster_task_stays(releases: Path, incoming: Claim) -> None:
    rename_in_manifest(incoming, IDS[0])
    before = (releases / IDS[0]).stat().st_ino
    assert publish(incoming, releases / IDS[0]) == "already-published"
    assert (releases / IDS[0]).stat().st_ino == before


def test_a_faster_release_that_goes_at_that_moment_is_no_obstacle(
    releases: Path, incoming: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def late(path: Path, target: Path) -> Path:
        try:
            return rename(path, target)
        except OSError:
            shutil.rmtree(target)
            raise

    monkeypatch.setattr(Path, "rename", late)
    rename_in_manifest(incoming, IDS[0])
    assert publish(incoming, releases / IDS[0]) == "published"
    assert verify(releases / IDS[0]) == []


def test_a_release_is_whole_when_nothing_of_it_is_missing(releases: Path) -> None:
    found = whole(releases / IDS[0])
    assert found is not None
    assert found.release == IDS[0]
    SPOILED["missing"](releases / IDS[0])
    assert whole(releases / IDS[0]) is None
    assert whole(releases / NEW) is None
    assert whole(releases / "nowhere" / NEW) is None
