"""The command that verifies a release: its lines, its exit codes, and that it writes nothing."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from ..conftest import LAMBDA_SRC, RELEASE_ID
from .test_verify import BIG, DAMAGES, DEEP


class Verify:
    """`python -m release verify` in a process of its own."""

    def __init__(self, release: Path, *arguments: str) -> None:
        command = [sys.executable, "-I", "-S", "-c"]
        command += [
            "import runpy, sys; sys.path[:0] = [sys.argv.pop(1)]; runpy.run_module"
            "('release', run_name='__main__', alter_sys=True)"
        ]
        command += [str(LAMBDA_SRC), "verify", "--release", str(release), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.code, self.errors = done.returncode, done.stderr
        self.output = done.stdout

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output.splitlines()]


def test_an_intact_release_ends_with_a_summary(release: Path) -> None:
    done = Verify(release, "--sha256", "all")
    assert (done.code, done.errors) == (0, "")
    seconds = done.lines[-1].pop("seconds")
    summary = done.lines[-1] | {"seconds": None}
    assert summary == {
        "phase": "summary",
        "release": RELEASE_ID,
        "outcome": "intact",
        "files": 152,
        "bytes": 3_000_000 + sum(len(f"x = {n}\n") for n in range(150)) + 1,
        "hashed": 152,
        "seconds": None,
    }
    assert list(seconds) == ["total"]


def test_a_damaged_release_ends_with_status_16_the_files_and_the_remedy(release: Path) -> None:
    DAMAGES["missing"][3](release)
    DAMAGES["extra"][3](release)
    done = Verify(release)
    assert (done.code, done.errors) == (16, "")
    assert (done.lines[-1]["phase"], done.lines[-1]["kind"]) == ("failure", "damaged")
    message = done.lines[-1]["message"]
    assert f"{release}: 2 differences from the manifest: 1 extra, 1 missing. " in message
    assert "releaseSalt" in message
    said = [line["message"] for line in done.lines if line["phase"] == "verify"]
    assert said[0] == f"{release}: 152 files, SHA-256 of 152 of them"
    assert said[1:] == [
        f"extra: {DEEP}/new/new.py: the manifest does not name it",
        f"missing: {BIG}: it is not there",
    ]


def test_a_missing_mount_is_no_damage(tmp_path: Path) -> None:
    done = Verify(tmp_path / "nothing" / "releases" / RELEASE_ID)
    assert (done.code, done.lines[-1]["kind"]) == (15, "mount")


def test_a_release_that_never_was_is_no_damage(release: Path) -> None:
    done = Verify(release.with_name("f" * 16))
    assert (done.code, done.lines[-1]["kind"]) == (17, "absent")
    message = done.lines[-1]["message"]
    assert message.endswith(f"nothing lies there; the releases there are {RELEASE_ID}.")
    assert "manifest" not in done.output


def test_a_file_system_on_which_nothing_was_published_says_so(tmp_path: Path) -> None:
    done = Verify(tmp_path / "releases" / RELEASE_ID)
    assert done.code == 17
    assert done.lines[-1]["message"].endswith("nothing lies there; no release is there yet.")


def test_what_is_left_of_a_release_without_its_manifest_is_damaged(release: Path) -> None:
    (release / "manifest.json").unlink()
    assert Verify(release).code == 16


def test_verifying_writes_nothing(release: Path) -> None:
    def state() -> dict[Path, tuple[int, int]]:
        paths = [release.parent, *release.parent.rglob("*")]
        return {path: (path.lstat().st_mtime_ns, path.lstat().st_ctime_ns) for path in paths}

    before = state()
    assert Verify(release, "--sha256", "all").code == 0
    assert state() == before


def test_help_answers_and_a_wrong_command_line_is_a_usage_error(release: Path) -> None:
    helped = Verify(release, "--help")
    assert (helped.code, "--sha256 {none,sample,all}" in helped.output) == (0, True)
    wrong = Verify(release, "--sha256", "some")
    assert (wrong.code, wrong.lines[-1]["kind"]) == (2, "usage")
    assert Verify(release.parent / "latest").code == 2
