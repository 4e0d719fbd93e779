"""The same thing for many pieces of work, in many threads at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from .stop import stop_held

THREADS = 64
TICK = 0.5
"""Seconds between two looks at the progress."""

Work = TypeVar("Work")


def spread(
    function: Callable[[Work], None],
    work: Sequence[Work],
    tick: Callable[[], None] = lambda: None,
    stop: threading.Event | None = None,
    threads: int = THREADS,
) -> None:
    """Run the function on each piece of work in some threads, or in the caller if none start.

    The first exception ends it: ``stop`` is set, nothing more is begun, and the exception is
    raised when the threads are done with what they had.
    """
    _Spreading(function, work, tick, stop or threading.Event()).run(threads)


class _Spreading(Generic[Work]):
    def __init__(
        self,
        function: Callable[[Work], None],
        work: Sequence[Work],
        tick: Callable[[], None],
        stop: threading.Event,
    ) -> None:
        self._function = function
        self._waiting = deque(work)
        self._tick = tick
        self._stop = stop
        self._errors: list[BaseException] = []
        self._threads: list[threading.Thread] = []

    def run(self, threads: int) -> None:
        try:
            # The threads inherit the mask, so a stop always wakes the main thread.
            with stop_held():
                self._start(min(threads, len(self._waiting)))
            if not self._threads:
                self._work(self._tick)
            for thread in self._threads:
                while thread.is_alive() and not self._errors:
                    thread.join(TICK)
                    self._tick()
            if self._errors:
                raise self._errors[0]
            self._tick()
        except BaseException as error:
            self._errors.append(error)
            self._stop.set()
            raise
        finally:
            for thread in self._threads:
                thread.join()

    def _start(self, count: int) -> None:
        for _ in range(count):
            thread = threading.Thread(target=self._work)
            try:
                thread.start()
            except RuntimeError:  # no more threads or memory: those that are there do the work
                return
            self._threads.append(thread)

    def _work(self, tick: Callable[[], None] = lambda: None) -> None:
        while not self._errors:
            try:
                piece = self._waiting.popleft()
            except IndexError:
                return
            try:
                self._function(piece)
            except BaseException as error:
                self._errors.append(error)
            tick()


def pieces(items: Sequence[Work], size: int) -> list[tuple[Work, ...]]:
    """The items in tuples of so many."""
    return [tuple(items[start : start + size]) for start in range(0, len(items), size)]
