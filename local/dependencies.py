"""Checks that installed packages have the undocumented names of theirs that are used here."""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Mapping
from functools import reduce

from . import PACKS
from .project import ProjectError

_REMEDY = (
    "install one of these versions"
    if PACKS
    else "`make install`, which installs the version of uv.lock"
)


class DependencyError(ProjectError, ImportError):
    """An installed package cannot be used; the message names the versions that can."""


def require(package: str, works_with: str, names: Mapping[str, str]) -> None:
    """Look up names of a package.

    Args:
        package: Its distribution's name.
        works_with: Versions of it with which the tests pass, `<first> to <last>`.
        names: Module to the names in it, separated by spaces.

    Raises:
        DependencyError: Some are missing, or it is of another major version.
    """
    version = importlib.metadata.version(package)
    wanted = [(module, name) for module, listed in names.items() for name in listed.split()]
    missing = [f"{module}.{name}" for module, name in wanted if not _exists(module, name)]
    if missing or version.split(".")[0] != works_with.split(".")[0]:
        lacks = f" has no {', '.join(missing)}" if missing else " is of another major version"
        raise DependencyError(
            f"{package} {version}{lacks}; the local cloud works with {package} {works_with}. "
            f"Remedy: {_REMEDY}"
        )


def _exists(module: str, name: str) -> bool:
    try:
        reduce(getattr, name.split("."), importlib.import_module(module))
    except (ImportError, AttributeError):
        return False
    return True
