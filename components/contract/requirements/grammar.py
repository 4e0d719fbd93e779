"""What a line may ask for: a package of an index, or a wheel by its URL.

Everything else that pip would take is refused here, before a lock is made and when one is checked.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion

from ...errors import ConfigurationError, Problem
from ..runtimes import MACHINES, RUNTIMES
from .lines import CORRECT, RULES, Line, lines_of

_HASH = re.compile(r"sha256:[0-9a-f]{64}", re.IGNORECASE)
_FRAGMENT = re.compile(r"sha256=[0-9a-f]{64}", re.IGNORECASE)
_NO_NAME = re.compile(
    r"(?![\w.-]+\s*(?:\[[^]]*\]\s*)?@)"
    r"(?:[./~\\]|[\w+.-]+:|[^\s]*[/\\]|\S+\.(?:whl|zip|tar\.\w+|tgz)(?:\s|$))"
)
_URL_RULE = "it is the https URL of a wheel, without credentials and query"
_BY_URL = (
    "a wheel is asked for by name and URL, `name @ https://.../name-1.0-py3-none-any.whl`; paths, "
    "other archives and version control are refused, as nothing is built here"
)
_UNKNOWN = ("platform_release", "platform_version")
_LAST_PATCH = 999


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What requirements.in asks for.

    Attributes:
        requirements: In their order, a package more than once if it stands there more than once.
        constraints: What the files say that it names with `-c`.
        hashes: By normalised name the hashes of which a package has to have one, `sha256:<hex>`.
    """

    requirements: Sequence[Requirement]
    constraints: Sequence[Requirement] = ()
    hashes: Mapping[str, set[str]] = field(default_factory=dict)


def asked(path: Path, runtime: str, architecture: str) -> Asked:
    """What a file asks for on this runtime and architecture.

    Raises:
        ConfigurationError: With each line that is not supported; or nothing is asked for there.
    """
    broken: list[Problem] = []
    found: list[Requirement] = []
    limits: list[Requirement] = []
    hashes: dict[str, set[str]] = {}
    for line in lines_of(path):
        parsed = line if isinstance(line, Problem) else _parsed(line)
        if isinstance(parsed, Problem):
            broken.append(parsed)
            continue
        assert isinstance(line, Line)
        requirement, of_line = parsed
        counts = _counts(line, requirement, runtime, architecture)
        if isinstance(counts, Problem):
            broken.append(counts)
        elif counts:
            (limits if line.limits else found).append(requirement)
            name = canonicalize_name(requirement.name)
            if of_line:
                hashes.setdefault(name, set()).update(of_line)
    if not broken:
        broken = _together(path, found, f"{runtime} on {architecture}")
    if broken:
        raise ConfigurationError(broken)
    return Asked(requirements=found, constraints=limits, hashes=hashes)


def wheel_of(url: str) -> tuple[str, str] | None:
    """Name and version of the wheel that a URL names; None if it names none."""
    try:
        name, version, _, _ = parse_wheel_filename(unquote(urlsplit(url).path.rpartition("/")[2]))
    except (InvalidWheelFilename, InvalidVersion, ValueError):
        return None
    return name, str(version)


def _parsed(line: Line) -> tuple[Requirement, set[str]] | Problem:
    """The requirement of a line, and its hashes."""
    text, *options = re.split(r"\s+(?=-)", line.text, maxsplit=1)
    found = _hashes(line, options[0]) if options else set()
    if isinstance(found, Problem):
        return found
    if _NO_NAME.match(text):
        return line.broken(_BY_URL)
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        first = str(error.args[0]).splitlines()[0]
        return line.broken(f"a line is a requirement such as numpy>=2 (PEP 508), and {first}")
    if any(each.operator == "===" for each in requirement.specifier):
        return line.broken("`===` compares texts, not versions; write ==")
    if line.limits and (requirement.url or requirement.extras or found):
        return line.broken("a constraint is a name with versions")
    if requirement.url:
        url, fragment = urldefrag(requirement.url)
        rule = _url_rule(requirement.name, url)
        if rule or (fragment and not _FRAGMENT.fullmatch(fragment)):
            return line.broken(rule or "what follows # in a URL is sha256=<64 hex digits>")
        found |= {fragment.lower().replace("=", ":")} if fragment else set()
    return requirement, found


def _hashes(line: Line, options: str) -> set[str] | Problem:
    try:
        words = shlex.split(options)
    except ValueError as error:
        return line.broken(f"an option has a quote without its end ({error})")
    found = set()
    while words:
        option, equals, value = words.pop(0).partition("=")
        if option != "--hash":
            return line.broken(RULES.get(option, "beside a package there is no option but --hash"))
        value = value if equals else words.pop(0) if words else ""
        if not _HASH.fullmatch(value):
            return line.broken("a hash is sha256:<64 hex digits>")
        found.add(value.lower())
    return found


def _url_rule(name: str, url: str) -> str | None:
    """The rule that the URL of a wheel breaks."""
    try:
        parts = urlsplit(url)
        local = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}
    except ValueError as error:
        return f"that is no URL ({error})"
    wheel = wheel_of(url) if parts.path.endswith(".whl") else None
    if not (parts.scheme == "https" or local) or parts.query or "@" in parts.netloc or not wheel:
        return _URL_RULE
    if not url.isascii():
        return "a URL has ASCII alone; write other characters as %XX"
    return None if wheel[0] == canonicalize_name(name) else f"that is a wheel of {wheel[0]}"


def _counts(
    line: Line, requirement: Requirement, runtime: str, architecture: str
) -> bool | Problem:
    """Whether a line concerns a runtime and architecture."""
    marker = requirement.marker
    if marker is None:
        return True
    if unknown := [word for word in _UNKNOWN if word in str(marker)]:
        return line.broken(f"{unknown[0]} of Lambda is not known; ask for something else")
    first, last = (
        marker.evaluate(_environment(runtime, architecture, patch)) for patch in (0, _LAST_PATCH)
    )
    if first != last:
        return line.broken(
            f"it depends on the patch release of {runtime}, which Lambda renews; ask for "
            "python_version"
        )
    return bool(first)


def _environment(runtime: str, architecture: str, patch: int) -> dict[str, str]:
    """What environment markers mean on a runtime of Lambda such as `python3.11`."""
    python = RUNTIMES[runtime].python
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{python}.{patch}",
        "os_name": "posix",
        "platform_machine": MACHINES[architecture],
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{python}.{patch}",
        "python_version": python,
        "sys_platform": "linux",
    }


def _together(path: Path, asked: Iterable[Requirement], target: str) -> list[Problem]:
    """What is wrong of all lines together."""
    urls: dict[str, set[str]] = {}
    for requirement in asked:
        name = canonicalize_name(requirement.name)
        own = urls.setdefault(name, set())
        if requirement.url:
            own.add(urldefrag(requirement.url).url)
    several = {name: each for name, each in sorted(urls.items()) if len(each) > 1}
    found = [(", ".join(sorted(each)), f"{name} has one URL") for name, each in several.items()]
    if not urls:
        found = [("no package", f"it asks for at least one on {target}")]
    return [
        Problem(subject=path.name, value=value, rule=rule, remedy=CORRECT) for value, rule in found
    ]
