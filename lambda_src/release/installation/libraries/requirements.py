"""The lock: each line ``name==version``, or the URL of a wheel, with hashes; and nothing else."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from ...layout import LOCK_AGAIN, ExitCode, InstallError
from . import options as comments

_PIN = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*==\s*"
    r"(?P<version>[A-Za-z0-9][A-Za-z0-9.!+_-]*)"
    r"(?P<hashes>(?:\s+--hash=sha256:[0-9a-f]{64})*)"
)
_WHEEL = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s+@\s+"
    r"(?:https://[^\s/?#@]+|http://(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?)/(?:[^\s?#@]*/)?"
    r"(?P<wheel>[A-Za-z0-9_.]+)-(?P<version>[A-Za-z0-9._!+%]+)(?:-\d\w*)?-[^-/\s]+-[^-/\s]+-[^-/\s]+\.whl"
    r"(?P<hashes>(?:\s+--hash=sha256:[0-9a-f]{64})*)"
)
_REMEDY = f"Write the wish into requirements.in and {LOCK_AGAIN}."


@dataclass(frozen=True)
class Pin:
    """A line of a lock.

    Attributes:
        version: The exact version.
        hashes: Its ``--hash=...``, as they stand there.
        line: All of it.
    """

    version: str
    hashes: str
    line: str


def read(path: Path) -> dict[str, str]:
    """The versions in a lock by normalised name. Raises InstallError as `pins` does."""
    return {name: pin.version for name, pin in pins(path).items()}


def pins(path: Path) -> dict[str, Pin]:
    """Check a lock and return its lines by normalised name.

    Comments, blank lines and continuation lines are allowed. Raises InstallError with the first
    line that breaks the rule.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InstallError(
            ExitCode.RESOLUTION, f"the lock {path} cannot be read ({error}). {_REMEDY}"
        ) from error
    found: dict[str, Pin] = {}
    for number, line in _logical_lines(text):
        where = f"{path.name}, line {number}: {_short(line)!r}"
        if problem := _problem(line):
            raise InstallError(ExitCode.RESOLUTION, f"{where} {problem}. {_REMEDY}")
        pin = _match(line)
        assert pin is not None
        name = comments.normal(pin["name"])
        if name in found:
            raise InstallError(
                ExitCode.RESOLUTION, f"{where} locks {name} a second time. {_REMEDY}"
            )
        found[name] = Pin(unquote(pin["version"]), pin["hashes"].strip(), line)
    if not found:
        raise InstallError(ExitCode.RESOLUTION, f"the lock {path} names no package. {_REMEDY}")
    return found


def options(path: Path, packages: Collection[str]) -> dict[str, str]:
    """The options in a lock of these packages, see options.py. Raises InstallError."""
    found, problems = comments.read(path.read_text(encoding="utf-8"), packages)
    for number, line, rule in problems:
        where = f"{path.name}, line {number}: {_short(line)!r}"
        raise InstallError(ExitCode.RESOLUTION, f"{where} breaks a rule: {rule}. {_REMEDY}")
    return found


def _problem(line: str) -> str | None:
    """What is wrong with a line, or None."""
    pin = _match(line)
    if pin is not None and pin["hashes"]:
        return None
    if line.startswith(("-e", "--editable")):
        return "is an editable install, which has no hash"
    if "://" in line or " @ " in line:
        return (
            "is a URL without hash, or not of the form name @ https://.../<wheel of that name> "
            "--hash=sha256:<64 hex digits>"
        )
    if line.startswith("-"):
        return "is an option; the index is the stack's indexUrl, everything else is fixed"
    if pin is not None:
        return "has no --hash=sha256:<64 hex digits>"
    return "is not of the form name==version --hash=sha256:<64 hex digits>"


def _match(line: str) -> re.Match[str] | None:
    found = _PIN.fullmatch(line) or _WHEEL.fullmatch(line)
    own = "wheel" in found.groupdict() if found else False
    if found and own and comments.normal(found["wheel"]) != comments.normal(found["name"]):
        return None
    return found


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
