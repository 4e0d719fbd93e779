"""What a local run shows: a live line for the current step on a terminal, else a line for each.

Resources and the program's log are shown only on request, and where a step fails.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

from ..engine import Resource

_COUNT = re.compile(r"([\d,]+) of ([\d,]+)")
_PHASE = re.compile(r"populate: ([a-z-]+):")
_SUGGESTED = re.compile(r"populate: suggest: (`.*)")
_STYLES = {"error": "bold red", "warning": "yellow", "good": "green", "quiet": "dim"}
_HELD = 30
_FRAME = 34
"""Columns of the live line beside its text: spinner, bar, time."""


class Screen:
    """Where a run tells the user what it does; may be used from several threads.

    It watches the engine: log lines and created resources end up here.
    """

    def __init__(self, file: TextIO, *, verbose: bool = True) -> None:
        """Show things on `file`.

        Args:
            file: A terminal or not.
            verbose: Whether to show the program's log, each step's beginning and each resource.
        """
        self._console = Console(file=file, highlight=False, soft_wrap=True)
        self._verbose, self._resources = verbose, True
        self._live: Progress | None = None
        self._lock = threading.Lock()
        self._open = True
        self._held: deque[str] = deque(maxlen=_HELD)
        self._phases: list[str] = []
        self.suggested: list[str] = []
        """What populate tasks suggest."""

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
        """Show that a step is under way, how long it took when it went well, else its log."""
        start = time.monotonic()
        self._held.clear()
        self._phases.clear()
        try:
            with self._shown(title):
                yield
        except Exception:
            for text in self._held:
                self.line(text)
            raise
        if self._verbose or not self._console.is_terminal:
            said = f"{', '.join(self._phases)}; " if self._phases else ""
            self.line(f"{title}: {said}{time.monotonic() - start:.1f} s", "good")

    @contextlib.contextmanager
    def _shown(self, title: str) -> Iterator[None]:
        if not self._console.is_terminal:
            if self._verbose:
                self.line(f"{title} ...")
            yield
            return
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

    def log(self, severity: str, message: str) -> None:
        """Show a line of the program's log; one that counts goes into the live line only."""
        if found := _SUGGESTED.match(message):
            self.suggested.append(found[1])
        text = "\n".join(f"  {part}" for part in message.splitlines())
        if severity in _STYLES:
            self.line(text, severity)
        elif severity != "debug":
            counted = self._counted(message)
            if self._verbose and not counted:
                self.line(text)
            elif not self._verbose:
                self._held.append(text)
                phase = _PHASE.match(message)
                if phase and phase[1] not in self._phases:
                    self._phases.append(phase[1])

    def _counted(self, message: str) -> bool:
        """Whether a message counts something; then the live line shows it, or any on request."""
        live, count = self._live, _COUNT.search(message)
        room = max(self._console.width - _FRAME, 1)
        line = message.partition("\n")[0]
        if len(line) > room:  # the bar has to fit beside it
            line = f"{line[: room - 1]}…"
        if live is None:
            return False
        if count is not None:
            done, total = (int(number.replace(",", "")) for number in count.groups())
            live.update(live.task_ids[0], description=line, completed=done, total=total)
        elif not self._verbose:
            live.update(live.task_ids[0], description=line, total=None)
        return count is not None

    def created(self, resource: Resource, seconds: float) -> None:
        """Show a resource that was created or planned; components are only its frame."""
        if resource.custom and self._verbose and self._resources:
            took = f"  {seconds:.1f} s" if seconds >= 0.05 else ""
            self.line(f"  + {resource.type}  {resource.name}{took}", "quiet")
        elif resource.custom and not self._verbose:
            self._counted(f"{resource.type.rpartition(':')[2]} {resource.name}")
