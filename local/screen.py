"""What a local run shows: with a live line for the current step on a terminal."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

from .engine import Resource

_COUNT = re.compile(r"([\d,]+) of ([\d,]+)")
_STYLES = {"error": "bold red", "warning": "yellow", "good": "green", "quiet": "dim"}


class Screen:
    """Where a run tells the user what it does; may be used from several threads.

    It watches the engine: log lines and created resources end up here.
    """

    def __init__(self, file: TextIO, *, resources: bool = True) -> None:
        """Show things on `file`; with `resources` also each resource."""
        self._console = Console(file=file, highlight=False, soft_wrap=True)
        self._resources = resources
        self._live: Progress | None = None
        self._lock = threading.Lock()
        self._open = True

    def line(self, text: str, style: str = "") -> None:
        """Show a line; `style` is error, warning, good, quiet or nothing."""
        with self._lock:
            if self._open:
                self._console.print(text, style=_STYLES.get(style, style), markup=False)

    @contextlib.contextmanager
    def without_resources(self) -> Iterator[None]:
        """Show no resources meanwhile."""
        before, self._resources = self._resources, False
        yield
        self._resources = before

    def close(self) -> None:
        """Show nothing from now on."""
        with self._lock:
            self._open = False

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show that a step is under way, and how long it took when it went well."""
        start = time.monotonic()
        if self._console.is_terminal:
            text = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True))
            columns = (SpinnerColumn(), text, BarColumn(20))
            live = Progress(*columns, TimeElapsedColumn(), console=self._console, transient=True)
            live.add_task(title, total=None)
            with live:
                self._live = live
                try:
                    yield
                finally:
                    self._live = None
        else:
            self.line(f"{title} ...")
            yield
        self.line(f"{title}: {time.monotonic() - start:.1f} s", "good")

    def log(self, severity: str, message: str) -> None:
        """Show a line of the program's log; one that counts goes into the live line only."""
        count, live = _COUNT.search(message), self._live
        if live is not None and count is not None and severity == "info":
            done, total = (int(number.replace(",", "")) for number in count.groups())
            live.update(live.task_ids[0], description=message, completed=done, total=total)
        elif severity != "debug":
            style = severity if severity in _STYLES else ""
            self.line("\n".join(f"  {part}" for part in message.splitlines()), style)

    def created(self, resource: Resource, seconds: float) -> None:
        """Show a resource that was created or planned; components are only its frame."""
        if self._resources and resource.custom:
            took = f"  {seconds:.1f} s" if seconds >= 0.05 else ""
            self.line(f"  + {resource.type}  {resource.name}{took}", "quiet")
