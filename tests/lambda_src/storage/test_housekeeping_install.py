"""The installer and the housekeeping of its own task and of others."""

import shutil
from pathlib import Path

import pytest

from lambda_src.release.installation import install
from lambda_src.release.installation.job import LibrariesJob
from lambda_src.release.layout import IN_USE, KEEP, OWNER, ExitCode, InstallError

from ..conftest import RELEASE_ID, Populate
from ..releases import IDS, STACK, age, job, kept, publish


@pytest.fixture
def removed(monkeypatch: pytest.MonkeyPatch, signals: None) -> list[str]:
    """Others remove each release that is made, right afterwards: which ones."""
    seen: list[str] = []

    def others(own: Path, _environment: object) -> list[str]:
        seen.append(own.name)
        shutil.rmtree(own)
        return []

    monkeypatch.setattr(install, "housekeep", others)
    return seen


def test_a_release_that_is_removed_meanwhile_is_not_reported_as_published(
    releases: Path, removed: list[str]
) -> None:
    # The second attempt has to make the release, and there is no lock to make it from.
    with pytest.raises(InstallError) as caught:
        install.install(job(releases / IDS[0]))
    assert removed == [IDS[0]]
    assert caught.value.code == ExitCode.RESOLUTION


def test_after_some_attempts_it_says_that_others_remove_the_release(
    releases: Path, made: Path, removed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def again(asked: LibrariesJob) -> dict[str, object]:
        if not asked.release.exists():
            shutil.copytree(made / asked.release.name, asked.release, symlinks=True)
        return {}

    monkeypatch.setattr(install, "make", again)
    with pytest.raises(InstallError, match=r"was published 3 times, and each time another task"):
        install.install(job(releases / IDS[0]))
    assert removed == [IDS[0]] * 3


@pytest.mark.whole
def test_the_installer_removes_old_releases_and_names_them_in_its_summary(
    populate: Populate,
) -> None:
    names = [f"{number:016x}" for number in range(1, 5)]
    populate.environment = {OWNER: STACK}
    for number, name in enumerate(names):
        populate.release_id = name
        assert populate.run().last["removed"] == []
        age(populate.release, 1_000_000 + number)
    populate.release_id = RELEASE_ID
    populate.environment = {OWNER: STACK, KEEP: "2", IN_USE: names[0]}
    run = populate.run()
    assert (run.code, run.last["outcome"], run.last["removed"]) == (0, "published", names[1:3])
    assert kept(populate.release.parent) == sorted([names[0], names[3], RELEASE_ID])
    populate.environment = {OWNER: STACK, KEEP: "1", IN_USE: ""}
    run = populate.run()
    assert run.last["outcome"] == "already-published"
    assert run.last["removed"] == sorted([names[0], names[3]])
    assert kept(populate.release.parent) == [RELEASE_ID]


@pytest.mark.whole
def test_malformed_variables_do_not_fail_the_populate(populate: Populate) -> None:
    populate.environment = {KEEP: "many", IN_USE: ""}
    run = populate.run()
    assert (run.code, run.last["removed"]) == (0, [])
    (line,) = [line for line in run.lines if line["phase"] == "housekeeping"]
    assert "KEEP_RELEASES is 'many': nothing is removed" in line["message"]


@pytest.mark.whole
def test_a_stop_during_the_housekeeping_loses_neither_publication_nor_what_was_removed(
    populate: Populate,
) -> None:
    program = populate.program / "release/installation/storage/housekeeping.py"
    look = "        if _marks(renamed) != marks:\n"
    before, found, after = program.read_text().partition(look)
    assert found
    stop = "        import signal; os.kill(os.getpid(), signal.SIGTERM)\n"
    program.write_text(before + stop + look + after)
    for name in IDS[1:4]:
        age(publish(populate.release.parent, name), 1000)
    populate.environment = {OWNER: STACK, KEEP: "1", IN_USE: ""}
    run = populate.run()
    assert (run.code, run.last["outcome"], run.last["removed"]) == (0, "published", [IDS[1]])
    assert kept(populate.release.parent) == sorted([*IDS[2:4], RELEASE_ID])
