"""Being stopped from outside or by a deadline, without leaving anything behind."""

from __future__ import annotations

import faulthandler
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)
TIDYING = 60.0
"""Seconds after its deadline in which the program can tidy up, before it ends all the same."""

_came: list[str] = []


class Stopped(BaseException):
    """A stop arrived. No Exception, so that nothing on the way swallows it."""


def raise_on_stop_signals() -> None:
    """From now on the first stop raises Stopped in the main thread, one that was noted at once."""

    def stop(number: int, frame: object) -> None:
        note_stop_signals()
        _note(number, frame)
        raise Stopped(_came[-1])

    for number in STOP_SIGNALS:
        signal.signal(number, stop)
    # bootstrap.py holds back what comes while there is no handler.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    if _came:
        raise Stopped(_came[-1])


def note_stop_signals() -> None:
    """From now on a stop is only noted: what follows is short, and SIGKILL is still there."""
    for number in STOP_SIGNALS:
        signal.signal(number, _note)


def forget_stops() -> None:
    """Begin: no stop has arrived."""
    _came.clear()


def stop_came() -> bool:
    """Whether a stop has arrived."""
    return bool(_came)


def _note(number: int, _frame: object) -> None:
    name = signal.Signals(number).name
    _came.append("its own deadline (--timeout)" if number == signal.SIGALRM else name)


@contextmanager
def deadline(seconds: float | None) -> Iterator[None]:
    """A stop comes after so many seconds, and the end of the process a minute later.

    A thread of C makes that end: it comes where a system call hangs, and in a container, where
    the kernel keeps the first process from dying of a signal.
    """
    if seconds:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        with suppress(RuntimeError, ValueError, OSError):  # no more threads, no standard error
            faulthandler.dump_traceback_later(seconds + TIDYING, exit=True)
    try:
        yield
    finally:
        if seconds:
            signal.setitimer(signal.ITIMER_REAL, 0)
            faulthandler.cancel_dump_traceback_later()


@contextmanager
def stop_held() -> Iterator[None]:
    """A stop in here is raised at the end of the block.

    For the moments between getting something (a process, a thread, a lock) and knowing it.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
