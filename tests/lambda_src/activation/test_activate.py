"""A release goes on sys.path behind the program, or the error says what is there instead."""

import sys
from pathlib import Path

import pytest

from lambda_src.release.activation.activate import ReleaseMissingError, activate

from ..function import LAMBDA_SRC

PROGRAM = str(LAMBDA_SRC)


@pytest.fixture(autouse=True)
def _own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["/runtime", PROGRAM, "/standard-library"])


@pytest.fixture
def release(tmp_path: Path) -> Path:
    release = tmp_path / "releases" / "0123456789abcdef"
    (release / "site-packages").mkdir(parents=True)
    (release / "manifest.json").touch()
    return release


@pytest.mark.parametrize("times", [1, 2])
def test_site_packages_goes_behind_the_program_once(release: Path, times: int) -> None:
    for _ in range(times):
        activate(release)
    assert sys.path == [PROGRAM, str(release / "site-packages"), "/runtime", "/standard-library"]


def test_a_release_without_manifest_is_refused_and_not_on_the_path(release: Path) -> None:
    (release / "manifest.json").unlink()
    with pytest.raises(
        ReleaseMissingError, match=r"has no manifest\.json; it contains site-packages\. A release"
    ):
        activate(release)
    assert sys.path == ["/runtime", PROGRAM, "/standard-library"]


def test_a_missing_release_names_the_path_and_the_other_releases(release: Path) -> None:
    missing = release.with_name("ffffffffffffffff")
    with pytest.raises(
        ReleaseMissingError,
        match=f"{missing} does not exist; .*/releases contains 0123456789abcdef",
    ):
        activate(missing)


def test_a_missing_mount_names_the_nearest_directory_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with pytest.raises(ReleaseMissingError, match=f"{tmp_path} contains other"):
        activate(tmp_path / "mount" / "releases" / "0123456789abcdef")


def test_a_long_listing_is_cut(release: Path) -> None:
    for number in range(12):
        (release.parent / f"{number:016}").mkdir()
    with pytest.raises(ReleaseMissingError, match="0000000000000009 and 3 more"):
        activate(release.with_name("ffffffffffffffff"))
