"""The lock as it travels: comments, and each line ``name==version`` or a wheel's URL, with hashes.

The program writes it from the lines that it has checked, so this only takes them apart. What it
does not know it refuses, because pip would take an option from a line, too.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from ...layout import LOCK_AGAIN, ExitCode, InstallError
from . import options as comments

_PIN = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)"
    r"(?:==(?P<version>[A-Za-z0-9][A-Za-z0-9.!+_-]*)"
    r"| @ https?://[^\s?#@]+/[^-/\s?#@]+-(?P<built>[A-Za-z0-9._!+%]+)-[^/\s?#@]+\.whl)"
    r" (?P<hashes>--hash=sha256:[0-9a-f]{64}(?: --hash=sha256:[0-9a-f]{64})*)"
)
_RULE = (
    "is not of the form name==version --hash=sha256:<64 hex digits>, nor name @ <URL of a wheel> "
    "--hash=sha256:<64 hex digits>"
)


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
    """The lines of a lock by normalised name.

    Raises InstallError with the first line that is neither a pin nor a comment.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(f"the lock {path} cannot be read ({error})") from error
    found: dict[str, Pin] = {}
    for number, line in enumerate(lines, start=1):
        if not line or line.startswith("#"):
            continue
        pin = _PIN.fullmatch(line)
        if pin is None:
            raise _refused(f"{_place(path, number, line)} {_RULE}")
        name = comments.normal(pin["name"])
        if name in found:
            raise _refused(f"{_place(path, number, line)} locks {name} a second time")
        version = pin["version"] or unquote(pin["built"])
        found[name] = Pin(version, pin["hashes"], line)
    if not found:
        raise _refused(f"the lock {path} names no package")
    return found


def options(path: Path, packages: Collection[str]) -> dict[str, str]:
    """The options in a lock of these packages, see options.py. Raises InstallError."""
    found, problems = comments.read(path.read_text(encoding="utf-8"), packages)
    for number, line, rule in problems:
        raise _refused(f"{_place(path, number, line)} breaks a rule: {rule}")
    return found


def _place(path: Path, number: int, line: str) -> str:
    short = line if len(line) <= 100 else line[:97] + "..."
    return f"{path.name}, line {number}: {short!r}"


def _refused(what: str) -> InstallError:
    remedy = f"Write the wish into requirements.in and {LOCK_AGAIN}"
    return InstallError(ExitCode.RESOLUTION, f"{what}. {remedy}.")
