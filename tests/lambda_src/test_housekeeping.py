"""Releases that nobody needs are removed after a publication; no reader meets half of one."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_src.release import install
from lambda_src.release.claim import Claim
from lambda_src.release.housekeeping import IN_USE, KEEP, housekeep
from lambda_src.release.job import Job
from lambda_src.release.layout import REMOVING_PREFIX, ExitCode, InstallError, is_published
from lambda_src.release.verify import verify

from .conftest import LAMBDA_SRC, RELEASE_ID, Populate
from .test_verify import published

IDS = [f"{number:016x}" for number in range(6)]
OWN = IDS[5]


def age(release: Path, seconds: int) -> None:
    os.utime(release / "manifest.json", (seconds, seconds))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six releases, each with its id as its age. Nobody changes it."""
    releases = tmp_path_factory.mktemp("made") / "mount" / "releases"
    for number, name in enumerate(IDS):
        age(published(releases, name), 1_000_000 + number)
    return releases


@pytest.fixture
def releases(made: Path, tmp_path: Path) -> Path:
    copied: Path = shutil.copytree(made, tmp_path / "mount" / "releases", symlinks=True)
    return copied


def kept(releases: Path) -> list[str]:
    return sorted(path.name for path in releases.iterdir())


def run(releases: Path, keep: str, in_use: str = "", own: str = OWN) -> list[str]:
    return housekeep(releases / own, {KEEP: keep, IN_USE: in_use})


@pytest.mark.parametrize(
    ("keep", "in_use", "own", "removed"),
    [
        ("3", "", 5, [0, 1, 2]),
        ("1", "", 5, [0, 1, 2, 3, 4]),
        ("6", "", 5, []),
        ("99", "", 5, []),
        ("2", "", 0, [1, 2, 3]),
        ("3", "0", 5, [1, 2]),
        ("1", "4 2", 5, [0, 1, 3]),
        ("1", " 1\n2  ", 3, [0, 4]),
    ],
)
def test_own_release_the_newest_and_those_in_use_stay(
    releases: Path, keep: str, in_use: str, own: int, removed: list[int]
) -> None:
    names = " ".join(IDS[int(number)] for number in in_use.split())
    assert run(releases, keep, names, IDS[own]) == [IDS[n] for n in removed]
    assert kept(releases) == [name for n, name in enumerate(IDS) if n not in removed]
    assert [d for name in kept(releases) for d in verify(releases / name)] == []


def test_the_newest_are_those_that_the_file_server_wrote_last(releases: Path) -> None:
    age(releases / IDS[0], 2_000_000)
    manifest = releases / IDS[1] / "manifest.json"
    document = json.loads(manifest.read_text()) | {"created": "2099-01-01T00:00:00+00:00"}
    manifest.write_text(json.dumps(document))
    age(releases / IDS[1], 1_000_000)
    run(releases, "2")
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
    run(releases, "1")
    assert set(kept(releases)) == {OWN, unpublished, "d" * 16, *others}


def test_a_failure_is_logged_and_goes_no_further(
    releases: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rename = Path.rename

    def failing(path: Path, target: Path) -> Path:
        if path.name == IDS[1]:
            raise PermissionError(13, "Permission denied")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    assert run(releases, "3") == [IDS[0]]
    assert kept(releases) == IDS[1:]
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["phase"] == "housekeeping"
    assert "PermissionError: [Errno 13] Permission denied" in last["message"]


def test_a_release_that_vanishes_in_between_is_no_error(
    releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def late(path: Path, target: Path) -> Path:
        shutil.rmtree(path)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", late)
    assert run(releases, "3") == []
    assert kept(releases) == IDS[3:]


def test_a_release_that_was_made_anew_in_between_stays(
    releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acquire = Claim.acquire

    def late(claim: Claim) -> None:
        acquire(claim)
        age(releases / IDS[1], 3_000_000)

    monkeypatch.setattr(Claim, "acquire", late)
    assert run(releases, "3") == [IDS[0], IDS[2]]
    assert kept(releases) == [IDS[1], *IDS[3:]]


PROGRAM = """
import os, sys
from pathlib import Path
sys.path[:0] = [sys.argv[1]]
from release import housekeeping, tree
{before}
print("ready", flush=True)
sys.stdin.readline()
print(housekeeping.housekeep(Path(sys.argv[2]), os.environ), flush=True)
"""


def start(releases: Path, keep: str, before: str = "") -> subprocess.Popen[str]:
    """A task's housekeeping in a process of its own; it begins with a line on its input."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(before=before), str(LAMBDA_SRC), str(releases / OWN)],
        env={"PATH": os.environ["PATH"], KEEP: keep, IN_USE: ""},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def begin(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()


KILL = "os.kill(os.getpid(), 9)"
MOMENTS = {
    "before-the-rename": f"Path.rename = lambda *_: {KILL}",
    "after-the-rename": f"housekeeping.sync_directory = lambda _: {KILL}",
    "in-the-middle-of-the-removal": "unlink = Path.unlink\n"
    f"Path.unlink = lambda path, **more: {KILL} if path.name == '77.py' "
    "else unlink(path, **more)",
    "before-the-last-directory": "rmdir = Path.rmdir\n"
    f"Path.rmdir = lambda path: {KILL} if 'site-packages' in str(path) else rmdir(path)",
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_leaves_whole_releases_and_the_next_run_removes_the_rest(
    releases: Path, moment: str
) -> None:
    killed = start(releases, "3", MOMENTS[moment])
    begin(killed)
    killed.communicate(timeout=600)
    assert killed.returncode == -signal.SIGKILL
    left = [name for name in kept(releases) if not name.startswith(".")]
    assert [d for name in left for d in verify(releases / name)] == []
    assert set(IDS[1:]) <= set(left) <= set(IDS)
    assert len(kept(releases)) > len(left)
    install.tidy_up(releases, REMOVING_PREFIX)
    run(releases, "3")
    assert kept(releases) == IDS[3:]


def test_two_tasks_at_once_remove_each_release_once(releases: Path) -> None:
    tasks = [start(releases, "2") for _ in range(4)]
    begin(*tasks)
    outputs = [task.communicate(timeout=600)[0] for task in tasks]
    assert [task.returncode for task in tasks] == [0] * 4
    assert not any("the next run goes on" in output for output in outputs), outputs
    removed = [name for output in outputs for name in IDS if f"'{name}'" in output]
    assert sorted(removed) == IDS[:4]
    assert kept(releases) == IDS[4:]


def test_a_reader_sees_a_release_whole_or_not_at_all(releases: Path) -> None:
    partial: list[str] = []
    reads = 0
    looking, done = threading.Event(), threading.Event()

    def read() -> None:
        nonlocal reads
        while not done.is_set():
            for name in IDS:
                reads += _whole(releases / name, partial)
            looking.set()

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        assert looking.wait(60)
        task = start(releases, "1")
        begin(task)
        task.communicate(timeout=600)
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert (task.returncode, kept(releases)) == (0, [OWN])
    assert partial == []
    assert reads > 0


def _whole(release: Path, partial: list[str]) -> int:
    """Open the manifest, then the rest: by a directory that is held, as a loader holds its files.

    What was a release when it was opened may go away as a whole, but then its path is gone too.
    """
    try:
        (release / "manifest.json").read_bytes()
    except FileNotFoundError:
        return 0
    for path in ("site-packages/big.so", "site-packages/deep/deeper/149.py"):
        try:
            (release / path).stat()
        except FileNotFoundError:
            if (release / "manifest.json").exists():
                partial.append(f"{release.name}/{path}")
            return 0
    return 1


def job(releases: Path, tmp_path: Path) -> Job:
    return Job(
        release=releases / IDS[0],
        requirements=tmp_path / "requirements.txt",
        index_url="",
        staging=tmp_path,
        program=tmp_path,
    )


@pytest.fixture
def signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals")
def test_a_release_that_is_removed_meanwhile_is_not_reported_as_published(
    releases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def others(own: Path, _environment: object) -> list[str]:
        seen.append(own.name)
        assert housekeep(releases / OWN, {KEEP: "1", IN_USE: ""})[:1] == [own.name]
        return []

    monkeypatch.setattr(install, "housekeep", others)
    # The second attempt has to make the release, and there is no lock to make it from.
    with pytest.raises(InstallError) as caught:
        install.install(job(releases, tmp_path))
    assert seen == [IDS[0]]
    assert caught.value.code == ExitCode.RESOLUTION


@pytest.mark.usefixtures("signals")
def test_after_some_attempts_it_says_that_others_remove_the_release(
    releases: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def others(own: Path, _environment: object) -> list[str]:
        seen.append(own.name)
        shutil.rmtree(own)
        return []

    def again(asked: Job) -> dict[str, object]:
        if not asked.release.exists():
            shutil.copytree(made / asked.release.name, asked.release, symlinks=True)
        return {}

    monkeypatch.setattr(install, "housekeep", others)
    monkeypatch.setattr(install, "make", again)
    with pytest.raises(InstallError, match=r"was published 3 times, .* raise keepReleases"):
        install.install(job(releases, tmp_path))
    assert len(seen) == 3


def test_a_release_that_goes_away_at_the_moment_of_publication_is_no_obstacle(
    releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    incoming, release = releases / ".incoming-1", releases / IDS[0]
    shutil.copytree(release, incoming, symlinks=True)
    look = is_published

    def late(path: Path) -> bool:
        shutil.rmtree(path)
        return look(path)

    monkeypatch.setattr(install, "is_published", late)
    assert install.publish(incoming, release) == "published"
    assert verify(release) == []


@pytest.mark.whole
def test_the_installer_removes_old_releases_and_names_them_in_its_summary(
    populate: Populate,
) -> None:
    names = [f"{number:016x}" for number in range(1, 5)]
    for number, name in enumerate(names):
        populate.release_id = name
        assert populate.run().last["removed"] == []
        age(populate.release, 1_000_000 + number)
    populate.release_id = RELEASE_ID
    populate.environment = {KEEP: "2", IN_USE: names[0]}
    run = populate.run()
    assert (run.code, run.last["outcome"], run.last["removed"]) == (0, "published", names[1:3])
    assert kept(populate.release.parent) == sorted([names[0], names[3], RELEASE_ID])
    populate.environment = {KEEP: "1", IN_USE: ""}
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
def test_a_stop_during_the_housekeeping_does_not_lose_the_publication(populate: Populate) -> None:
    program = populate.program / "release" / "housekeeping.py"
    rename = "        release.rename(claim.directory)\n"
    before, found, after = program.read_text().partition(rename)
    assert found
    program.write_text(f"{before}{rename}        import time; time.sleep(60)\n{after}")
    published(populate.release.parent, IDS[1])
    populate.environment = {KEEP: "1", IN_USE: ""}
    run = populate.signal_at("housekeeping", signal.SIGTERM)
    assert (run.code, run.last["outcome"]) == (0, "published")
