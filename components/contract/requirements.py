"""What requirements.in asks for, and what of it a lock does not hold.

Whatever makes a lock and the program read it here, so both say the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urldefrag

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from .runtimes import MACHINES, RUNTIMES

_MADE_FOR = "# made for: "
_OTHER_FILE = re.compile(r"(?:-r|--requirement)[ =]*(.+)")
_MIXING = re.compile(
    r"(?:--index-url|--extra-index-url|--find-links|--no-index|--editable)(?:[ =].*)?|-[ief].*"
)
_HASH = re.compile(r"--hash[ =](sha256:[0-9a-f]{64})")
# pip's own rule: a comment starts the line or follows white space.
_COMMENT = re.compile(r"(^|\s+)#.*$")


class RequirementsError(ValueError):
    """Requirements that cannot be read.

    Attributes:
        place: File and number of the line.
        value: What stands there.
        rule: The rule that it breaks.
    """

    def __init__(self, place: str, value: str, rule: str) -> None:
        super().__init__(f"{place}: {value}: {rule}. Correct it")
        self.place, self.value, self.rule = place, value, rule


@dataclass(frozen=True)
class Difference:
    """Something in which a lock differs from requirements.in; its text is what the lock has.

    Attributes:
        found: What the lock has.
        wanted: What requirements.in asks for.
    """

    found: str
    wanted: str

    def __str__(self) -> str:
        return f"has {self.found}, and requirements.in asks for {self.wanted}"


def environment(runtime: str, architecture: str) -> dict[str, str]:
    """What environment markers mean on a runtime of Lambda such as `python3.11`."""
    python = RUNTIMES[runtime].python
    return {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": MACHINES[architecture],
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": "linux",
    }


def read(path: Path) -> Iterator[Requirement]:
    """The requirements in a file and in those that it names with `-r`, in their order.

    Other options, such as `-c constraints.txt`, are for who makes the lock.

    Raises:
        RequirementsError: A line is no requirement.
    """
    for place, line in _lines(path):
        if not line.startswith("-"):
            yield _requirement(place, line)


def mixing_lines(path: Path) -> list[tuple[str, str]]:
    """Place and text of the options that let packages come from elsewhere than from their index.

    Raises:
        RequirementsError: A file that is named with `-r` is not there.
    """
    return [(place, line) for place, line in _lines(path) if _MIXING.fullmatch(line)]


def asked_hashes(path: Path) -> dict[str, set[str]]:
    """The hashes that stand beside requirements or in their URLs, `sha256:<hex>`, by name.

    Raises:
        RequirementsError: A line is no requirement.
    """
    hashes: dict[str, set[str]] = {}
    for place, line in _lines(path):
        if line.startswith("-"):
            continue
        requirement = _requirement(place, line)
        found = _HASH.findall(line)
        fragment = urldefrag(requirement.url or "").fragment
        if re.fullmatch("sha256=[0-9a-f]{64}", fragment):
            found.append(fragment.replace("=", ":"))
        if found:
            hashes.setdefault(canonicalize_name(requirement.name), set()).update(found)
    return hashes


def wheel_of(url: str) -> tuple[str, str] | None:
    """Name and version of the wheel that a URL names; None if it names none."""
    try:
        name, version, _, _ = parse_wheel_filename(unquote(url.rpartition("/")[2]))
    except InvalidWheelFilename:
        return None
    return name, str(version)


def versions_of(lock: str) -> dict[str, str]:
    """The versions in a lock by name, whether its lines keep the other rules or not."""
    versions: dict[str, str] = {}
    for _, line in logical_lines(lock):
        name, at, url = line.split(" --hash")[0].partition(" @ ")
        if at:
            versions[canonicalize_name(name)] = (wheel_of(url.strip()) or ("", ""))[1]
        else:
            name, equals, version = line.partition(" ")[0].partition("==")
            if equals:
                versions[canonicalize_name(name)] = version
    return versions


def _lines(path: Path, seen: Sequence[Path] = ()) -> Iterator[tuple[str, str]]:
    """Place and text of each line of a file and of those that it names with `-r`."""
    for number, line in logical_lines(text_of(path)):
        place = f"{path.name}, line {number}"
        other = _OTHER_FILE.fullmatch(line)
        if other is None:
            yield place, line
            continue
        named = path.parent / other[1].strip()
        if named in {path, *seen}:
            continue
        if not named.is_file():
            raise RequirementsError(place, repr(line), "there is no such file")
        yield from _lines(named, (*seen, path))


def _requirement(place: str, line: str) -> Requirement:
    try:
        # Options of a line, such as hashes, follow the requirement.
        return Requirement(re.split(r"\s--", line)[0])
    except InvalidRequirement as error:
        rule = f"a line is a requirement such as numpy>=2 (PEP 508), and {error.args[0]}"
        raise RequirementsError(place, repr(line), rule.splitlines()[0]) from error


def text_of(path: Path) -> str:
    """Text of a file of requirements.

    Raises:
        RequirementsError: It is no text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RequirementsError(path.name, "no text", f"it is UTF-8 text ({error})") from error


def logical_lines(text: str) -> list[tuple[int, str]]:
    """Lines with their numbers: continuations joined, comments and empty lines left out."""
    lines: list[tuple[int, str]] = []
    start, joined = 0, ""
    for number, raw in enumerate(text.splitlines(), 1):
        line = _COMMENT.sub("", raw).strip()
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


def asked(path: Path, runtime: str, architecture: str) -> list[Requirement]:
    """The requirements in a file that concern this runtime and architecture.

    Raises:
        RequirementsError: A line is no requirement.
    """
    markers = environment(runtime, architecture)
    return [
        requirement
        for requirement in read(path)
        if requirement.marker is None or requirement.marker.evaluate(dict(markers))
    ]


def made_for(requirements: Sequence[Requirement]) -> list[str]:
    """Comments by which a lock says what it was made for."""
    return sorted({f"{_MADE_FOR}{_plain(requirement)}" for requirement in requirements})


def differences(
    requirements: Sequence[Requirement], lock: str, versions: Mapping[str, str]
) -> list[Difference]:
    """What a lock with this text and these versions by name does not hold of `requirements`.

    A requirement counts that it does not satisfy; with extras, and when it is gone, one for which
    it was not made.
    """
    found = []
    extras_by_name, urls = _made_for(lock), _urls(lock)
    for requirement in requirements:
        name = canonicalize_name(requirement.name)
        version, url = versions.get(name), urldefrag(requirement.url or "").url
        if version is not None and _other_source(name, url, urls.get(name, "")):
            had = f"{name} {version} from {urls.get(name) or 'the index'}"
            found.append(Difference(had, repr(str(requirement))))
        elif version is None or not requirement.specifier.contains(version, prereleases=True):
            had = f"{name} {version}" if version else f"no {name}"
            found.append(Difference(had, repr(str(requirement))))
        elif extras_by_name and not requirement.extras <= extras_by_name.get(name, set()):
            extras = ",".join(sorted(extras_by_name.get(name, set())))
            had = f"{name} {version} {f'with [{extras}]' if extras else 'without extras'}"
            found.append(Difference(had, repr(str(requirement))))
    names = {canonicalize_name(requirement.name) for requirement in requirements}
    found += [
        Difference(f"what {name!r} needed", f"no {name!r}")
        for name in sorted(set(extras_by_name) - names)
    ]
    return found


def quoted(options: Mapping[str, str]) -> str:
    """Options of a release as requirements.in has them, see the installer's `options.py`."""
    lines = [repr(f"# release: {word} {names}") for word, names in options.items()]
    return " and ".join(lines) or "no `# release:`"


def _other_source(name: str, wanted: str, had: str) -> bool:
    """Whether a package is locked from elsewhere; a URL of no wheel of it is never locked."""
    return wanted != had and (not wanted or (wheel_of(wanted) or ("",))[0] == name)


def _urls(lock: str) -> dict[str, str]:
    """The URLs in a lock by name."""
    found: dict[str, str] = {}
    for _, line in logical_lines(lock):
        name, at, url = line.split(" --hash")[0].partition(" @ ")
        if at:
            found[canonicalize_name(name)] = url.strip()
    return found


def _made_for(lock: str) -> dict[str, set[str]]:
    """The names for which a lock was made, and their extras; empty where it does not say."""
    made_for: dict[str, set[str]] = {}
    for line in lock.splitlines():
        if line.startswith(_MADE_FOR):
            try:
                requirement = Requirement(line.removeprefix(_MADE_FOR))
            except InvalidRequirement:
                continue
            made_for.setdefault(canonicalize_name(requirement.name), set()).update(
                requirement.extras
            )
    return made_for


def _plain(requirement: Requirement) -> str:
    """Name and extras, in one spelling."""
    extras = ",".join(sorted(requirement.extras))
    return canonicalize_name(requirement.name) + (f"[{extras}]" if extras else "")
