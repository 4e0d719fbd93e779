"""Of what lies on disk, this program removes what it made, and uses no folder twice at once."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cloud import Cloud
from local.state import StateError, hold, remove
from tests.processes import heard

from ..programs import write, write_waiting
from .test_cli import REPOSITORY, start
from .test_cli import run as run_command


def run(root: Path, *arguments: str) -> tuple[int, str]:
    status, out, err = run_command(root, *arguments)
    return status, out + err


@pytest.fixture
def up(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """An `up` of the stack dev that is in the middle of its work."""
    with start(write_waiting(tmp_path), "up") as process:
        heard(process, "waiting")
        yield process
        process.kill()
        process.communicate()


# --- scratch --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["efs-inference-main", ".efs-inference-x", "run-mine", "efs"])
def test_folders_in_the_temporary_folder_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    (tmp_path / name).mkdir()
    (tmp_path / name / "mine").touch()
    with Cloud(tmp_path / "state"):
        pass
    assert (tmp_path / name / "mine").exists()


def test_a_run_leaves_no_scratch_folder(tmp_path: Path) -> None:
    with Cloud(tmp_path / "state") as cloud:
        assert cloud.scratch.is_relative_to(tmp_path)
        assert cloud.scratch.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_the_next_run_removes_what_a_killed_one_left(tmp_path: Path) -> None:
    write(tmp_path, "")
    scratch = tmp_path / ".local" / "dev" / "efs-scratch"
    (scratch / "run-killed").mkdir(parents=True)
    (tmp_path / "mine").touch()
    (scratch / "run-killed" / "link").symlink_to(tmp_path / "mine")
    status, said = run(tmp_path, "up")
    assert (status, "no function to call" in said) == (0, True)
    assert not scratch.exists()
    assert (tmp_path / "mine").exists()


# --- clean ----------------------------------------------------------------------------------------


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """The folder of a stack with a file on its file system."""
    folder = tmp_path / ".local" / "dev"
    (folder / "efs" / "store").mkdir(parents=True)
    (folder / "efs" / "store" / "file").write_bytes(b"12345")
    return folder


def test_what_is_removed_is_counted(stack: Path) -> None:
    (stack / "efs-scratch" / "run-killed").mkdir(parents=True)
    (stack / "efs-scratch" / "run-killed" / "file").touch()
    assert remove(stack) == (2, 5)
    assert not stack.exists()


@pytest.mark.parametrize("part", ["dev", "dev/efs", "dev/efs-scratch"])
def test_a_link_is_not_followed(stack: Path, tmp_path: Path, part: str) -> None:
    mine = tmp_path / "mine"
    place = stack.parent / part
    if place.exists():
        place.rename(mine)
    else:
        mine.mkdir()
    (mine / "precious").touch()
    place.symlink_to(mine)
    with pytest.raises(StateError, match="not a directory but a link or a file"):
        remove(stack)
    status, said = run(tmp_path, "clean")
    assert status == 1
    assert "error: " in said
    assert "Traceback" not in said
    assert (mine / "precious").exists()
    assert place.is_symlink()


def test_what_no_run_made_keeps_everything(stack: Path, tmp_path: Path) -> None:
    (stack / "notes.txt").touch()
    status, said = run(tmp_path, "clean")
    assert status == 1
    assert "holds what no run made: notes.txt. Nothing was removed. Remedy: " in said
    assert (stack / "notes.txt").exists()
    assert (stack / "efs" / "store" / "file").exists()


def test_a_link_on_a_file_system_is_removed_and_not_followed(stack: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    (stack / "efs" / "store" / "link").symlink_to(tmp_path)
    remove(stack)
    assert (tmp_path / "mine").exists()


def test_another_file_system_mounted_within_keeps_everything(stack: Path, tmp_path: Path) -> None:
    program = (
        f"from pathlib import Path; from local.state import remove; remove(Path({str(stack)!r}))"
    )
    script = 'mount -t tmpfs none "$1" && touch "$1/precious" && ! "$2" -c "$3" && ls "$1"'
    ended = subprocess.run(
        [
            *("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"),
            *(str(stack / "efs" / "store"), sys.executable, program),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare:" in ended.stderr or "mount:" in ended.stderr:
        pytest.skip(f"namespaces are refused here: {ended.stderr.strip()}")
    assert "another file system is mounted at" in ended.stderr
    assert ended.stdout.split() == ["precious"]


def test_clean_is_refused_while_an_up_runs(up: subprocess.Popen[str], tmp_path: Path) -> None:
    status, said = run(tmp_path, "clean")
    assert status == 1
    assert said.startswith(f"error: {tmp_path}/.local/dev is in use by `python -m local up`, ")
    assert f"process {up.pid}. Remedy: " in said
    assert (tmp_path / ".local" / "dev" / "efs").is_dir()
    assert up.poll() is None


def test_a_second_run_of_a_stack_is_refused(up: subprocess.Popen[str], tmp_path: Path) -> None:
    for command in (["up"], ["serve"], ["invoke", "--event", "{}"]):
        status, said = run(tmp_path, *command)
        assert status == 1
        assert "is in use by `python -m local up`" in said
        assert "preview" not in said  # it does not take its time first
        assert "Traceback" not in said
    assert up.poll() is None


def test_after_a_kill_the_folder_is_free(up: subprocess.Popen[str], tmp_path: Path) -> None:
    assert list((tmp_path / ".local" / "dev" / "efs-scratch").iterdir()) != []
    up.send_signal(signal.SIGKILL)
    assert up.wait() == -signal.SIGKILL
    assert run(tmp_path, "clean")[0] == 0
    assert not (tmp_path / ".local").exists()


def test_a_folder_that_was_removed_meanwhile_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / ".local" / "dev"
    with hold(folder, "one"):
        (folder / "efs").mkdir()
    before = (folder / ".lock").stat().st_ino
    opened = os.open(folder / ".lock", os.O_RDWR)
    remove(folder)
    with hold(folder, "two"):
        assert os.fstat(opened).st_nlink == 0
        assert (folder / ".lock").stat().st_ino != before or os.fstat(opened).st_ino != before
        with pytest.raises(StateError, match="in use by `two`"), hold(folder, "three"):
            pass
    os.close(opened)
    assert not (tmp_path / ".local").exists()


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".local").symlink_to(tmp_path / "nowhere")
    with pytest.raises(StateError, match="cannot be made"), hold(tmp_path / ".local/dev", "test"):
        pass


def test_the_folder_of_all_stacks_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "large").mkdir()
    (tmp_path / ".local").symlink_to(tmp_path / "large")
    with hold(tmp_path / ".local" / "dev", "test"):
        (tmp_path / ".local" / "dev" / "efs").mkdir()
    remove(tmp_path / ".local" / "dev")
    assert list((tmp_path / "large").iterdir()) == []


def test_many_users_at_once_have_it_one_after_the_other(tmp_path: Path) -> None:
    program = f"""
import sys, time
from pathlib import Path
from local.state import StateError, hold
folder, done = Path({str(tmp_path)!r}, ".local", "dev"), 0
while done < 20:
    try:
        with hold(folder, "test"):
            (folder / "efs").mkdir()
            (folder / "efs").rmdir()
            done += 1
    except StateError as error:
        assert "in use" in str(error), error
        time.sleep(0.001)
"""
    users = [subprocess.Popen([sys.executable, "-c", program], cwd=REPOSITORY) for _ in range(4)]
    assert [user.wait(60) for user in users] == [0] * 4
    assert not (tmp_path / ".local").exists()


def make_clean(root: Path) -> tuple[int, str]:
    (root / "local").mkdir(exist_ok=True)
    shutil.copy(REPOSITORY / "local" / "state.py", root / "local")
    shutil.copy(REPOSITORY / "Makefile", root)
    (root / "uv.lock").touch()
    ended = subprocess.run(
        ["make", f"PYTHON={sys.executable}", "clean"],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout


def test_make_clean_removes_what_runs_left_and_the_environment(stack: Path, tmp_path: Path) -> None:
    (stack.parent / "benchmarks" / "plain").mkdir(parents=True)
    (stack.parent / "benchmarks" / "plain" / "file").touch()
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / ".uv-0.9.1").touch()
    status, said = make_clean(tmp_path)
    assert status == 0, said
    assert "removed .local/benchmarks: 1 files, 0 bytes\nremoved .local/dev: 1 files, 5" in said
    assert not (tmp_path / ".local").exists()
    assert not (tmp_path / ".venv").exists()
    assert make_clean(tmp_path)[0] == 0


def test_make_clean_leaves_a_stack_in_use_and_the_environment_it_runs_in(
    stack: Path, tmp_path: Path
) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / ".uv-0.9.1").touch()
    with hold(stack.parent / "prod", "python -m local serve"):
        status, said = make_clean(tmp_path)
        assert status != 0
        assert "error: .local/prod is in use by `python -m local serve`" in said
        assert (stack.parent / "prod").exists()
        assert (tmp_path / ".venv").exists()
    assert not stack.exists()


@pytest.mark.parametrize("link", [True, False])
def test_make_clean_leaves_an_environment_that_it_did_not_make(tmp_path: Path, link: bool) -> None:
    (tmp_path / "mine").mkdir()
    if link:
        (tmp_path / ".venv").symlink_to(tmp_path / "mine")
    else:
        (tmp_path / ".venv").mkdir()
    status, said = make_clean(tmp_path)
    assert status != 0
    assert ".venv was not made by `make install`. Remedy: remove it yourself" in said
    assert (tmp_path / ".venv").exists()
