"""Housekeeping that is killed, or meets others: no reader meets half of a release."""

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lambda_src.release.installation import install
from lambda_src.release.installation.storage.housekeeping import ask, put_back
from lambda_src.release.installation.storage.verify import verify
from lambda_src.release.layout import IN_USE, KEEP, OWNER, REMOVING_PREFIX, Manifest

from ..conftest import LAMBDA_SRC
from ..releases import IDS, OWN, STACK, job, kept, publish, remove

PROGRAM = """
import os, sys
from pathlib import Path
sys.path[:0] = [sys.argv[1]]
from release.installation.storage import housekeeping, removal
{before}
print("ready", flush=True)
sys.stdin.readline()
print(housekeeping.housekeep(Path(sys.argv[2]), os.environ), flush=True)
"""


def start(releases: Path, keep: str, before: str = "") -> subprocess.Popen[str]:
    """A task's housekeeping in a process of its own; it begins with a line on its input."""
    ask(releases / OWN, {OWNER: STACK})
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(before=before), str(LAMBDA_SRC), str(releases / OWN)],
        env={"PATH": os.environ["PATH"], KEEP: keep, IN_USE: "", OWNER: STACK},
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
    "before-the-second-look": "marks = housekeeping._marks\n"
    f"housekeeping._marks = lambda at: {KILL} if at.name[0] == '.' else marks(at)",
    "in-the-middle-of-the-removal": "unlink = os.unlink\n"
    f"os.unlink = lambda path: {KILL} if path.endswith('/77.py') else unlink(path)",
    "before-the-last-directory": "rmdir = os.rmdir\n"
    f"os.rmdir = lambda path: {KILL} if 'site-packages' in path else rmdir(path)",
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
    install.tidy_up(releases, REMOVING_PREFIX, put_back)
    remove(releases, "3")
    assert kept(releases) == IDS[3:]


@pytest.mark.parametrize("stack", [STACK, "prod"])
def test_what_is_asked_for_between_the_look_and_the_rename_outlives_a_kill_right_after_that(
    releases: Path, stack: str
) -> None:
    asking = (
        "rename = Path.rename\ndef late(path, target):\n"
        f"    if path.name == {IDS[0]!r}:\n"
        f"        housekeeping.ask(path, {{housekeeping.OWNER: {stack!r}}})\n"
        "    return rename(path, target)\nPath.rename = late\n"
    )
    killed = start(releases, "3", asking + MOMENTS["before-the-second-look"])
    begin(killed)
    killed.communicate(timeout=600)
    assert killed.returncode == -signal.SIGKILL
    assert IDS[0] not in kept(releases)
    install.prepare_mount(job(releases / OWN))
    assert kept(releases) == IDS
    assert verify(releases / IDS[0]) == []
    removed = IDS[1:4] if stack == STACK else IDS[1:3]  # it counts among the stack's newest
    assert remove(releases, "3") == removed
    assert set(kept(releases)) == set(IDS) - set(removed)


def test_what_is_put_back_does_not_replace_what_was_made_again(releases: Path) -> None:
    renamed = releases / f".removing-{IDS[0]}-task"
    (releases / IDS[0]).rename(renamed)
    publish(releases, IDS[0], "prod")
    install.tidy_up(releases, REMOVING_PREFIX, put_back)
    assert kept(releases) == IDS
    assert Manifest.read(releases / IDS[0]).owner == "prod"


def test_what_was_being_removed_is_not_put_back(releases: Path) -> None:
    (releases / IDS[0]).rename(releases / f".removing-{IDS[0]}-task~0123abcd")
    install.tidy_up(releases, REMOVING_PREFIX, put_back)
    assert kept(releases) == IDS[1:]


def test_half_of_a_release_is_not_put_back(releases: Path) -> None:
    renamed = (releases / IDS[0]).rename(releases / f".removing-{IDS[0]}-task")
    (renamed / "site-packages/big.so").unlink()
    install.tidy_up(releases, REMOVING_PREFIX, put_back)
    assert kept(releases) == IDS[1:]


def test_what_cannot_be_read_is_neither_put_back_nor_removed(
    releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(path: str) -> os.stat_result:
        if str(path).endswith("/77.py"):
            raise OSError(errno.EIO, "Input/output error")
        return lstat(path)

    renamed = (releases / IDS[0]).rename(releases / f".removing-{IDS[0]}-task")
    lstat = os.lstat
    with monkeypatch.context() as patch:
        patch.setattr(os, "lstat", failing)
        install.tidy_up(releases, REMOVING_PREFIX, put_back)
    assert kept(releases) == [renamed.name, *IDS[1:]]
    install.tidy_up(releases, REMOVING_PREFIX, put_back)
    assert kept(releases) == IDS


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
