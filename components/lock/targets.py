"""The targets: runtimes and architectures of Lambda, which wheels they take, which are locked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from packaging.tags import Tag, compatible_tags, cpython_tags

from .. import contract
from ..contract.requirements import text_of
from ..contract.runtimes import MACHINES, RUNTIMES
from .errors import LockError

OLDEST_GLIBC = {"x86_64": 5, "aarch64": 17}
LEGACY_TAGS = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
"""Older names of manylinux_2_<n> (PEP 600)."""


class Target(contract.Target):
    """What a lock is made for, and the wheels that it takes."""

    def __str__(self) -> str:
        python, glibc = RUNTIMES[self.runtime].python, RUNTIMES[self.runtime].glibc
        return f"{self.runtime} on {self.architecture} (CPython {python}, glibc 2.{glibc})"

    @property
    def machine(self) -> str:
        return MACHINES[self.architecture]

    def tags(self) -> dict[Tag, int]:
        """The wheel tags that the target takes, and how far down its list each is."""
        runtime = RUNTIMES[self.runtime]
        platforms = list(self._platforms(runtime.glibc))
        version = (3, runtime.minor)
        interpreter = f"cp3{runtime.minor}"
        tags = [*cpython_tags(version, [interpreter], platforms)]
        tags += compatible_tags(version, interpreter, platforms)
        return {tag: rank for rank, tag in reversed(list(enumerate(tags)))}

    def _platforms(self, glibc: int) -> Iterator[str]:
        for minor in range(glibc, OLDEST_GLIBC[self.machine] - 1, -1):
            yield f"manylinux_2_{minor}_{self.machine}"
            if minor in LEGACY_TAGS:
                yield f"{LEGACY_TAGS[minor]}_{self.machine}"
        yield f"linux_{self.machine}"


ALL = tuple(
    Target(runtime=runtime, architecture=architecture)
    for runtime in RUNTIMES
    for architecture in MACHINES
)
_CHOICES: Mapping[str, Sequence[str]] = {
    "runtimes": tuple(RUNTIMES),
    "architectures": tuple(MACHINES),
}
_RULE = " or ".join(f"`{word}` with some of {', '.join(_CHOICES[word])}" for word in _CHOICES)
_CHOICE = re.compile(r"^\s*#\s*lock:(.*)$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Stacks:
    """What a project's stack files say, and nothing where there is no project.

    Attributes:
        targets: The target of each stack by its name.
        index_urls: The package indexes of the stacks, as far as they name any.
        wheel_caches: Their wheel caches.
    """

    targets: Mapping[str, Target]
    index_urls: frozenset[str]
    wheel_caches: frozenset[str] = frozenset()

    @classmethod
    def around(cls, folder: Path) -> Stacks:
        """The stacks of the Pulumi project in which this folder lies.

        Raises:
            LockError: A file cannot be read, or names a target that Lambda does not have.
        """
        folder = folder.resolve()
        root = next((f for f in (folder, *folder.parents) if (f / "Pulumi.yaml").is_file()), None)
        if root is None:
            return cls(targets={}, index_urls=frozenset())
        project = _content(root / "Pulumi.yaml")
        name = str(project.get("name", ""))
        defaults = _own(project.get("config"), name)
        found = {path.name: path for path in sorted(root.glob("Pulumi.*.yaml"))}
        stacks = {file: _own(_content(path).get("config"), name) for file, path in found.items()}
        targets, index_urls, wheel_caches = {}, set(), set()
        for file, own in (stacks or {"Pulumi.yaml": {}}).items():
            values = {**defaults, **own}
            if {"runtime", "architecture"} <= set(values):
                targets[file] = _target(values["runtime"], values["architecture"], file)
            if "indexUrl" in values:
                index_urls.add(values["indexUrl"])
            if values.get("wheelCache"):
                wheel_caches.add(values["wheelCache"])
        return cls(
            targets=targets,
            index_urls=frozenset(index_urls),
            wheel_caches=frozenset(wheel_caches),
        )


def chosen(requirements: Path, stacks: Stacks) -> tuple[Target, ...]:
    """The targets that are locked, in RUNTIMES' order.

    Comments in requirements.in choose them, ``# lock: runtimes python3.12`` and ``# lock:
    architectures arm64``; where one says nothing, the targets of the stacks count. A folder that no
    stack knows is locked for all.

    Raises:
        LockError: A comment breaks its rule.
    """
    choice: dict[str, set[str]] = {}
    for number, line in enumerate(text_of(requirements).splitlines(), start=1):
        if comment := _CHOICE.match(line):
            word, *values = re.split(r"[\s,]+", comment[1].strip())
            known = _CHOICES.get(word, ())
            if not values or not set(values) <= set(known):
                raise LockError(
                    f"{requirements.name}, line {number}: {line.strip()!r} breaks a rule: a "
                    f"comment `# lock: ...` says {_RULE}. Correct it."
                )
            choice.setdefault(word, set()).update(values)
    own = set(stacks.targets.values()) or set(ALL)
    if choice:
        runtimes = choice.get("runtimes") or {target.runtime for target in own}
        architectures = choice.get("architectures") or {target.architecture for target in own}
        own = {target for target in ALL if target.runtime in runtimes}
        own = {target for target in own if target.architecture in architectures}
    return tuple(target for target in ALL if target in own)


def named(names: Sequence[str]) -> tuple[Target, ...]:
    """The targets of these names. Raises LockError for one that Lambda does not have."""
    by_name = {target.name: target for target in ALL}
    if unknown := [name for name in names if name not in by_name]:
        raise LockError(
            f"there is no target {unknown[0]!r}; the targets are {', '.join(by_name)}. Name one of "
            "them."
        )
    return tuple(by_name[name] for name in dict.fromkeys(names))


def _target(runtime: str, architecture: str, file: str) -> Target:
    if runtime not in RUNTIMES or architecture not in MACHINES:
        raise LockError(
            f"{file}: {runtime} on {architecture} is no target; the runtimes are "
            f"{', '.join(RUNTIMES)}, the architectures {', '.join(MACHINES)}. Correct it there."
        )
    return Target(runtime=runtime, architecture=architecture)


def _content(path: Path) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise LockError(f"{path} cannot be read: {error}. Correct it.") from error
    return content if isinstance(content, dict) else {}


def _own(config: Any, project: str) -> dict[str, str]:
    """The texts among the project's own keys; a declared key counts with its default."""
    values = {}
    for key, value in config.items() if isinstance(config, dict) else ():
        if isinstance(value, dict):
            value = value.get("value", value.get("default"))
        prefix, _, word = key.rpartition(":")
        if prefix in {"", project} and isinstance(value, str):
            values[word] = value
    return values
