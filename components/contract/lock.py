"""Locks: the pins of an application for one target, and whether requirements.in asks for them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from .. import commands
from ..errors import ConfigurationError, Problem
from . import runtime
from .application import Application
from .requirements import (
    Difference,
    RequirementsError,
    asked,
    differences,
    logical_lines,
    quoted,
    text_of,
    versions_of,
    wheel_of,
)
from .target import Target

_HASH = re.compile(r"--hash=(sha256:[0-9a-f]{64})")
_WHEEL_URL = re.compile(
    r"(?:https://[^\s/?#@]+|http://(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?)/[^\s?#@]+"
)
_RENEW = f"renew the lock with {commands.LOCK}"


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


def render(pins: Iterable[Pin], options: Mapping[str, str]) -> str:
    """The lock of these pins and options, as pip and the installer read it."""
    return "\n".join([*runtime.option_comments(options), *map(str, sorted(pins)), ""])


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
        pin = _parse_pin(line)
        if isinstance(pin, Pin) and pin.name in pins:
            pin = f"{pin.name} is pinned twice"
        if isinstance(pin, str):
            where = f"{name}, line {number}"
            problems.append(Problem(subject=where, value=repr(line), rule=pin, remedy=_RENEW))
        else:
            pins[pin.name] = pin
    if not pins and not problems:
        rule = "a lock names packages, and this one has none"
        problems.append(Problem(subject=name, rule=rule, remedy=_RENEW))
    if problems:
        raise ConfigurationError(problems)
    return tuple(sorted(pins.values()))


def read_lock(application: Application, target: Target) -> tuple[tuple[Pin, ...], dict[str, str]]:
    """The pins and the options of the application's lock for this target.

    Raises:
        ConfigurationError: There is none, it breaks a rule, or it is not that of requirements.in.
    """
    path = application.lock_path(target)
    text = _text(application, target)
    pins = parse_lock(text, path.name)
    options, wrong = runtime.read_options(text, {pin.name for pin in pins})
    remedy = f"correct it in requirements.in, and {_RENEW}"
    problems = _in_lines(path.name, wrong, remedy) + _stale(application, target, text)
    if problems:
        raise ConfigurationError(problems)
    return pins, options


def _text(application: Application, target: Target) -> str:
    path = application.lock_path(target)
    try:
        return text_of(path)
    except FileNotFoundError as error:
        having = ", ".join(each.stem for each in application.locks()) or "there is none yet"
        problem = Problem(
            subject="runtime, architecture",
            value=f"{target.runtime}, {target.architecture}",
            rule=f"each pair needs a lock, and {path} does not exist",
            remedy=f"choose a pair that has one ({having}), or make it with {commands.LOCK}: a "
            "`# lock: runtimes ...` in requirements.in may leave it out",
        )
        raise ConfigurationError([problem]) from error
    except RequirementsError as error:
        problems = [
            Problem(subject=each.place, value=each.value, rule=each.rule, remedy=_RENEW)
            for each in error.broken
        ]
        raise ConfigurationError(problems) from error


def _in_lines(name: str, wrong: Sequence[tuple[int, str, str]], remedy: str) -> list[Problem]:
    return [
        Problem(subject=f"{name}, line {number}", value=repr(line), rule=rule, remedy=remedy)
        for number, line, rule in wrong
    ]


def out_of_date(
    requirements: Path, runtime_name: str, architecture: str, lock: str
) -> list[Difference]:
    """What a lock with this text does not hold of a requirements file.

    Raises:
        RequirementsError: The file has what is not supported.
    """
    versions = versions_of(lock)
    found = differences(asked(requirements, runtime_name, architecture), lock, versions)
    texts = (text_of(requirements), lock)
    wanted, had = (runtime.read_options(text, versions)[0] for text in texts)
    return [*found, *([Difference(quoted(had), quoted(wanted))] if wanted != had else [])]


def _stale(application: Application, target: Target, lock: str) -> list[Problem]:
    """Where the lock is not that of requirements.in; a folder without one is its lock's alone."""
    path, name = application.requirements_path, application.lock_path(target).name
    if not path.is_file():
        return []
    try:
        found = out_of_date(path, target.runtime, target.architecture, lock)
    except RequirementsError as error:
        remedy = f"correct it, and run {commands.LOCK}"
        return [
            Problem(subject=each.place, value=each.value, rule=each.rule, remedy=remedy)
            for each in error.broken
        ]
    # What is kept may be a package of another target alone.
    _, wrong = runtime.read_options(text_of(path), _locked_packages(application))
    return _in_lines(path.name, wrong, f"correct it, and run {commands.LOCK}") + [
        Problem(
            subject=name,
            rule=f"it {difference}, so it is out of date",
            remedy=commands.LOCK,
        )
        for difference in found
    ]


def _locked_packages(application: Application) -> set[str]:
    """Names of the packages in all locks."""
    texts = (path.read_text(encoding="utf-8-sig", errors="replace") for path in application.locks())
    return {name for text in texts for name in versions_of(text)}


def _parse_pin(line: str) -> Pin | str:
    """The pin in `line`, or the rule that the line breaks."""
    try:
        requirement_text, *options = shlex.split(line)
        hashes = []
        while options and options[-1].startswith("--hash="):
            hashes.append(options.pop())
        requirement = Requirement(" ".join([requirement_text, *options]))
    except (InvalidRequirement, ValueError):
        return (
            "a line is `name==version --hash=sha256:...`; "
            "options, paths and editable installs are refused"
        )
    if requirement.url:
        return _parse_pin_of_url(requirement, hashes)
    versions = list(requirement.specifier)
    if len(versions) != 1 or versions[0].operator != "==" or versions[0].version.endswith("*"):
        return "a package is pinned to one version with =="
    if requirement.marker or requirement.extras:
        return "a lock is for one target: markers and extras are refused"
    return _pin(requirement, versions[0].version, hashes)


def _parse_pin_of_url(requirement: Requirement, hashes: Sequence[str]) -> Pin | str:
    url, name = requirement.url or "", canonicalize_name(requirement.name)
    wheel = wheel_of(url)
    if wheel is None or wheel[0] != name or not _WHEEL_URL.fullmatch(url):
        return (
            "a package comes from the index by name and version, or from the https URL of a wheel "
            "of its name, without credentials; other URLs are refused"
        )
    if requirement.marker or requirement.extras:
        return "a lock is for one target: markers and extras are refused"
    return _pin(requirement, wheel[1], hashes, url)


def _pin(requirement: Requirement, version: str, hashes: Sequence[str], url: str = "") -> Pin | str:
    if not hashes or not all(_HASH.fullmatch(option) for option in hashes):
        return "each package has at least one --hash=sha256:<64 hex digits>"
    digests = tuple(sorted({option.removeprefix("--hash=") for option in hashes}))
    return Pin(canonicalize_name(requirement.name), version, digests, url)
