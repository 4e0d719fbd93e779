"""Every command of the pages is run by a test, or the page says what it needs beyond a test."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from .commands import COMMANDED, PROGRAMS, Command, commands_of
from .coverage import ELSEWHERE, NEEDS, behind, everything, name, of, says
from .pages import ROOT
from .test_commands_run import RUN

pages = pytest.mark.parametrize(
    "page", COMMANDED, ids=[page.relative_to(ROOT).as_posix() for page in COMMANDED]
)


def is_run(command: Command, clone: Path) -> bool:
    """Whether a test runs it, or each command that `make` runs for it."""
    if command.text in RUN or name(command) in ran(clone) or of(ELSEWHERE, name(command)):
        return True
    made = behind(clone, command)
    return bool(made) and all(is_run(each, clone) for each in made)


@cache
def ran(clone: Path) -> set[str]:
    """What `make` runs where a test here runs `make`."""
    return {name(each) for one in everything() if one.text in RUN for each in behind(clone, one)}


@pages
def test_each_command_is_run_by_a_test_or_says_what_it_needs(page: Path, clone: Path) -> None:
    uncovered = []
    for command in commands_of(page):
        needed = [NEEDS[pattern] for pattern in of(NEEDS, command.text)]
        if is_run(command, clone) or (needed and says(command, needed[0])):
            continue
        remedy = (
            f"say in its section or at the top of the page that it needs {needed[0]}"
            if needed
            else "run it in test_commands_run.py, or name the test that does in coverage.py"
        )
        uncovered.append(f"{command.place}: no test runs `{command.text}`. Remedy: {remedy}")
    assert uncovered == []


@pages
def test_a_block_of_commands_has_nothing_else_in_it(page: Path) -> None:
    strange = {each.place: each.text for each in commands_of(page) if each.program not in PROGRAMS}
    assert strange == {}, "no program of a prerequisite: name it in README and in PROGRAMS"


def test_no_entry_is_left_of_a_command_that_no_page_has(clone: Path) -> None:
    found = {name(each) for one in everything() for each in (one, *behind(clone, one))}
    patterns = {*ELSEWHERE, *NEEDS}
    alive = {pattern for text in found for pattern in of({**ELSEWHERE, **NEEDS}, text)}
    assert patterns - alive == set()
    assert RUN - {each.text for each in everything()} == set()


@pytest.mark.parametrize("where", sorted(set(ELSEWHERE.values())))
def test_the_test_that_an_entry_names_is_there(where: str) -> None:
    if "::" in where:
        file, _, function = where.partition("::")
        assert f"\ndef {function}(" in (ROOT / file).read_text(encoding="utf-8")
    else:
        file, _, command = where.partition(": ")
        assert command in (ROOT / file).read_text(encoding="utf-8")
