"""Modules that run when something of theirs is first used, instead of when they are imported.

`# release: lazy keras` asks for it. The populate task decides which modules below a name can
wait, tries it, and writes them into the bundle; the finders of both get their loaders here.

importlib.util.LazyLoader is not used: another thread may see an unfinished module (before Python
3.12.3, python/cpython#114763), an ``import`` of what waits already makes it run (it asks for
``__spec__``), and its lock does not know of importlib's, so two threads can wait for each other.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from importlib import _bootstrap, import_module
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import ModuleType
from typing import Any

Lazy = dict[str, tuple[str, ...]]
"""Modules that are imported later than in a plain import. What waits has the name in the option
that makes it wait, and then the modules of import cycles with it that have to run before it, as
they do in a plain import. What has nothing is imported by what waits, so its package has no such
attribute before."""

FIXED = ("__name__", "__spec__", "__loader__", "__package__", "__file__", "__cached__")
"""What an import sets and a module that may wait leaves alone, so asking for it uses nothing."""

_later: set[str] = set()
_waiting: dict[int, _Waiting] = {}
"""What has not run to its end, by the module's id."""


class FirstUseError(ImportError):
    """A module cannot run at its first use."""


class _AsModule(type):
    """A class that tables by type, as pickle's are, take for that of every module."""

    def __eq__(cls, other: object) -> bool:
        return other is ModuleType or super().__eq__(other)

    def __hash__(cls) -> int:
        return hash(ModuleType)


class Package(ModuleType, metaclass=_AsModule):
    """A package that imports a module of its own when asked for it.

    After a plain import it would have it as an attribute, because what still waits imports it.
    """

    def __getattr__(self, name: str) -> Any:
        # Not super(): a module that has just run may be of another class by now.
        module = f"{ModuleType.__getattribute__(self, '__name__')}.{name}"
        if module in _later and module not in sys.modules:
            import_module(module)
        return ModuleType.__getattribute__(self, name)


class WaitingModule(Package):
    """A module until it has run."""

    def __getattribute__(self, name: str) -> Any:
        if name in FIXED:
            return super().__getattribute__(name)
        _use(self)
        if type(self) is WaitingModule:
            return super().__getattribute__(name)
        return getattr(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _use(self)
        if type(self) is WaitingModule:
            super().__setattr__(name, value)
        else:
            setattr(self, name, value)

    def __delattr__(self, name: str) -> None:
        _use(self)
        if type(self) is WaitingModule:
            super().__delattr__(name)
        else:
            delattr(self, name)

    def __dir__(self) -> list[str]:
        _use(self)
        return sorted(super().__dir__() if type(self) is WaitingModule else dir(self))


class LazyLoader(SourceFileLoader):
    """Loads from its source a module that waits, or a package that has modules which do."""

    lazy: tuple[str, ...] = ()
    """The entry of `Lazy`."""

    def exec_module(self, module: ModuleType) -> None:
        """Let the module wait. A reload, and whoever calls this himself, runs it at once."""
        spec = module.__spec__
        if self.lazy and spec is not None and getattr(spec, "_initializing", False):
            _waiting[id(module)] = _Waiting(module, spec, super().exec_module, self.lazy)
            module.__class__ = WaitingModule
            return
        if type(module) is ModuleType:
            module.__class__ = Package
        super().exec_module(module)


def loaders(
    lazy: Lazy,
    plain: Callable[[str, str], SourceFileLoader],
    late: Callable[[str, str], LazyLoader],
) -> Callable[[str, str], SourceFileLoader]:
    """What makes the loader of a source, given its module's name and its path.

    Most are made by ``plain``, those of modules that wait and of their packages by ``late``.
    """
    packages = {name.rpartition(".")[0] for name in lazy}
    _later.update(lazy)

    def loader(fullname: str, path: str) -> SourceFileLoader:
        if fullname not in lazy and fullname not in packages:
            return plain(fullname, path)
        made = late(fullname, path)
        made.lazy = lazy.get(fullname, ())
        return made

    return loader


class _Waiting:
    """How a module that waits comes to run."""

    def __init__(
        self, module: ModuleType, spec: ModuleSpec, run: Any, lazy: tuple[str, ...]
    ) -> None:
        self.module = module
        self.spec = spec
        self.thread = 0
        self._run = run
        self.option, *self.before = lazy

    def run(self) -> None:
        """Run the module, in the thread that holds its lock. Raises FirstUseError."""
        namespace = object.__getattribute__(self.module, "__dict__")
        before = dict(namespace)
        self.thread = threading.get_ident()
        # As in an import: so circular ones are named, and other threads wait.
        self.spec._initializing = True  # type: ignore[attr-defined]
        try:
            self._run(self.module)
            if sys.modules.get(self.spec.name, self.module) is not self.module:
                raise ImportError("it puts another object in its own place in sys.modules")
        except BaseException as error:
            # Whoever uses it next tries again, as after an import that has failed.
            namespace.clear()
            namespace.update(before)
            if isinstance(error, FirstUseError) or not isinstance(error, Exception):
                raise
            raise FirstUseError(self._failed(error), name=self.spec.name) from error
        else:
            if type(self.module) is WaitingModule:
                is_package = self.spec.submodule_search_locations is not None
                self.module.__class__ = Package if is_package else ModuleType  # type: ignore[assignment]
            del _waiting[id(self.module)]
        finally:
            self.spec._initializing = False  # type: ignore[attr-defined]
            self.thread = 0

    def _failed(self, error: Exception) -> str:
        return (
            f"the module {self.spec.name} cannot run at its first use, in {_place()}: "
            f"{type(error).__name__}: {error}. It runs that late because of `# release: lazy "
            f"{self.option}` in requirements.in: leave out that name, or name less of it, and "
            "lock again"
        )


def _use(module: ModuleType) -> None:
    """Run a module if it waits.

    The lock is that of its import, because importlib finds out if threads wait for each other
    around a circle. Then one of them goes on with what is there, as with a circular import.
    """
    waiting = _waiting.get(id(module))
    if waiting is None or waiting.thread == threading.get_ident():
        return
    for name in waiting.before:
        if isinstance(first := sys.modules.get(name) or import_module(name), WaitingModule):
            _use(first)
    lock = _bootstrap._get_module_lock(waiting.spec.name)  # type: ignore[attr-defined]
    try:
        lock.acquire()
    except _bootstrap._DeadlockError:  # type: ignore[attr-defined]
        return
    try:
        if id(module) in _waiting and not waiting.thread:
            waiting.run()
    finally:
        lock.release()


def _place() -> str:
    """File and line that use the module, outside of importlib and this file."""
    frame = sys._getframe()
    while (file := frame.f_code.co_filename) == __file__ or file.startswith("<frozen importlib"):
        if frame.f_back is None:
            break
        frame = frame.f_back
    return f"{file}, line {frame.f_lineno}"
