"""What a lock does not hold of what requirements.in asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urldefrag

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from .grammar import Asked, wheel_of
from .lines import logical_lines

_MADE_FOR = "# made for: "
_HASH = " --hash="


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


def made_for(requirements: Sequence[Requirement]) -> list[str]:
    """Comments by which a lock says what it was made for."""
    return sorted({f"{_MADE_FOR}{_plain(requirement)}" for requirement in requirements})


def differences(asked: Asked, lock: str, versions: Mapping[str, str]) -> list[Difference]:
    """What a lock with this text and these versions by name does not hold of what is asked for.

    A requirement counts that it does not satisfy, and a constraint; with extras, and when it is
    gone, one for which it was not made; and a hash that is another one.
    """
    extras_by_name, lines = _made_for(lock), _lines(lock)
    urls = {name: url for name, (url, _) in lines.items()}
    wanted: dict[str, str] = {}
    for requirement in asked.requirements:
        name, url = canonicalize_name(requirement.name), urldefrag(requirement.url or "").url
        wanted[name] = wanted.get(name) or url
    found = []
    for requirement in asked.requirements:
        name = canonicalize_name(requirement.name)
        version, extras = versions.get(name), extras_by_name.get(name, set())
        had = ""
        if version is not None and wanted[name] != urls.get(name, ""):
            had = f"{name} {version} from {urls.get(name) or 'the index'}"
        elif version is None or not _satisfies(version, requirement):
            had = f"{name} {version}" if version else f"no {name}"
        elif extras_by_name and not requirement.extras <= extras:
            own = ",".join(sorted(extras))
            had = f"{name} {version} {f'with [{own}]' if own else 'without extras'}"
        if had:
            found.append(Difference(had, repr(str(requirement))))
    for requirement in asked.constraints:
        name = canonicalize_name(requirement.name)
        if name in versions and not _satisfies(versions[name], requirement):
            found.append(Difference(f"{name} {versions[name]}", repr(str(requirement))))
    found += [
        Difference(f"{name} with {' and '.join(sorted(lines[name][1]))}", " or ".join(sorted(each)))
        for name, each in sorted(asked.hashes.items())
        if name in lines and not lines[name][1] <= each
    ]
    found += [
        Difference(f"what {name!r} needed", f"no {name!r}")
        for name in sorted(set(extras_by_name) - wanted.keys())
    ]
    return found


def _satisfies(version: str, requirement: Requirement) -> bool:
    return requirement.specifier.contains(version, prereleases=True)


def quoted(options: Mapping[str, str]) -> str:
    """Options of a release as requirements.in has them, see the installer's `options.py`."""
    lines = [repr(f"# release: {word} {names}") for word, names in options.items()]
    return " and ".join(lines) or "no `# release:`"


def _lines(lock: str) -> dict[str, tuple[str, set[str]]]:
    """For each package of a lock its URL, if it has one, and its hashes."""
    found: dict[str, tuple[str, set[str]]] = {}
    for _, line in logical_lines(lock):
        package, *hashes = line.split(_HASH)
        name, at, url = package.partition(" @ ")
        name = canonicalize_name(name.partition("==")[0].strip())
        found[name] = (url.strip() if at else "", {each.strip() for each in hashes})
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
