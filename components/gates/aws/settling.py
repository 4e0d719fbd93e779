"""What AWS refuses while a new account, role, network interface or mount spreads, and then not."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from time import sleep
from typing import TypeVar

T = TypeVar("T")


def until_settled(
    attempt: Callable[[], T],
    passing: Callable[[Exception], str],
    say: Callable[[str], None],
    *,
    attempts: int,
    pauses: tuple[float, float],
) -> T:
    """What `attempt` returns, made again while its exception is one that passes.

    Attempts are counted, not minutes: one that fails to mount may take several minutes alone.

    Args:
        attempt: What to do.
        passing: Why an exception passes; empty for one that stays.
        say: Shows progress.
        attempts: How many there are at most.
        pauses: The first pause in seconds, and the longest.
    """
    pause, longest = pauses
    for number in count(2):
        try:
            return attempt()
        except Exception as error:
            why = passing(error)
            if not why or number > attempts:
                raise
            say(f"{why}; again in {pause:.0f} s (attempt {number} of {attempts})")
        sleep(pause)
        pause = min(pause * 2, longest)
    raise AssertionError("the numbers have no end")
