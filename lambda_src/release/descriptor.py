"""Descriptors of ours in a process whose model may close all that there are."""

from __future__ import annotations

import os
from typing import Self

_STREAMS = 2
"""The last number of a standard stream."""


class Descriptor:
    """A number that is ours as long as it names what it named at first.

    A model that closes every descriptor gives the numbers to the next files and sockets that it
    opens. Ask `is_ours` before each use.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.identity = _identity(number)

    @classmethod
    def open(cls, path: str) -> Self:
        """Open a file for reading; its number is not one of the standard streams'.

        Raises OSError.
        """
        number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        if number > _STREAMS:
            return cls(number)
        import fcntl  # only for a model that has closed them

        try:
            return cls(fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, _STREAMS + 1))
        finally:
            os.close(number)

    def is_ours(self) -> bool:
        """Whether it still names the same file or pipe."""
        return self.identity is not None and _identity(self.number) == self.identity

    def close(self) -> None:
        """Close it, unless somebody has."""
        if self.is_ours():
            os.close(self.number)
        self.identity = None


def _identity(number: int) -> tuple[int, int] | None:
    try:
        status = os.fstat(number)
    except OSError:
        return None
    return status.st_dev, status.st_ino
