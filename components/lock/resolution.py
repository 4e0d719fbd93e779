"""Resolution: uv finds the packages, and packaging's tags choose the wheel of each."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .. import commands
from ..contract import Target
from ..contract.runtimes import RUNTIMES
from .errors import LockError

_NO_UV = f"uv, which makes the locks, is not installed. Remedy: {commands.UV}"
_GLIBC = (17, 28, *range(31, 41))
"""Minor versions of glibc that uv knows. Source: `uv pip compile --help`, --python-platform."""
_MIXING = {
    *("UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_INDEX"),
    *("UV_CONSTRAINT", "UV_EXCLUDE", "UV_OVERRIDE"),
}
"""Variables by which uv would take a package from wherever it finds it first, or another than
requirements.in asks for."""


class NoSolutionError(LockError):
    """uv finds no versions that fit together.

    Attributes:
        said: What uv said.
    """

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where packages come from.

    Attributes:
        index_url: The index of all packages that have none of their own; None: uv's default.
        indexes: For each package that has one, by its normalised name, its own index.
    """

    index_url: str | None = None
    indexes: Mapping[str, str] = field(default_factory=dict)

    def options(self, asked: Sequence[Requirement], folder: Path) -> list[str]:
        """Options for uv; the file that they name is written into this folder.

        uv takes a package from an index that is `explicit` only where a project says so of it. So
        neither can another package come from there, nor this one from elsewhere.
        """
        options = ["--default-index", self.index_url] if self.index_url else []
        own = [each for each in asked if canonicalize_name(each.name) in self.indexes]
        if not own:
            return options
        numbers = {url: n for n, url in enumerate(sorted(set(self.indexes.values())))}
        lines = ["[project]", 'name = "application"', 'version = "0"']
        lines += [f"dependencies = {json.dumps([str(each) for each in own])}", "[tool.uv.sources]"]
        lines += [
            f'{name} = {{ index = "index-{numbers[self.indexes[name]]}" }}'
            for name in sorted({canonicalize_name(each.name) for each in own})
        ]
        for url, number in numbers.items():
            lines += ["[[tool.uv.index]]", f'name = "index-{number}"', f"url = {json.dumps(url)}"]
            lines += ["explicit = true"]
        path = folder / "pyproject.toml"
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")
        return [*options, str(path)]


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What is to be locked.

    Attributes:
        asked: The requirements of this target, without markers.
        constraints: What else limits versions, without markers.
        sources: Where packages come from.
        kept: Versions that stay as long as they satisfy the requirements.
        upgraded: Names of packages of which the newest version is taken.
    """

    asked: Sequence[Requirement]
    constraints: Sequence[Requirement] = ()
    sources: Sources = field(default_factory=Sources)
    kept: Mapping[str, str] = field(default_factory=dict)
    upgraded: Collection[str] = ()


def resolve(wishes: Wishes, target: Target, glibc: int | None = None) -> list[dict[str, Any]]:
    """The packages that uv finds for the target, as pylock.toml (PEP 751) has them.

    Args:
        wishes: What is asked for.
        target: For what.
        glibc: Another minor version of glibc than the target's.

    Raises:
        NoSolutionError: There are none.
    """
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "pylock.toml"
        if wishes.kept:
            output.write_text(_preferences(wishes.kept), encoding="utf-8")
        arguments = [*_inputs(wishes, Path(folder)), "--output-file", str(output)]
        arguments += [word for name in sorted(wishes.upgraded) for word in ("-P", name)]
        _uv(arguments, target, glibc)
        packages: list[dict[str, Any]] = tomllib.loads(output.read_text("utf-8")).get(
            "packages", []
        )
    return packages


def newest(requirement: str, name: str, sources: Sources, target: Target) -> str | None:
    """The newest version of a package that has a wheel for the target; None if there is none."""
    with tempfile.TemporaryDirectory() as folder:
        wishes = Wishes(asked=[Requirement(requirement)], sources=sources)
        arguments = [*_inputs(wishes, Path(folder)), "--no-deps"]
        output = Path(folder) / "pylock.toml"
        try:
            _uv([*arguments, "--output-file", str(output)], target)
        except NoSolutionError:
            return None
        packages = tomllib.loads(output.read_text("utf-8"))["packages"]
    return next((p["version"] for p in packages if p["name"] == canonicalize_name(name)), None)


def _inputs(wishes: Wishes, folder: Path) -> list[str]:
    """Arguments for uv: files with what was read, so that it reads nothing in another way."""
    paths = folder / "requirements.in", folder / "constraints.txt"
    for path, lines in zip(paths, (wishes.asked, wishes.constraints), strict=True):
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    options = wishes.sources.options(wishes.asked, folder)
    return [str(paths[0]), "--constraints", str(paths[1]), *options]


def _uv(arguments: Sequence[str], target: Target, glibc: int | None = None) -> None:
    if importlib.util.find_spec("uv") is None:
        raise LockError(_NO_UV)
    runtime = RUNTIMES[target.runtime]
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", *arguments]
    nearest = max(known for known in _GLIBC if known <= (glibc or runtime.glibc))
    command += ["--python-platform", f"{target.machine}-manylinux_2_{nearest}"]
    command += ["--python-version", runtime.python, "--only-binary", ":all:"]
    command += ["--no-python-downloads"]  # nothing is built, so none is needed
    # What the user's own uv.toml says of indexes is not what the populate task does.
    command += ["--no-config", "--format", "pylock.toml"]
    environment = {key: value for key, value in os.environ.items() if key not in _MIXING}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        if "No solution found" in done.stderr:
            raise NoSolutionError(done.stderr.strip())
        raise LockError(
            f"{target.name}: uv cannot resolve requirements.in. Look at what it says of the line, "
            f"or of the index and the way there.\n{done.stderr.strip()}"
        )


def _preferences(kept: Mapping[str, str]) -> str:
    """Versions as uv reads them from what it wrote before: it keeps them where it can."""
    lines = ['lock-version = "1.0"', 'created-by = "efs-inference"']
    for name, version in sorted(kept.items()):
        lines += ["[[packages]]", f'name = "{name}"', f'version = "{version}"']
    return "\n".join([*lines, ""])
