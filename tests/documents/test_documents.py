"""README.md and docs/: links, sizes, names of files and keys, generated parts, words."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
import yaml

from tools.readme import generated

from .pages import (
    NAMES,
    PAGES,
    README,
    ROOT,
    anchors,
    blocks,
    codes,
    links,
    parts,
    prose,
    text_of,
)

KEYS = set(yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"])
# Names of AWS, of answers and of JSON that are spelt like keys of the configuration.
OTHER_NAMES = {"entryPoint", "errorType", "statusCode"}
# House style: what a native engineer would not write, or would call otherwise.
UNWANTED = re.compile(
    r"\b(mend(s|ed)?|anew|let off|for want of|told|patiently|fate|grounds|aside|look closer|"
    r"is let be|in short|house|unto|whilst|shall|(a|the|each|next) populate(?! (task|run)))\b",
    re.IGNORECASE,
)
UNWANTED_IN_CODE = re.compile(
    r"(?<![a-z])(mend(s|ed)?|anew|let_off|told|patiently|fate|in_short)(?![a-z])", re.IGNORECASE
)
CHANGELOG = ROOT / "CHANGELOG.md"
pages = pytest.mark.parametrize("page", PAGES, ids=NAMES)


def exports() -> set[str]:
    """The stack's outputs."""
    module = ast.parse((ROOT / "__main__.py").read_text(encoding="utf-8"))
    return {
        node.args[0].value
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "pulumi.export"
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


@pytest.mark.parametrize("page", [*PAGES, CHANGELOG], ids=[*NAMES, CHANGELOG.name])
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_the_readme_is_short_and_leads_to_every_page() -> None:
    assert len(README.read_bytes()) <= 9 * 1024
    linked = {link.partition("#")[0] for link in links(README)}
    assert {page.relative_to(ROOT).as_posix() for page in PAGES if page != README} <= linked


def test_every_page_begins_with_its_title_and_has_no_other_of_that_rank() -> None:
    for page in PAGES:
        titles = re.findall(r"^# .+$", prose(page), re.MULTILINE)
        assert text_of(page).startswith("# "), page
        assert len(titles) == 1, page


def test_every_generated_part_is_shown_once() -> None:
    shown = [name for page in PAGES for name in parts(page)]
    assert sorted(shown) == sorted(generated())


@pages
def test_the_files_that_it_names_are_there(page: Path) -> None:
    folders = ("components", "lambda_src", "policies", "local", "tools", "benchmarks", "tests")
    named = [
        code.rstrip("/")
        for code in codes(page)
        if re.fullmatch(rf"(?:{'|'.join(folders)}|\.github|docs)/[\w./-]+", code)
    ]
    assert [path for path in named if not (ROOT / path).exists()] == []


@pages
def test_what_looks_like_a_key_is_a_key_or_an_output(page: Path) -> None:
    camel = re.compile(r"[a-z]+(?:[A-Z][a-z0-9]*)+")
    words = {code.partition(":")[0] for code in codes(page)}
    names = {word for word in words if camel.fullmatch(word)}
    assert names - KEYS - exports() - OTHER_NAMES == set()


def test_the_outputs_that_the_docs_list_are_those_of_the_program() -> None:
    text = text_of(ROOT / "docs" / "components.md")
    table = text.partition("## Outputs of this program")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(cells))) == exports()


@pages
def test_its_json_is_json_and_its_python_is_python(page: Path) -> None:
    for block in blocks(page, "json"):
        json.loads(block)
    for block in blocks(page, "python"):
        ast.parse(block)


@pages
def test_it_is_in_the_words_of_the_field(page: Path) -> None:
    assert [found[0] for found in UNWANTED.finditer(prose(page))] == []


def test_the_code_is_in_the_words_of_the_field_too() -> None:
    folders = ("components", "lambda_src", "policies", "local", "tools", "benchmarks", "tests")
    files = [path for name in folders for path in (ROOT / name).rglob("*.py")]
    found = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in files
        if path != Path(__file__)
        for match in UNWANTED_IN_CODE.finditer(path.read_text(encoding="utf-8"))
    }
    assert found == set()
