"""Which modules wait for their first use, by `# release: lazy`; see ``release/lazy.py``.

Those below the names that ran in the plain import, and left alone what that had set: it has shown
that they run, and that they do not replace themselves. Others run when they are imported.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
    SourcelessFileLoader,
)
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from ...layout import ExitCode, InstallError
from ...lazy import FIXED, Lazy, LazyLoader, Package, WaitingModule, loaders
from .circles import ahead_in_circles

if TYPE_CHECKING:
    from importlib.abc import PathEntryFinder

REMEDY = "leave it out there, and lock again"


def check(site_packages: Path, names: Sequence[str]) -> None:
    """Raise InstallError if the release has not all of these modules, each with a source."""
    wrong = []
    for name in names:
        path = site_packages.joinpath(*name.split("."))
        if path.is_dir() or path.with_name(f"{path.name}.py").is_file():
            continue
        beside = (path.with_name(path.name + suffix) for suffix in EXTENSION_SUFFIXES)
        native = any(map(Path.is_file, beside))
        what = "is an extension module, which cannot wait" if native else "is not in the release"
        wrong.append(f"{name} {what}")
    if wrong:
        raise InstallError(
            ExitCode.RESOLUTION,
            "`# release: lazy` in requirements.in names modules of the packages that are locked, "
            f"and {', '.join(wrong)}. Correct the name, or {REMEDY}.",
        )


def able(root: str) -> dict[str, str]:
    """Bytecode, below the root, of each module in this process that could have waited."""
    found = {}
    for name, module in list(sys.modules.items()):
        if type(module) is not ModuleType:
            continue
        has = vars(module)
        spec = has.get("__spec__")
        if type(spec) is not ModuleSpec or type(spec.loader) is not SourceFileLoader:
            continue
        values = (name, spec, spec.loader, spec.parent, spec.origin, spec.cached)
        if not f"{spec.cached}".startswith(f"{root}/") or spec.name != name:
            continue
        if all(has.get(key, value) == value for key, value in zip(FIXED, values, strict=True)):
            found[name] = f"{spec.cached}"[len(root) + 1 :]
    return found


def bound(root: str) -> list[str]:
    """The modules below the root that are attributes of their packages in this process."""
    found = []
    for name, module in list(sys.modules.items()):
        package, _, attribute = name.rpartition(".")
        above = sys.modules.get(package)
        if type(above) is ModuleType or isinstance(above, Package):
            has = object.__getattribute__(above, "__dict__")
            inside = f"{has.get('__file__')}".startswith(f"{root}/")
            if inside and has.get(attribute) is module:
                found.append(name)
    return found


def plan(
    site_packages: Path,
    names: Sequence[str],
    opened: Sequence[str],
    modules: Mapping[str, str],
    attributes: Sequence[str],
) -> Lazy:
    """What is imported later, by what a plain import has opened, `able` and `bound`."""
    order = {path: number for number, path in enumerate(opened)}
    ordered = sorted(modules, key=lambda module: order.get(modules[module], len(order)))
    waiting = {module: name for module in ordered if (name := _above(module, names))}
    ahead = ahead_in_circles({module: site_packages / modules[module] for module in waiting})
    lazy: Lazy = {module: (name, *ahead[module]) for module, name in waiting.items()}
    return lazy | {name: () for name in attributes if name not in lazy and _above(name, names)}


def _above(module: str, names: Sequence[str]) -> str:
    """Which of the names a module is at or below, empty if none."""
    return next((name for name in names if f"{module}.".startswith(f"{name}.")), "")


def install(root: str, file: str) -> Lazy:
    """Let the modules in a file wait from now on, as the function's finder does. Returns them."""
    lazy: Lazy = json.loads(Path(file).read_text())
    hook(root, loaders(lazy, SourceFileLoader, LazyLoader))
    return lazy


def hook(root: str, loader: Callable[[str, str], SourceFileLoader]) -> None:
    """Load the sources below the root with these loaders from now on."""
    plain = FileFinder.path_hook(
        (ExtensionFileLoader, EXTENSION_SUFFIXES),
        (loader, SOURCE_SUFFIXES),  # type: ignore[arg-type]
        (SourcelessFileLoader, BYTECODE_SUFFIXES),
    )

    def found(path: str) -> PathEntryFinder:
        if not f"{path}/".startswith(f"{root}/"):
            raise ImportError("not a directory of the release", path=path)
        return plain(path)

    sys.path_hooks.insert(0, found)
    sys.path_importer_cache.clear()


def use_all(lazy: Lazy) -> None:
    """Run what still waits, in the order of the plain import. Raises FirstUseError."""
    while waiting := [m for n in lazy if isinstance(m := sys.modules.get(n), WaitingModule)]:
        for module in waiting:
            vars(module)
