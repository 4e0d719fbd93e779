"""Pins: the lines of a lock."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from ...errors import ConfigurationError, Problem
from .grammar import wheel_of
from .lines import CORRECT, logical_lines

_HASH = re.compile(r"sha256:[0-9a-f]{64}")
_WHEEL_URL = re.compile(
    r"(?:https://[^\s/?#@]+|http://(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?)/[^\s?#@]+"
)


@dataclass(frozen=True, order=True)
class Pin:
    """One package of a lock.

    Attributes:
        name: Normalized project name (PEP 503).
        version: The exact version.
        hashes: `sha256:<hex>` of each wheel that may be installed, sorted.
        url: Where its wheel lies, if requirements.in names it by URL.
    """

    name: str
    version: str
    hashes: tuple[str, ...]
    url: str = ""

    def __str__(self) -> str:
        package = f"{self.name} @ {self.url}" if self.url else f"{self.name}=={self.version}"
        return " ".join([package, *(f"--hash={h}" for h in self.hashes)])


def parse_lock(text: str, name: str) -> tuple[Pin, ...]:
    """The pins of a lock, sorted; comments, order and white space do not matter.

    Args:
        text: A requirements file in which every line is `name==version --hash=sha256:<hex> ...`.
        name: What to call the lock in messages.

    Raises:
        ConfigurationError: With every line that is not a pin with hashes.
    """
    pins: dict[str, Pin] = {}
    problems: list[Problem] = []
    for number, line in logical_lines(text):
        pin = _pin_of(line)
        if rule := pin if isinstance(pin, str) else _broken(pin, pins):
            where = f"{name}, line {number}"
            problems.append(Problem(subject=where, value=repr(line), rule=rule, remedy=CORRECT))
        elif isinstance(pin, Pin):
            pins[pin.name] = pin
    if not pins and not problems:
        rule = "a lock names packages, and this one has none"
        problems.append(Problem(subject=name, rule=rule, remedy=CORRECT))
    if problems:
        raise ConfigurationError(problems)
    return tuple(sorted(pins.values()))


def pins_in(text: str) -> dict[str, Pin]:
    """What a lock pins, by name, as far as its lines are pins, whatever their hashes."""
    found = (_pin_of(line) for _, line in logical_lines(text))
    return {pin.name: pin for pin in found if isinstance(pin, Pin)}


def _broken(pin: Pin, others: Mapping[str, Pin]) -> str:
    """The rule of a lock that a pin breaks; empty where it breaks none."""
    if pin.name in others:
        return f"{pin.name} is pinned twice"
    if not pin.hashes or not all(map(_HASH.fullmatch, pin.hashes)):
        return "each package has at least one --hash=sha256:<64 hex digits>"
    return ""


def _pin_of(line: str) -> Pin | str:
    """The pin in `line`, or the rule that the line breaks."""
    try:
        requirement_text, *options = shlex.split(line)
        hashes = []
        while options and options[-1].startswith("--hash="):
            hashes.append(options.pop().removeprefix("--hash="))
        requirement = Requirement(" ".join([requirement_text, *options]))
    except (InvalidRequirement, ValueError):
        return (
            "a line is `name==version --hash=sha256:...`; "
            "options, paths and editable installs are refused"
        )
    version = _version_by_url(requirement) if requirement.url else _version(requirement)
    if version is None and requirement.url:
        return (
            "a package comes from the index by name and version, or from the https URL of a wheel "
            "of its name, without credentials; other URLs are refused"
        )
    if version is None:
        return "a package is pinned to one version with =="
    if requirement.marker or requirement.extras:
        return "a lock is for one target: markers and extras are refused"
    name, unique = canonicalize_name(requirement.name), tuple(sorted(set(hashes)))
    return Pin(name, version, unique, requirement.url or "")


def _version(requirement: Requirement) -> str | None:
    found: Sequence[str] = [
        each.version
        for each in requirement.specifier
        if each.operator == "==" and not each.version.endswith("*")
    ]
    return found[0] if len(requirement.specifier) == len(found) == 1 else None


def _version_by_url(requirement: Requirement) -> str | None:
    url = requirement.url or ""
    name, version = wheel_of(url) or ("", None)
    right = name == canonicalize_name(requirement.name) and _WHEEL_URL.fullmatch(url)
    return version if right else None
