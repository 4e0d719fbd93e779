"""The targets that are locked: those of the stacks, or what is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..contract import Target
from ..contract.requirements import text_of
from ..contract.runtimes import MACHINES, RUNTIMES
from .errors import LockError

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

    @property
    def index_url(self) -> str | None:
        """The package index of all stacks; None where they name none.

        Raises:
            LockError: They name several.
        """
        if len(self.index_urls) > 1:
            raise LockError(
                "the stacks have several values of indexUrl: "
                f"{', '.join(sorted(self.index_urls))}. Name the one to use: --index-url URL"
            )
        return next(iter(self.index_urls), None)

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


def chosen(requirements: Path, stacks: Stacks, names: Sequence[str] = ()) -> tuple[Target, ...]:
    """The targets of these names, or else those that are locked, in RUNTIMES' order.

    Comments in requirements.in choose them, ``# lock: runtimes python3.12`` and ``# lock:
    architectures arm64``; where one says nothing, the targets of the stacks count. A folder that no
    stack knows is locked for all.

    Raises:
        LockError: A comment breaks its rule, or Lambda has no target of a name.
    """
    if names:
        return _named(names)
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


def _named(names: Sequence[str]) -> tuple[Target, ...]:
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
