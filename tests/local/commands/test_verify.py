"""`python -m local verify`: which of the stack's local releases are intact, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lambda_src.releases import publish

from .test_cli import run

IDS = ("1111111111111111", "2222222222222222")


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    """Two file systems of a stack, each with a release, and one of another stack that is broken."""
    for stack, system, name in (
        ("dev", "store-1/libraries", IDS[0]),
        ("dev", "store-2/deep/er", IDS[1]),
        ("other", "store-3/libraries", IDS[0]),
    ):
        publish(tmp_path / ".local" / stack / "efs" / system / "releases", name)
    broken = tmp_path / ".local/other/efs/store-3/libraries/releases" / IDS[0]
    (broken / "manifest.json").unlink()
    return tmp_path


def release(releases: Path, number: int) -> Path:
    system = ("store-1/libraries", "store-2/deep/er")[number]
    return releases / ".local/dev/efs" / system / "releases" / IDS[number]


def test_every_release_of_the_stack_is_verified(releases: Path) -> None:
    status, out, err = run(releases, "verify")
    assert (status, err) == (0, "")
    assert out.count("  intact: 152 files, 3 MB, SHA-256 of 152 files compared\n") == 2
    assert all(f"release {name}: " in out for name in IDS)


def test_a_damaged_release_is_status_1_with_its_files_and_what_to_do(releases: Path) -> None:
    (release(releases, 0) / "site-packages/big.so").unlink()
    status, out, _ = run(releases, "verify", "--sha256", "none")
    assert status == 1
    assert "  missing: site-packages/big.so: it is not there\n" in out
    assert f"{release(releases, 0)}: 1 difference from the manifest: 1 missing. Remedy: " in out
    assert "up --stack dev --config releaseSalt=<any new word>` makes it again" in out
    assert "  intact: 152 files, 3 MB, SHA-256 of 0 files compared\n" in out


def test_one_release_can_be_asked_for(releases: Path) -> None:
    (release(releases, 0) / "manifest.json").write_text("{}")
    assert run(releases, "verify", "--release", IDS[1])[0] == 0
    assert run(releases, "verify", "--release", IDS[0])[0] == 1


def test_another_stack_has_releases_of_its_own(releases: Path) -> None:
    status, out, _ = run(releases, "verify", "--stack", "other")
    assert status == 1
    assert "missing: manifest.json: without it there is no release" in out


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--release", "f" * 16], 1, f"no release {'f' * 16} lies under"),
        (["--stack", "none"], 1, "there are: none. Remedy: `python -m local up` makes"),
        (["--release", "latest"], 2, "'latest' is no release id: 16 hex digits"),
        (["--sha256", "some"], 2, "invalid choice: 'some'"),
    ],
)
def test_what_cannot_be_verified_is_said(
    releases: Path, arguments: list[str], status: int, message: str
) -> None:
    code, out, err = run(releases, "verify", *arguments)
    assert code == status
    assert message in out + err
    assert "Traceback" not in out + err
