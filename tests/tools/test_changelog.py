"""A tag is released with its version's section of the changelog, or not at all."""

from pathlib import Path

import pytest

from tools.changelog import ROOT, ChangelogError, main, released

CHANGELOG = """# Changelog

## [Unreleased]

## [0.2.0] - 2026-12-01

### Added

- This.

## [0.1.1] - 2026-11-01

## [0.1.0]

- That.
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    return tmp_path


def version(project: Path, version: str) -> None:
    (project / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\n')


def test_a_tag_has_the_section_of_its_version(project: Path) -> None:
    version(project, "0.2.0")

    assert released("v0.2.0", project) == "### Added\n\n- This.\n"


@pytest.mark.parametrize(
    ("project_version", "tag", "message"),
    [
        ("0.2.0", "v0.2.1", "tag v0.2.0, or change the version"),
        ("0.2.0", "0.2.0", "tag v0.2.0, or change the version"),
        ("0.3.0", "v0.3.0", r"no `## \[0\.3\.0\]"),
        ("0.1.1", "v0.1.1", "says nothing of 0.1.1"),
        ("0.1.0", "v0.1.0", r"no `## \[0\.1\.0\] - YYYY-MM-DD`"),
    ],
)
def test_what_is_not_ready_is_refused(
    project: Path, project_version: str, tag: str, message: str
) -> None:
    version(project, project_version)

    with pytest.raises(ChangelogError, match=message):
        released(tag, project)


def test_before_the_first_version_all_there_is_counts_as_added() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    if "\n## [" in changelog.partition("## [Unreleased]")[2]:
        pytest.skip("a version has been released")
    assert [line for line in changelog.splitlines() if line.startswith("### ")] == ["### Added"]


def test_the_command_fails_for_a_tag_of_another_version(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["v999.0"]) == 1
    assert "the tag is 'v999.0'" in capsys.readouterr().err
