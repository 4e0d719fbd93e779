"""The lock: each line ``name==version`` with the hashes of its wheels, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from ...layout import ExitCode, InstallError
from . import options as comments

_PIN = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*==\s*"
    r"(?P<version>[A-Za-z0-9][A-Za-z0-9.!+_-]*)"
    r"(?P<hashes>(?:\s+--hash=sha256:[0-9a-f]{64})*)"
)
_REMEDY = "Write the wish into requirements.in and run `make lock`, which makes the lock from it."


def read(path: Path) -> dict[str, str]:
    """Check a lock and return its versions by normalised name.

    Comments, blank lines and continuation lines are allowed. Raises InstallError with the first
    line that breaks the rule.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InstallError(
            ExitCode.RESOLUTION, f"the lock {path} cannot be read ({error}). {_REMEDY}"
        ) from error
    pins: dict[str, str] = {}
    for number, line in _logical_lines(text):
        where = f"{path.name}, line {number}: {_short(line)!r}"
        if problem := _problem(line):
            raise InstallError(ExitCode.RESOLUTION, f"{where} {problem}. {_REMEDY}")
        pin = _PIN.fullmatch(line)
        assert pin is not None
        name = comments.normal(pin["name"])
        if name in pins:
            raise InstallError(
                ExitCode.RESOLUTION, f"{where} locks {name} a second time. {_REMEDY}"
            )
        pins[name] = pin["version"]
    if not pins:
        raise InstallError(ExitCode.RESOLUTION, f"the lock {path} names no package. {_REMEDY}")
    return pins


def options(path: Path, packages: Collection[str]) -> dict[str, str]:
    """The options in a lock of these packages, see options.py. Raises InstallError."""
    found, problems = comments.read(path.read_text(encoding="utf-8"), packages)
    for number, line, rule in problems:
        where = f"{path.name}, line {number}: {_short(line)!r}"
        raise InstallError(ExitCode.RESOLUTION, f"{where} breaks a rule: {rule}. {_REMEDY}")
    return found


def _problem(line: str) -> str | None:
    """What is wrong with a line, or None."""
    pin = _PIN.fullmatch(line)
    if pin is not None and pin["hashes"]:
        return None
    if line.startswith(("-e", "--editable")):
        return "is an editable install, which has no hash"
    if "://" in line or " @ " in line:
        return "is a URL; a locked package comes from the index, by name and hash"
    if line.startswith("-"):
        return "is an option; the index is the stack's indexUrl, everything else is fixed"
    if pin is not None:
        return "has no --hash=sha256:<64 hex digits>"
    return "is not of the form name==version --hash=sha256:<64 hex digits>"


def _logical_lines(text: str) -> list[tuple[int, str]]:
    lines: list[tuple[int, str]] = []
    begin, parts = 1, ""
    for number, raw in enumerate(text.splitlines(), start=1):
        line = re.sub(r"(^|\s)#.*$", "", raw).strip()
        begin = begin if parts else number
        parts += line.removesuffix("\\")
        if line.endswith("\\"):
            continue
        if parts.strip():
            lines.append((begin, parts.strip()))
        parts = ""
    if parts.strip():
        lines.append((begin, parts.strip()))
    return lines


def _short(line: str) -> str:
    return line if len(line) <= 100 else line[:97] + "..."
