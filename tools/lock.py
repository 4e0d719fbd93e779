"""Locks requirements.in for every runtime and architecture of Lambda.

``python -m tools.lock`` writes ``lambda_src/application/locks/<runtime>-<architecture>.txt``: each
line one package with the hash of the one wheel that pip takes on that target. Hashes of other
wheels are left out: a release is made of what is installed.
uv resolves; packaging's tags choose the wheel. ``--check`` only compares the locks that are there
with requirements.in, without network, as `pulumi preview` does.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

from components.contract.requirements import MACHINES as MACHINES
from components.contract.requirements import (
    Difference,
    RequirementsError,
    asked,
    differences,
    made_for,
    quoted,
    text_of,
)
from components.contract.runtime import option_comments, read_options

APPLICATION = Path(__file__).resolve().parent.parent / "lambda_src" / "application"
OLDEST_GLIBC = {"x86_64": 5, "aarch64": 17}
LEGACY_TAGS = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
"""Older names of manylinux_2_<n> (PEP 600)."""


class LockError(Exception):
    """No lock can be made; the message says for what and why."""


@dataclass(frozen=True)
class Runtime:
    """A Lambda runtime: Python's minor version, and glibc's as far as uv knows it.

    ``resolved`` is uv's nearest platform that is not newer than ``glibc``.
    """

    minor: int
    glibc: int
    resolved: int

    @property
    def python(self) -> str:
        return f"3.{self.minor}"


RUNTIMES = {
    "python3.11": Runtime(minor=11, glibc=26, resolved=17),  # Amazon Linux 2
    "python3.12": Runtime(minor=12, glibc=34, resolved=34),  # Amazon Linux 2023
    "python3.13": Runtime(minor=13, glibc=34, resolved=34),
}


@dataclass(frozen=True)
class Target:
    """One runtime on one architecture."""

    runtime: str
    architecture: str

    @property
    def name(self) -> str:
        return f"{self.runtime}-{self.architecture}"

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


def resolve(requirements: Path, target: Target, index_url: str | None) -> list[dict[str, Any]]:
    """The packages that uv finds for the target, as pylock.toml (PEP 751) has them."""
    runtime = RUNTIMES[target.runtime]
    command = [sys.executable, "-m", "uv", "pip", "compile", str(requirements), "--quiet"]
    command += ["--python-platform", f"{target.machine}-manylinux_2_{runtime.resolved}"]
    command += ["--python-version", runtime.python, "--only-binary", ":all:"]
    command += ["--no-python-downloads"]  # nothing is built, so none is needed
    command += ["--format", "pylock.toml"]
    command += ["--default-index", index_url] if index_url else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LockError(
            f"{target.name}: uv finds no solution; choose other versions in requirements.in\n"
            f"{done.stderr.strip()}"
        )
    packages: list[dict[str, Any]] = tomllib.loads(done.stdout).get("packages", [])
    return packages


def pin(package: dict[str, Any], target: Target, tags: dict[Tag, int]) -> str:
    """The package's line: name, version, hash of the wheel that the target's pip takes."""
    best: tuple[int, tuple[int, str], str] | None = None
    for wheel in package.get("wheels", ()):
        filename = wheel.get("name") or wheel["url"].rpartition("/")[2]
        _, _, build, wheel_tags = parse_wheel_filename(filename)
        rank = min((tags[tag] for tag in wheel_tags if tag in tags), default=None)
        sha256 = wheel.get("hashes", {}).get("sha256")
        if rank is None or sha256 is None:
            continue
        number, text = build or (-1, "")
        candidate = (-rank, (number, text), sha256)
        best = max(best, candidate) if best else candidate
    if best is None:
        raise LockError(
            f"{package['name']} {package['version']} has no wheel for {target.runtime} on "
            f"{target.architecture} (CPython {RUNTIMES[target.runtime].python}, glibc 2."
            f"{RUNTIMES[target.runtime].glibc}), and nothing is built from source here. Choose "
            "another version in requirements.in."
        )
    return f"{package['name']}=={package['version']} --hash=sha256:{best[2]}"


def lock(requirements: Path, target: Target, index_url: str | None) -> str:
    """The text of the target's lock. Raises LockError."""
    tags = target.tags()
    runtime = RUNTIMES[target.runtime]
    lines = [pin(package, target, tags) for package in resolve(requirements, target, index_url)]
    head = [
        f"# Made from {requirements.name} by `python -m tools.lock` for {target.runtime} on "
        f"{target.architecture}",
        f"# (CPython {runtime.python}, glibc 2.{runtime.glibc}): each package with the hash of the "
        "one wheel that pip takes there.",
    ]
    options, _ = read_options(text_of(requirements), {line.partition("==")[0] for line in lines})
    tail = made_for(asked(requirements, target.runtime, target.architecture))
    return "\n".join([*head, *option_comments(options), *sorted(lines), *tail, ""])


def wrong_options(requirements: Path, texts: Iterable[str]) -> list[str]:
    """What is wrong with the options in requirements.in, whose locks have these texts."""
    packages = {name for text in texts for name in locked(text)}
    _, problems = read_options(text_of(requirements), packages)
    return [
        f"{requirements.name}, line {number}: {line!r} breaks a rule: {rule}. Correct it."
        for number, line, rule in problems
    ]


def locked(text: str) -> dict[str, str]:
    """The versions in a lock by name."""
    return dict(
        line.partition(" ")[0].split("==") for line in text.splitlines() if not line.startswith("#")
    )


def unsatisfied(requirements: Path, target: Target, text: str) -> list[str]:
    """What a lock does not hold of requirements.in."""
    versions = locked(text)
    found = differences(asked(requirements, target.runtime, target.architecture), text, versions)
    wishes = text_of(requirements)
    wanted, had = (read_options(each, versions)[0] for each in (wishes, text))
    if wanted != had:
        found.append(Difference(quoted(had), quoted(wanted)))
    return [f"{target.name} {difference}" for difference in found]


def main(arguments: list[str] | None = None) -> int:
    """Make or check every lock; the exit code says whether that went well."""
    parser = argparse.ArgumentParser(prog="python -m tools.lock", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only, without network")
    parser.add_argument(
        "--directory", type=Path, default=APPLICATION, help="where requirements.in and locks/ are"
    )
    parser.add_argument("--index-url", help="package index instead of uv's default")
    options = parser.parse_args(arguments)
    requirements = options.directory / "requirements.in"
    targets = [Target(runtime, architecture) for runtime in RUNTIMES for architecture in MACHINES]
    try:
        if options.check:
            return check(requirements, targets)
        texts = {target: lock(requirements, target, options.index_url) for target in targets}
        if wrong := wrong_options(requirements, texts.values()):
            raise LockError("\n".join(wrong))
    except (LockError, RequirementsError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    for target, text in texts.items():
        path = lock_path(requirements, target)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="ascii")
        print(f"{path.name}: {text.count('==')} packages, {len(text):,} bytes")
    return 0


def check(requirements: Path, targets: list[Target]) -> int:
    """Say which requirements the locks do not satisfy. Raises OSError for a lock not there."""
    texts = {
        target: lock_path(requirements, target).read_text(encoding="ascii") for target in targets
    }
    problems = wrong_options(requirements, texts.values())
    for target, text in texts.items():
        missing = unsatisfied(requirements, target, text)
        problems += [f"{problem}: run `make lock`" for problem in missing]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def lock_path(requirements: Path, target: Target) -> Path:
    """Where the target's lock lies, beside requirements.in."""
    return requirements.parent / "locks" / f"{target.name}.txt"


if __name__ == "__main__":
    sys.exit(main())
