"""What is worth saying of a resolution: whose wheel is missing, and what an old glibc costs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import Version

from ..contract import Target
from ..contract.runtimes import NEWEST_GLIBC, RUNTIMES
from .errors import LockError
from .pins import pin
from .resolution import NoSolutionError, Sources, Wishes, newest, resolve

_NO_WHEEL = re.compile(
    r"\b([a-z0-9][a-z0-9._-]*)(?:\[[^]]*\])?(?:[<>=!~]\S*)? has no (?:usable )?wheels",
    re.IGNORECASE,
)


def no_solution(wishes: Wishes, target: Target, error: NoSolutionError) -> LockError:
    """Why there is none: by name, where it is packages without a wheel for the target."""
    culprits = _without_wheels(wishes, target, error)
    lines = [_missing(name, wishes.sources, target) for name in culprits]
    if not lines:
        rule = "uv finds no solution; choose other versions in requirements.in"
        return LockError(f"{target.name}: {rule}\n{error.said}")
    return LockError("\n".join(lines))


def _without_wheels(wishes: Wishes, target: Target, error: NoSolutionError) -> Iterator[str]:
    """Of the packages that uv says have none, those that bring about the failure."""
    names = dict.fromkeys(canonicalize_name(name) for name in _NO_WHEEL.findall(error.said))
    own = {canonicalize_name(each.name): each for each in wishes.asked}
    for name in names:
        wish = str(own.get(name, name))
        # One that is asked for by name may have other versions that satisfy the wish.
        if name not in own or newest(wish, name, wishes.sources, target) is None:
            yield name


def _missing(name: str, sources: Sources, target: Target) -> str:
    found = newest(name, name, sources, target)
    if found is None:
        return (
            f"{name} has no wheel for {target} in any version, and nothing is built from source "
            f"here. Ask for it elsewhere only ({name}; platform_machine != {target.machine!r}), or "
            "leave the target out: `# lock: runtimes ...`, `# lock: architectures ...`."
        )
    return (
        f"{name} has no wheel for {target} in the versions that are asked for; the newest that has "
        f"one is {found}. Choose that in requirements.in, or a newer runtime."
    )


def advice(wishes: Wishes, target: Target, packages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What to warn of."""
    for said in (
        _of_old_glibc(wishes, target, packages),
        _of_prereleases(wishes, target, packages),
    ):
        if said:
            yield said


def _of_old_glibc(
    wishes: Wishes, target: Target, packages: Sequence[Mapping[str, Any]]
) -> str | None:
    """Which packages the target's glibc holds back by more than a patch release."""
    runtime = RUNTIMES[target.runtime]
    if runtime.glibc >= NEWEST_GLIBC:
        return None
    try:
        newer = resolve(replace(wishes, kept={}, upgraded=()), target, NEWEST_GLIBC)
    except NoSolutionError:
        return None  # what is asked for has a solution for this target alone
    had = {package["name"]: package["version"] for package in packages if "version" in package}
    found = [
        f"{package['name']} {had[package['name']]} ({package['version']})"
        for package in newer
        if package["name"] in had
        and _much_older(had[package["name"]], package["version"])
        and not _has_wheel(package, target)
    ]
    if not found:
        return None
    return (
        f"{target.name}: its glibc 2.{runtime.glibc} brings {', '.join(found)}; in brackets what "
        f"glibc 2.{NEWEST_GLIBC} brings, as newer runtimes have it"
    )


def _of_prereleases(
    wishes: Wishes, target: Target, packages: Sequence[Mapping[str, Any]]
) -> str | None:
    """Which packages have nothing but pre-releases for the target, where nobody asks for one."""
    had = {package["name"]: package.get("version", "0") for package in packages}
    early = {name: version for name, version in had.items() if Version(version).is_prerelease}
    asked = {canonicalize_name(each.name): each.specifier.prereleases for each in wishes.asked}
    found = [f"{name} {version}" for name, version in early.items() if not asked.get(name, True)]
    if not found:
        return None
    others = [f"{name} {version}" for name, version in early.items() if name not in asked]
    return (
        f"{target.name}: no release has a wheel for it, so these are pre-releases: "
        f"{', '.join([*found, *others])}. To wait for a release, leave the target out: "
        "`# lock: runtimes ...`"
    )


def _has_wheel(package: Mapping[str, Any], target: Target) -> bool:
    try:
        pin(package, target, target.tags())
    except LockError:
        return False
    return True


def _much_older(version: str, other: str) -> bool:
    return Version(version).release[:2] < Version(other).release[:2]
