"""The changelog of one version: `python -m tools.changelog v0.2.0`.

For the release of a tag: it prints the version's section of CHANGELOG.md, and fails unless that is
there and pyproject.toml has the same version.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
_SECTION = re.compile(r"^## \[(?P<version>[^\]]+)\](?: - (?P<date>\S+))?$", re.MULTILINE)


class ChangelogError(Exception):
    """The version is not ready to be released."""


def section(changelog: str, version: str) -> str:
    """What the changelog says of a version.

    Raises:
        ChangelogError: It has no section of the version with a date, or an empty one.
    """
    found = list(_SECTION.finditer(changelog))
    for heading, end in zip(found, [*(each.start() for each in found[1:]), None], strict=True):
        if heading["version"] == version and heading["date"]:
            if text := changelog[heading.end() : end].strip():
                return text + "\n"
            raise ChangelogError(
                f"CHANGELOG.md says nothing of {version}. Remedy: write what changed"
            )
    raise ChangelogError(
        f"CHANGELOG.md has no `## [{version}] - YYYY-MM-DD`. Remedy: give what stands under "
        "Unreleased that heading"
    )


def released(tag: str, root: Path = ROOT) -> str:
    """The section of the version that a tag names.

    Raises:
        ChangelogError: Tag, pyproject.toml and CHANGELOG.md do not name the same version.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    if tag != f"v{project['version']}":
        raise ChangelogError(
            f"the tag is {tag!r}, and pyproject.toml has the version {project['version']}. Remedy: "
            f"tag v{project['version']}, or change the version first"
        )
    return section((root / "CHANGELOG.md").read_text(encoding="utf-8"), project["version"])


def main(arguments: list[str] | None = None) -> int:
    """Run the command; what it returns is the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.changelog", description=__doc__)
    parser.add_argument("tag", help="the tag, v and the version")
    try:
        print(released(parser.parse_args(arguments).tag), end="")
    except ChangelogError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
