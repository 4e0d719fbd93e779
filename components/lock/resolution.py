"""Resolution: uv finds the packages, and packaging's tags choose the wheel of each."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import urllib.request
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit

from packaging.requirements import Requirement
from packaging.tags import Tag
from packaging.utils import canonicalize_name, parse_wheel_filename

from .. import commands
from ..contract.requirements import wheel_of
from ..contract.runtimes import RUNTIMES
from .errors import LockError
from .targets import Target

_NO_UV = f"uv, which makes the locks, is not installed. Remedy: {commands.UV}"
_GLIBC = (17, 28, *range(31, 41))
"""Minor versions of glibc that uv knows. Source: `uv pip compile --help`, --python-platform."""
_MIXING = {"UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_INDEX"}
"""Variables by which uv would take a package from wherever it finds it first."""


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
        requirements: The file.
        asked: What stands in it for this target.
        sources: Where packages come from.
        kept: Versions that stay as long as they satisfy the requirements.
        upgraded: Names of packages of which the newest version is taken.
    """

    requirements: Path
    asked: Sequence[Requirement]
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
        sources = wishes.sources.options(wishes.asked, Path(folder))
        arguments = [str(wishes.requirements), *sources, "--output-file", str(output)]
        arguments += [word for name in sorted(wishes.upgraded) for word in ("-P", name)]
        _uv(arguments, target, glibc)
        packages: list[dict[str, Any]] = tomllib.loads(output.read_text("utf-8")).get(
            "packages", []
        )
    return packages


def newest(requirement: str, name: str, sources: Sources, target: Target) -> str | None:
    """The newest version of a package that has a wheel for the target; None if there is none."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "requirements.in"
        path.write_text(f"{requirement}\n", encoding="utf-8")
        wishes = Wishes(requirements=path, asked=[Requirement(requirement)], sources=sources)
        arguments = [str(path), *sources.options(wishes.asked, Path(folder)), "--no-deps"]
        output = Path(folder) / "pylock.toml"
        try:
            _uv([*arguments, "--output-file", str(output)], target)
        except NoSolutionError:
            return None
        packages = tomllib.loads(output.read_text("utf-8"))["packages"]
    return next((p["version"] for p in packages if p["name"] == canonicalize_name(name)), None)


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


def pin(
    package: Mapping[str, Any],
    target: Target,
    tags: Mapping[Tag, int],
    kept: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The package's line: name, version, hash of the wheel that the target's pip takes.

    Args:
        package: As pylock.toml has it.
        target: For what.
        tags: The target's.
        kept: For what stands before a hash in the lock as it was, that hash; it stays where the
            index still has the file.

    Raises:
        LockError: The target takes none of the wheels.
    """
    if "archive" in package:
        return _pin_of_url(package, target, tags, kept)
    line = f"{package['name']}=={package.get('version', '')}"
    best: tuple[bool, int, tuple[int, str], str, str] | None = None
    for wheel in package.get("wheels", ()):
        _, _, build, wheel_tags = parse_wheel_filename(_filename(wheel))
        rank = min((tags[tag] for tag in wheel_tags if tag in tags), default=None)
        if rank is None:
            continue
        sha256 = wheel.get("hashes", {}).get("sha256", "")
        number, text = build or (-1, "")
        stays = bool(sha256) and sha256 == kept.get(line)
        candidate = (stays, -rank, (number, text), sha256, wheel["url"])
        best = max(best, candidate) if best else candidate
    if best is None:
        raise LockError(_no_wheel(package, target))
    return f"{line} --hash=sha256:{best[3] or _hash_of(best[4])}"


def _pin_of_url(
    package: Mapping[str, Any],
    target: Target,
    tags: Mapping[Tag, int],
    kept: Mapping[str, str],
) -> str:
    """The line of a package that requirements.in names by URL."""
    archive = package["archive"]
    url = urldefrag(archive.get("url", archive.get("path", "")))[0]
    line = f"{package['name']} @ {url}"
    if problem := _problem_of_url(package["name"], url):
        shown = re.sub(r"//[^/@]*@", "//***@", line)
        raise LockError(f"{shown}: {problem}. Correct it in requirements.in.")
    if not parse_wheel_filename(unquote(url.rpartition("/")[2]))[3] & set(tags):
        raise LockError(_no_wheel(package, target))
    sha256 = archive.get("hashes", {}).get("sha256")
    if not sha256 or sha256 != kept.get(line):
        sha256 = _hash_of(url)  # uv believes what stands in the URL
    return f"{line} --hash=sha256:{sha256}"


def _problem_of_url(name: str, url: str) -> str | None:
    wheel, parts = wheel_of(url), urlsplit(url)
    local = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if not (parts.scheme == "https" or local) or parts.query or "@" in parts.netloc or not wheel:
        return "it is the https URL of a wheel, without credentials and query"
    return None if wheel[0] == name else f"that is a wheel of {wheel[0]}"


def _no_wheel(package: Mapping[str, Any], target: Target) -> str:
    return (
        f"{package['name']} {package.get('version', '')} has no wheel for {target}, and nothing is "
        "built from source here. Choose another version in requirements.in."
    )


def _filename(wheel: Mapping[str, Any]) -> str:
    """An index of PyTorch's percent-encodes the + of a local version."""
    return str(wheel.get("name") or unquote(urldefrag(wheel["url"])[0].rpartition("/")[2]))


@cache
def _hash_of(url: str) -> str:
    """SHA-256 of a file of an index that names none."""
    digest = hashlib.sha256()
    try:
        with urllib.request.urlopen(url, timeout=60) as response:  # noqa: S310 - from the index
            while chunk := response.read(1 << 20):
                digest.update(chunk)
    except (OSError, ValueError) as error:
        raise LockError(
            f"{url} cannot be read to make its SHA-256 ({error}). Look at the URL, or use an "
            "index that names hashes."
        ) from error
    return digest.hexdigest()
