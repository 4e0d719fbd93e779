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
from .source import Source

_HASH = re.compile(r"--hash=(sha256:[0-9a-f]{64})")
_REMEDY = "make the lock anew with `make lock`"


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
    for number, line in _logical_lines(text):
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
        ConfigurationError: The lock breaks a rule.
    """
    path = source.lock_path(runtime, architecture)
    text = source.lock(runtime, architecture)
    pins = parse_lock(text, path.name)
    options, problems = source.release_options(text, {pin.name for pin in pins})
    if problems:
        raise ConfigurationError(
            [
                Problem(
                    subject=f"{path.name}, line {number}",
                    value=repr(line),
                    rule=rule,
                    remedy=f"correct it in requirements.in, and {_REMEDY}",
                )
                for number, line, rule in problems
            ]
        )
    return pins, options


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Lines with their numbers: continuations joined, comments and empty lines left out."""
    lines: list[tuple[int, str]] = []
    start, joined = 0, ""
    for number, raw in enumerate(text.splitlines(), 1):
        # pip's own rule: a comment starts the line or follows white space.
        line = re.sub(r"(^|\s+)#.*$", "", raw).strip()
        start = start if joined else number
        if line.endswith("\\"):
            joined += line[:-1].strip() + " "
            continue
        joined = (joined + line).strip()
        if joined:
            lines.append((start, joined))
        joined = ""
    if joined.strip():
        lines.append((start, joined.strip()))
    return lines


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
