"""The lines of artifacts.in and of its lock."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from ...errors import ConfigurationError, Problem
from ..requirements import logical_lines
from .sources import RULE, S3Object, Source, source_of

_ODD = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")
_LONGEST_NAME, _LONGEST_PART = 500, 255
_NAME_RULE = (
    "a name is a relative path of plain names: no `.` and `..`, no backslashes and control "
    f"characters, {_LONGEST_NAME} characters at most"
)
_LINE_RULE = "a line is a name, a source and perhaps `unpack`; quote what has spaces"
_LOCK_RULE = "a line is `name source --size=... --hash=sha256:...` with the options that it needs"
_OPTIONS = {
    "--unpack": re.compile(""),
    "--region": re.compile(r"[a-z0-9-]{1,32}"),
    # It goes into a policy, where a star would be every key.
    "--kms-key": re.compile(r"arn:[a-z-]+:kms:[A-Za-z0-9:/_-]+"),
    "--size": re.compile(r"[0-9]{1,15}"),
    "--hash": re.compile(r"sha256:[0-9a-f]{64}"),
}
"""The options of a line of the lock, each once, and the form of their values."""
Line = TypeVar("Line")


@dataclass(frozen=True, order=True)
class Wish:
    """A line of artifacts.in.

    Attributes:
        name: Its path below the folder that the model gets.
        source: Where it comes from.
        unpack: Whether it is an archive whose content is wanted, in a folder of that name.
    """

    name: str
    source: Source
    unpack: bool = False

    def __str__(self) -> str:
        words = [shlex.quote(self.name), shlex.quote(str(self.source))]
        return " ".join([*words, *(["unpack"] if self.unpack else [])])


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """A wish with what was found: a line of locks/artifacts.txt.

    Attributes:
        wish: What it is and where it comes from, an object of S3 in the version that was found.
        size: In bytes.
        sha256: Of the content, hexadecimal.
        region: Of its bucket, where it comes from S3.
        kms_key_arn: Key that encrypts it in S3; empty: S3's own.
    """

    wish: Wish
    size: int
    sha256: str
    region: str = ""
    kms_key_arn: str = ""

    @property
    def name(self) -> str:
        """Its path below the folder that the model gets."""
        return self.wish.name

    def __str__(self) -> str:
        options = {"--region": self.region, "--kms-key": self.kms_key_arn}
        options |= {"--size": str(self.size), "--hash": f"sha256:{self.sha256}"}
        words = [shlex.quote(self.name), shlex.quote(str(self.wish.source))]
        words += ["--unpack"] if self.wish.unpack else []
        return " ".join([*words, *(f"{key}={value}" for key, value in options.items() if value)])

    def is_of(self, wish: Wish) -> bool:
        """Whether it is what the wish asks for; one without a version takes any."""
        found, asked = self.wish.source, wish.source
        if isinstance(found, S3Object) and isinstance(asked, S3Object) and not asked.version:
            found = replace(found, version="")
        return replace(self.wish, source=found) == wish


def parsed(
    path: Path, parse: Callable[[str], Line], name_of: Callable[[Line], str], remedy: str
) -> list[Line]:
    """What the lines of a file say. Raises ConfigurationError with all that is wrong."""
    try:
        lines = logical_lines(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        value, rule = error.strerror or str(error), "it is a file that can be read"
        problem = Problem(subject=path.name, value=value, rule=rule, remedy=remedy)
        raise ConfigurationError([problem]) from error
    except UnicodeDecodeError as error:
        rule = f"it has to be UTF-8 text ({error})"
        problem = Problem(subject=path.name, value="no text", rule=rule, remedy=remedy)
        raise ConfigurationError([problem]) from error
    found: dict[str, Line] = {}
    folders: dict[str, str] = {}
    problems = []
    for number, line in lines:
        try:
            one = parse(line)
            _refuse_twice(name_of(one), found, folders)
            found[name_of(one)] = one
        except ValueError as error:
            where = f"{path.name}, line {number}"
            problem = Problem(subject=where, value=repr(line), rule=str(error), remedy=remedy)
            problems.append(problem)
    if not lines:
        rule = "it names artifacts"
        problems.append(Problem(subject=path.name, value="none", rule=rule, remedy=remedy))
    if problems:
        raise ConfigurationError(problems)
    return list(found.values())


def _refuse_twice(name: str, found: Mapping[str, object], folders: dict[str, str]) -> None:
    """Refuse a name that is there, or that is a folder of another; note its own folders."""
    if name in found:
        raise ValueError(f"the name {name} is there twice")
    own = [name[:end] for end, character in enumerate(name) if character == "/"]
    other = folders.get(name) or next((folder for folder in own if folder in found), None)
    if other is not None:
        raise ValueError(f"{name} and {other} cannot both be there: one lies in the other")
    for folder in own:
        folders.setdefault(folder, name)


def wish_of(line: str) -> Wish:
    words = _words(line)
    if len(words) not in (2, 3) or (len(words) == 3 and words[2] != "unpack"):
        raise ValueError(_LINE_RULE)
    return Wish(_name(words[0]), source_of(words[1]), len(words) == 3)


def artifact_of(line: str) -> Artifact:
    words = _words(line)
    options = dict(word.partition("=")[::2] for word in words[2:])
    if len(options) < len(words) - 2 or not {"--size", "--hash"} <= options.keys():
        raise ValueError(_LOCK_RULE)
    for key, value in options.items():
        if key not in _OPTIONS or not _OPTIONS[key].fullmatch(value):
            raise ValueError(_LOCK_RULE)
    source = source_of(words[1])
    of_bucket = isinstance(source, S3Object)
    if of_bucket != ("--region" in options) or ("--kms-key" in options and not of_bucket):
        raise ValueError("the lock says the region and the key of an object of S3, and of no other")
    return Artifact(
        wish=Wish(_name(words[0]), source, "--unpack" in options),
        size=int(options["--size"]),
        sha256=options["--hash"].removeprefix("sha256:"),
        region=options.get("--region", ""),
        kms_key_arn=options.get("--kms-key", ""),
    )


def _words(line: str) -> list[str]:
    reader = shlex.shlex(line, posix=True)
    # A backslash is one: a path of Windows is not to be read as another.
    reader.whitespace_split, reader.commenters, reader.escape = True, "", ""
    try:
        words = list(reader)
    except ValueError as error:
        raise ValueError(f"{_LINE_RULE} ({error})") from error
    if len(words) < 2:
        raise ValueError(f"{_LINE_RULE}; {RULE}")
    return words


def _name(text: str) -> str:
    parts = text.split("/")
    plain = not _ODD.search(text) and len(text) <= _LONGEST_NAME
    if not plain or any(part in ("", ".", "..") for part in parts):
        raise ValueError(_NAME_RULE)
    if any(len(part.encode()) > _LONGEST_PART for part in parts):
        raise ValueError(_NAME_RULE)
    return text
