"""The commands in README.md, docs/ and examples/: what each page has its reader type."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from pathlib import Path

from .pages import PAGES, ROOT, text_of

PYTHON = (
    *(".venv/bin/python", "../.venv/bin/python", ".training/bin/python", "python", "python3"),
)
PROGRAMS = {
    # README's prerequisites, and what `make install` brings.
    *("make", "git", "pulumi", "aws", *PYTHON, "pip", ".venv/bin/pip", ".training/bin/pip", "uv"),
    # To copy an image, to lint before each commit, and what every Linux has.
    *("docker", "pre-commit", "cp", "find", "ls", "rm"),
}
COMMANDED = (*PAGES, *sorted((ROOT / "examples").glob("*/README.md")))
SHELLS = {"", "sh", "bash", "shell", "console"}
_FENCE = re.compile(r" *```(\w*)")
_ASSIGNMENT = re.compile(r"\w+=")


@dataclass(frozen=True)
class Command:
    """One command, without what stands before it in a pipe or a loop."""

    page: Path
    line: int
    words: tuple[str, ...]
    typed: bool
    """Whether it stands in a block of its own, and not in a sentence."""
    comment: str = field(default="", compare=False)

    @property
    def text(self) -> str:
        return " ".join(self.words)

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def program(self) -> str:
        return self.words[0]


@cache
def commands_of(page: Path, lines: tuple[str, ...] | None = None) -> tuple[Command, ...]:
    """Every command of a page, or of these lines: in blocks and in sentences.

    A block is the shell's if one of its lines begins with a program. In a sentence a command is a
    program with an argument between backticks.
    """
    found: list[Command] = []
    numbered = enumerate(text_of(page).splitlines() if lines is None else lines, 1)
    for kind, group in groupby(_kinds(numbered), key=lambda each: each[0]):
        block = [(number, line) for _, number, line in group]
        if kind == "prose":
            found += [
                Command(page, number, words, typed=False)
                for number, code in _codes(block)
                for words in _simple(code)
                if words[0] in PROGRAMS and len(words) > 1
            ]
        elif kind.startswith("block"):
            parsed = [
                Command(page, number, words, typed=True, comment=comment)
                for number, line, comment in _logical(block)
                for words in _simple(line)
            ]
            if any(command.program in PROGRAMS for command in parsed):
                found += parsed
    return tuple(found)


def _kinds(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[str, int, str]]:
    """Each line with its number, and whether it is prose, of a block, or neither."""
    fence, blocks = None, 0
    for number, line in lines:
        match = _FENCE.match(line)
        if match:
            fence, blocks = (match[1] if fence is None else None), blocks + 1
            yield "fence", number, line
        elif fence is not None:
            yield (f"block {blocks}" if fence in SHELLS else "data"), number, line
        elif line.startswith("    ") and line.strip():
            yield f"block {blocks}", number, line
        else:
            yield "prose", number, line


def _codes(block: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """What stands between backticks in a text, which may begin on one line and end on the next."""
    text = "\n".join(line for _, line in block)
    for match in re.finditer(r"`((?:[^`\n]|\n(?!\n))+)`", text):
        number = block[0][0] + text.count("\n", 0, match.start())
        yield number, match[1].replace("\n", " ")


def _logical(block: list[tuple[int, str]]) -> Iterator[tuple[int, str, str]]:
    """The lines of a block, those that go on joined, with what their comments say."""
    begun, kept = 0, ""
    for number, line in block:
        begun = begun or number
        if line.endswith("\\"):
            kept += line[:-1]
            continue
        text, _, comment = re.sub(r"\s#\s", "\0", f"{kept} {line.strip()}").partition("\0")
        yield begun, text, comment
        begun, kept = 0, ""


def _simple(text: str) -> Iterator[tuple[str, ...]]:
    """The simple commands of a line, those whose output another takes among them."""
    for inner in re.findall(r"\$\(([^()]*)\)", text):
        yield from _simple(inner)
    lexer = shlex.shlex(re.sub(r"\$\([^()]*\)", "$()", text), posix=True, punctuation_chars=";&|")
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        tokens = list(lexer)
    except ValueError:  # an apostrophe: no command
        return
    for separates, group in groupby(tokens, key=lambda token: set(token) <= set(";&|")):
        words = list(group)
        if separates or words[0] in ("for", "done"):
            continue
        while words and (words[0] == "do" or _ASSIGNMENT.match(words[0])):
            words.pop(0)
        if words:
            yield tuple(words)
