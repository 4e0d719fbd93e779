"""Release identity: what a release is made of, and the id that follows from it."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from .errors import ConfigurationError, Problem
from .requirements import (
    Difference,
    RequirementsError,
    asked,
    differences,
    logical_lines,
    quoted,
    text_of,
)
from .source import Source

_HASH = re.compile(r"--hash=(sha256:[0-9a-f]{64})")
_REMEDY = "renew the lock with `make lock`"


@dataclass(frozen=True, order=True)
class Pin:
    """One package of a lock.

    Attributes:
        name: Normalized project name (PEP 503).
        version: The exact version.
        hashes: `sha256:<hex>` of each wheel that may be installed, sorted.
    """

    name: str
    version: str
    hashes: tuple[str, ...]


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
            problems.append(
                Problem(
                    subject=f"{name}, line {number}", value=repr(line), rule=pin, remedy=_REMEDY
                )
            )
        else:
            pins[pin.name] = pin
    if not pins and not problems:
        problems.append(
            Problem(subject=name, value="no packages", rule="a lock names packages", remedy=_REMEDY)
        )
    if problems:
        raise ConfigurationError(problems)
    return tuple(sorted(pins.values()))


def read_lock(
    source: Source, runtime: str, architecture: str
) -> tuple[tuple[Pin, ...], dict[str, str]]:
    """The pins and the options of the lock in `source` for this runtime and architecture.

    Raises:
        ConfigurationError: The lock breaks a rule, or is not that of requirements.in.
    """
    path = source.lock_path(runtime, architecture)
    text = source.lock(runtime, architecture)
    pins = parse_lock(text, path.name)
    options, wrong = source.release_options(text, {pin.name for pin in pins})
    problems = [
        Problem(
            subject=f"{path.name}, line {number}",
            value=repr(line),
            rule=rule,
            remedy=f"correct it in requirements.in, and {_REMEDY}",
        )
        for number, line, rule in wrong
    ]
    problems += _stale(source, runtime, architecture, text, pins)
    if problems:
        raise ConfigurationError(problems)
    return pins, options


def _stale(
    source: Source, runtime: str, architecture: str, lock: str, pins: tuple[Pin, ...]
) -> list[Problem]:
    """Where the lock is not that of requirements.in; a folder without one is its lock's alone."""
    path, name = source.requirements_path, source.lock_path(runtime, architecture).name
    if not path.is_file():
        return []
    try:
        requirements = asked(path, runtime, architecture)
    except RequirementsError as error:
        remedy = "correct it, and run `make lock`"
        return [Problem(subject=error.place, value=error.value, rule=error.rule, remedy=remedy)]
    versions = {pin.name: pin.version for pin in pins}
    found = differences(requirements, lock, versions)
    text = text_of(path)
    wanted, had = (source.release_options(each, set(versions))[0] for each in (text, lock))
    if wanted != had:
        found.append(Difference(quoted(had), quoted(wanted)))
    # What is kept may be a package of another target alone.
    _, wrong = source.release_options(text, source.locked_packages())
    problems = [
        Problem(
            subject=f"{path.name}, line {number}",
            value=repr(line),
            rule=rule,
            remedy="correct it, and run `make lock`",
        )
        for number, line, rule in wrong
    ]
    return problems + [
        Problem(
            subject=name,
            value=difference.found,
            rule=f"{path.name} says {difference.wanted}, so the lock is out of date",
            remedy="`make lock`",
        )
        for difference in found
    ]


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
        return "a package comes from the index by name and version; URLs are refused"
    versions = list(requirement.specifier)
    if len(versions) != 1 or versions[0].operator != "==" or versions[0].version.endswith("*"):
        return "a package is pinned to one version with =="
    if requirement.marker or requirement.extras:
        return "a lock is for one target: markers and extras are refused"
    if not hashes or not all(_HASH.fullmatch(option) for option in hashes):
        return "each package has at least one --hash=sha256:<64 hex digits>"
    digests = tuple(sorted({option.removeprefix("--hash=") for option in hashes}))
    return Pin(canonicalize_name(requirement.name), versions[0].version, digests)


@dataclass(frozen=True, kw_only=True)
class Release:
    """What an immutable release on the file system is made of.

    Attributes:
        pins: The packages with versions and hashes.
        runtime: Lambda runtime, for instance `python3.11`.
        architecture: `x86_64` or `arm64`.
        image: Image of the populate task, by tag or digest.
        format: The release format's integer, see `lambda_src/release/layout.py`.
        options: Build options that change what is written.
    """

    pins: tuple[Pin, ...]
    runtime: str
    architecture: str
    image: str
    format: int
    options: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def planned(
        cls, source: Source, *, runtime: str, architecture: str, image: str, salt: str = ""
    ) -> Release:
        """The release that the lock in `source` for this runtime and architecture makes.

        Another `salt` makes another release of the same packages.

        Raises:
            ConfigurationError: The lock breaks a rule.
        """
        pins, options = read_lock(source, runtime, architecture)
        return cls(
            pins=pins,
            runtime=runtime,
            architecture=architecture,
            image=image,
            format=source.release_format,
            options=options | ({"salt": salt} if salt else {}),
        )

    @property
    def id(self) -> str:
        """16 hex digits of SHA-256 over everything that a release is made of."""
        material = {
            "pins": [[pin.name, pin.version, *pin.hashes] for pin in sorted(self.pins)],
            "runtime": self.runtime,
            "architecture": self.architecture,
            "image": self.image,
            "format": self.format,
            "options": dict(self.options),
        }
        canonical = json.dumps(material, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]
