"""Which modules wait for their first use, by `# release: lazy`; see ``release/lazy.py``.

Those below the names that ran in the plain import, and left alone what that had set: it has shown
that they run, and that they do not replace themselves. Others run when they are imported.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
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
from ...lazy import FIXED, Lazy, LazyLoader, WaitingModule
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


def able(root: str) -> list[tuple[str, str]]:
    """Name and bytecode, below the root, of each module in this process that could have waited."""
    found = []
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
            found.append((name, f"{spec.cached}"[len(root) + 1 :]))
    return found


def plan(
    site_packages: Path, names: Sequence[str], modules: Mapping[str, str], opened: Sequence[str]
) -> Lazy:
    """What waits, of modules with their bytecode, given in which order files were opened first."""
    order = {path: number for number, path in enumerate(opened)}
    ordered = sorted(modules, key=lambda module: order.get(modules[module], len(order)))
    options = {
        module: name for module in ordered for name in names if f"{module}.".startswith(f"{name}.")
    }
    before = ahead_in_circles({name: site_packages / modules[name] for name in options})
    return {module: (name, *before[module]) for module, name in options.items()}


def install(root: str, file: str) -> Lazy:
    """Let the modules in a file wait from now on, as the function's finder does. Returns them."""
    lazy: Lazy = json.loads(Path(file).read_text())

    def loader(fullname: str, path: str) -> SourceFileLoader:
        if fullname not in lazy:
            return SourceFileLoader(fullname, path)
        waiting = LazyLoader(fullname, path)
        waiting.lazy = lazy[fullname]
        return waiting

    plain = FileFinder.path_hook(
        (ExtensionFileLoader, EXTENSION_SUFFIXES),
        (loader, SOURCE_SUFFIXES),  # type: ignore[arg-type]
        (SourcelessFileLoader, BYTECODE_SUFFIXES),
    )

    def hook(path: str) -> PathEntryFinder:
        if not f"{path}/".startswith(f"{root}/"):
            raise ImportError("not a directory of the release", path=path)
        return plain(path)

    sys.path_hooks.insert(0, hook)
    sys.path_importer_cache.clear()
    return lazy


def use_all(lazy: Lazy) -> None:
    """Run what still waits, in the order of the plain import. Raises FirstUseError."""
    for name in lazy:
        if isinstance(module := sys.modules.get(name), WaitingModule):
            vars(module)
