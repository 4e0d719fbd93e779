"""Reserved concurrency: how many calls of a function run at once, and what one account has."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator

from ..account import RefusalError

# Lambda quotas: "Concurrent executions", and what has to stay unreserved.
_QUOTA, _UNRESERVED = 1_000, 100


class Concurrency:
    """The calls that run, by function."""

    def __init__(self) -> None:
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def call(self, arn: str, reserved: int | None) -> Iterator[None]:
        """One call of a function, whose versions and aliases share what is reserved.

        Raises:
            RefusalError: As many run as are reserved.
        """
        with self._lock:
            if reserved is not None and self._running[arn] >= reserved:
                why = "ReservedFunctionConcurrentInvocationLimitExceeded"
                raise RefusalError(
                    "TooManyRequestsException", "Rate Exceeded.", 429, Reason=why, Type="User"
                )
            self._running[arn] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[arn] -= 1


def refuse_too_many(reserved: int) -> None:
    """Refuse a reservation that leaves the account too little, `reserved` being all of them."""
    if _QUOTA - reserved < _UNRESERVED:
        why = "decreases account's UnreservedConcurrentExecution below its minimum value of "
        text = f"Specified ReservedConcurrentExecutions for function {why}[{_UNRESERVED}]."
        raise RefusalError("InvalidParameterValueException", text)
