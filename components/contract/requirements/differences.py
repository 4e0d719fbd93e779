"""What a lock does not hold of what requirements.in asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urldefrag

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from .grammar import Asked
from .pins import pins_in

_MADE_FOR = "# made for: "


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


def made_for(requirements: Sequence[Requirement]) -> list[str]:
    """Comments by which a lock says what it was made for."""
    return sorted({f"{_MADE_FOR}{_plain(requirement)}" for requirement in requirements})


def differences(asked: Asked, lock: str) -> list[Difference]:
    """What a lock with this text does not hold of what is asked for.

    A requirement counts that it does not satisfy, and a constraint; with extras, and when it is
    gone, one for which it was not made; and a hash that is another one.
    """
    extras_by_name, pins = _made_for(lock), pins_in(lock)
    wanted: dict[str, str] = {}
    for requirement in asked.requirements:
        name, url = canonicalize_name(requirement.name), urldefrag(requirement.url or "").url
        wanted[name] = wanted.get(name) or url
    found = []
    for requirement in asked.requirements:
        name = canonicalize_name(requirement.name)
        pin, extras = pins.get(name), extras_by_name.get(name, set())
        had = ""
        if pin is None:
            had = f"no {name}"
        elif wanted[name] != pin.url:
            had = f"{name} {pin.version} from {pin.url or 'the index'}"
        elif not _satisfies(pin.version, requirement):
            had = f"{name} {pin.version}"
        elif extras_by_name and not requirement.extras <= extras:
            own = ",".join(sorted(extras))
            had = f"{name} {pin.version} {f'with [{own}]' if own else 'without extras'}"
        if had:
            found.append(Difference(had, repr(str(requirement))))
    for requirement in asked.constraints:
        name = canonicalize_name(requirement.name)
        if name in pins and not _satisfies(pins[name].version, requirement):
            found.append(Difference(f"{name} {pins[name].version}", repr(str(requirement))))
    found += [
        Difference(f"{name} with {' and '.join(pins[name].hashes)}", " or ".join(sorted(each)))
        for name, each in sorted(asked.hashes.items())
        if name in pins and not each.issuperset(pins[name].hashes)
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
