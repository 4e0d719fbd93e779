"""Which modules of a release a model uses, and what running each of them takes."""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from importlib.machinery import SourceFileLoader
from types import ModuleType
from typing import Any

from ...lazy import FIXED, Package
from .defer import hook

_IMPORT = "importlib._bootstrap", "importlib._bootstrap_external", "importlib"


class Trace:
    """What is traced from now on.

    ``seconds`` has the CPU time of each module's own statements, ``imports`` the modules that began
    to run while one ran, ``uses`` those of which one has asked for an attribute. In both ``""`` is
    whoever is no module of the release.
    """

    problem = ""

    def __init__(self, root: str) -> None:
        self.seconds: dict[str, float] = {}
        self.imports: defaultdict[str, set[str]] = defaultdict(set)
        self.uses: defaultdict[str, set[str]] = defaultdict(set)
        self._running: list[str] = [""]
        self._inner = [0.0]
        trace = self

        class Loader(SourceFileLoader):
            def exec_module(self, module: ModuleType) -> None:
                trace.run(module, super().exec_module)

        class Watched(Package):
            def __getattribute__(self, name: str) -> Any:
                if name not in FIXED:
                    trace.use(self, sys._getframe(1).f_globals.get("__name__"))
                return ModuleType.__getattribute__(self, name)

        self._watched = Watched
        hook(root, Loader)

    def run(self, module: ModuleType, execute: Any) -> None:
        """Run a module."""
        name = module.__name__
        if type(module) is ModuleType:
            module.__class__ = self._watched
        self.imports[self._running[-1]].add(name)
        self._running.append(name)
        self._inner.append(0.0)
        begin = time.thread_time()
        try:
            execute(module)
        finally:
            took = time.thread_time() - begin
            self.seconds[name] = took - self._inner.pop()
            self._inner[-1] += took
            self._running.pop()

    def use(self, module: ModuleType, by: str | None) -> None:
        """Note that a module is used."""
        name = ModuleType.__getattribute__(module, "__name__")
        if by != name and by not in _IMPORT:
            self.uses[by if by in self.seconds or by in self._running else ""].add(name)

    def write(self, target: str, answers: dict[str, Any]) -> None:
        """Write it as JSON."""
        edges = ({k: sorted(v) for k, v in found.items()} for found in (self.imports, self.uses))
        with open(target, "w") as stream:  # noqa: PTH123
            json.dump([self.seconds, *edges, answers], stream)
