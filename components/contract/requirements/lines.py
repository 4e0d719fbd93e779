"""The lines of requirements.in and of the files that it names with `-r` and `-c`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ... import commands
from ...errors import ConfigurationError, Problem

CORRECT = f"correct it, and run {commands.LOCK}"
"""The remedy of a line that breaks a rule."""
# pip's own rule: a comment starts the line or follows white space.
_COMMENT = re.compile(r"(^|\s+)#.*$")
_OWN_COMMENT = re.compile(r"(?:^|\s)#\s*(?:release|lock):", re.IGNORECASE)
_CREDENTIALS = re.compile(r"//[^/\s@]*@")
_OTHER_FILE = re.compile(r"(?:(-r|-c)\s*|(--requirement|--constraint)(?:\s+|=))(?!-)(.+)")
_OPTION = re.compile(r"--[a-z-]+|-\w|-.*")
_ELSEWHERE = (
    "indexes are not mixed. The index of all packages is the stack's indexUrl; name the packages "
    "of another one: `# release: index URL for PACKAGE ...`"
)
_WHEELS = "only wheels are installed, whatever an option says; leave it out"
RULES = {
    **dict.fromkeys(("-i", "--index-url", "--pypi-url", "--extra-index-url"), _ELSEWHERE),
    **dict.fromkeys(("-f", "--find-links", "--no-index", "--trusted-host"), _ELSEWHERE),
    **dict.fromkeys(("--no-binary", "--only-binary", "--prefer-binary"), _WHEELS),
    **dict.fromkeys(
        ("-e", "--editable"),
        "nothing is built here; ask for a wheel, of an index or by its URL: `name @ https://...whl`",
    ),
    "--pre": "a pre-release is asked for by its version, such as numpy>=3.0rc1; leave it out",
    "--require-hashes": "a lock has the hash of each wheel anyway; leave it out",
}
"""Options of pip that have a rule of their own."""
_NO_OPTION = "of pip's options a line may have `-r FILE`, `-c FILE` or, beside a package, `--hash`"
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")


@dataclass(frozen=True)
class Line:
    """A line that names a package; ``limits`` where it stands in a file of constraints."""

    place: str
    text: str
    limits: bool

    def broken(self, rule: str) -> Problem:
        """That it breaks a rule; credentials in it are not shown."""
        shown = repr(_CREDENTIALS.sub("//***@", self.text))
        return Problem(subject=self.place, value=shown, rule=rule, remedy=CORRECT)


def lines_of(path: Path) -> Iterator[Line | Problem]:
    """The lines that name packages, and those that break a rule before that counts."""
    return _lines(path, False, (path,))


def _lines(path: Path, limits: bool, seen: Sequence[Path]) -> Iterator[Line | Problem]:
    try:
        text = text_of(path)
    except ConfigurationError as error:
        yield from error.problems
        return
    for number, raw in enumerate(text.splitlines() if len(seen) > 1 else (), 1):
        if _OWN_COMMENT.search(raw):
            rule = "`# release:` and `# lock:` stand in requirements.in itself"
            yield Line(f"{path.name}, line {number}", raw.strip(), limits).broken(rule)
    for number, joined in logical_lines(text):
        line = Line(f"{path.name}, line {number}", joined, limits)
        other = _OTHER_FILE.fullmatch(joined)
        if _VARIABLE.search(joined):
            yield line.broken("variables are not replaced; write what they stand for")
        elif other:
            yield from _of_another_file(line, other, path, seen)
        elif option := _OPTION.match(joined):
            yield line.broken(RULES.get(option[0], _NO_OPTION))
        else:
            yield line


def _of_another_file(
    line: Line, other: re.Match[str], path: Path, seen: Sequence[Path]
) -> Iterator[Line | Problem]:
    try:
        names = shlex.split(other[3])
    except ValueError:
        names = []
    if len(names) != 1:
        yield line.broken("`-r` and `-c` name one file, and a name with spaces is quoted")
    elif "://" in names[0]:
        yield line.broken("a file of requirements or constraints lies here; copy it")
    elif not (path.parent / names[0]).is_file():
        yield line.broken("there is no such file")
    elif (named := path.parent / names[0]).resolve() not in [each.resolve() for each in seen]:
        limits = line.limits or (other[1] or other[2]) in ("-c", "--constraint")
        yield from _lines(named, limits, (*seen, named))


def text_of(path: Path) -> str:
    """Text of a file of requirements, or of a lock.

    Raises:
        ConfigurationError: It is no text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        rule = f"it has to be UTF-8 text ({error})"
        problem = Problem(subject=path.name, value="no text", rule=rule, remedy=CORRECT)
        raise ConfigurationError([problem]) from error


def logical_lines(text: str) -> list[tuple[int, str]]:
    """Lines with their numbers as pip has them.

    Continuations are joined, then comments and empty lines are left out.
    """
    lines: list[tuple[int, str]] = []
    start, parts = 0, [""]
    for number, raw in enumerate(text.splitlines(), 1):
        is_comment = _COMMENT.match(raw)
        start = start if len(parts) > 1 else number
        # A comment has no continuation, and ends the one that it stands in.
        parts.append(f" {raw}" if is_comment else raw.removesuffix("\\"))
        if raw.endswith("\\") and not is_comment:
            continue
        lines.append((start, "".join(parts)))
        parts = [""]
    lines.append((start, "".join(parts)))
    bare = ((number, _COMMENT.sub("", line).strip()) for number, line in lines)
    return [(number, line) for number, line in bare if line]
