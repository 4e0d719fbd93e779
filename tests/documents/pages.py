"""README.md and docs/ as the tests read them: pages, links, programs."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
HABITS = (ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md")
PAGES = (README, *HABITS, *sorted((ROOT / "docs").glob("*.md")))
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]

_GENERATED = re.compile(r"<!-- generated: ([a-z-]+) -->\n.*?<!-- end -->", re.DOTALL)
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def parts(page: Path) -> list[str]:
    """Names of the generated parts of a page."""
    return _GENERATED.findall(text_of(page))


def written(page: Path) -> str:
    """A page without its generated parts."""
    return _GENERATED.sub("", text_of(page))


def prose(page: Path) -> str:
    """What of it is written, without code."""
    text = re.sub(r"^ {4,}.*$", "", _FENCE.sub("", written(page)), flags=re.MULTILINE)
    return _CODE.sub("", text)


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language."""
    found = [match.groups() for match in _FENCE.finditer(text_of(page))]
    return [textwrap.dedent(text) for _, name, text in found if name == language]


def codes(page: Path) -> list[str]:
    """What stands between backticks in the running text."""
    return _CODE.findall(_FENCE.sub("", written(page)))


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives a page's headings."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ +(.+?) *$", _FENCE.sub("", text_of(page)), re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        name, number = words, 0
        while name in found:
            number += 1
            name = f"{words}-{number}"
        found.add(name)
    return found


def links(page: Path) -> list[str]:
    """Where the links and pictures of a page lead within this repository."""
    found = re.findall(r"\]\(([^)\s]+)\)", _FENCE.sub("", text_of(page)))
    return [link for link in found if "://" not in link]
