"""Being stopped from outside, without leaving anything behind."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(BaseException):
    """SIGTERM or SIGINT arrived. No Exception, so that nothing on the way swallows it."""


def raise_on_stop_signals() -> None:
    """From now on the first SIGTERM or SIGINT raises Stopped in the main thread."""

    def stop(number: int, _frame: object) -> None:
        ignore_stop_signals()
        raise Stopped(signal.Signals(number).name)

    for number in STOP_SIGNALS:
        signal.signal(number, stop)


def ignore_stop_signals() -> None:
    """Tidying up is not to be interrupted; it is short, and SIGKILL is still there."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def stop_held() -> Iterator[None]:
    """A stop in here is raised at the end of the block.

    For the moments between getting something (a process, a thread, a lock) and knowing it.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
