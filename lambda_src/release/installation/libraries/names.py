"""Names of modules that a wheel cannot have, because they are the function's own."""

from __future__ import annotations

import importlib
from importlib.machinery import PathFinder, all_suffixes
from pathlib import Path

from ...layout import LOCK_AGAIN, ExitCode, InstallError
from .records import owners

RESERVED = {
    "handler": "the function's entry point",
    "model": "the application's model.py",
    "release": "the package that imports from a release",
}
"""Modules that lie in the function's code, and what each is: an import finds them first."""


def check(site_packages: Path) -> None:
    """Raise InstallError where a staged release has a module of a reserved name."""
    importlib.invalidate_caches()  # the finder's listing may be older than what pip has written
    taken = {name: path for name in RESERVED if (path := _module(site_packages, name))}
    if not taken:
        return
    packages = owners(site_packages)
    found = [
        f"{packages.get(path, 'a wheel')} brings {path}, and `{name}` is {RESERVED[name]}"
        for name, path in taken.items()
    ]
    raise InstallError(
        ExitCode.IMPORT,
        f"a package has a module whose name is taken: {'; '.join(found)}. In the function an "
        "import of that name finds the function's own, so the package would get another module "
        "than its own. Nothing was published. Take the package out of requirements.in, or ask for "
        f"a version or a fork without that module, and {LOCK_AGAIN}.",
    )


def _module(site_packages: Path, name: str) -> str | None:
    """A file of the module of this name, None where there is none.

    A folder without modules is data, which nobody imports.
    """
    spec = PathFinder.find_spec(name, [str(site_packages)])
    if spec is None:
        return None
    if spec.loader is not None and spec.origin:
        return str(Path(spec.origin).relative_to(site_packages))
    folder = site_packages / name
    modules = sorted(p for p in folder.rglob("*") if p.name.endswith(tuple(all_suffixes())))
    return str(modules[0].relative_to(site_packages)) if modules else None
