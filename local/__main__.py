"""The program on the embedded cloud: `python -m local up`."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from . import PACKS

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _StoppedError(KeyboardInterrupt):
    """A signal came; the argument is its number. To asyncio and to Pulumi's SDK it is Ctrl-C."""


def _stop(number: int, _frame: FrameType | None) -> None:
    for other in _SIGNALS:
        signal.signal(other, signal.SIG_IGN)

    def again(*_: object) -> None:
        raise _StoppedError(number)

    # Python drops an exception that comes up in a weak reference's callback or a __del__. So it
    # comes again until the clean-up in `deploy`, or the end below, stops the timer.
    signal.signal(signal.SIGALRM, again)
    signal.setitimer(signal.ITIMER_REAL, 0.5, 0.5)
    # Not print: the signal may have come in the middle of one.
    os.write(2, b"\ninterrupted: ending all that was started here\n")
    raise _StoppedError(number)


def _leave(status: int) -> NoReturn:
    """End the process at once.

    Everything that was started has ended by now. Threads that wait for the populate task would hold
    up an orderly end, and the interpreter takes seconds to take pulumi_aws and moto apart.
    """
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    for one in _SIGNALS:
        signal.signal(one, _stop)
    try:
        # Only now: the imports take a second or two, in which a signal may come already.
        try:
            from .commands import main

            status = main()
        except ImportError as error:
            # A version of Pulumi's SDK or of moto that lacks an undocumented name.
            remedy = "install the extra `local`" if PACKS else "`make install`, as in uv.lock"
            sys.stderr.write(f"error: {error}. Remedy: other versions, {remedy}\n")
            status = 1
        _leave(status)
    except _StoppedError as stop:
        signal.setitimer(signal.ITIMER_REAL, 0)
        _leave(128 + int(stop.args[0]))
    except BrokenPipeError:
        _leave(128 + signal.SIGPIPE)
