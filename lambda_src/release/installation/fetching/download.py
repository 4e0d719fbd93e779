"""One file on its way: ranges that are written where they belong, and hashed in their order."""

from __future__ import annotations

import hashlib
import http.client
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from ...layout import LOCK_AGAIN, ExitCode, InstallError
from ..aws import attempts
from ..log import log
from .source import Body, OutOfRangeError, Source, SourceError, Wanted

PART = 32 << 20
"""Bytes of a range. What breaks off goes on where it was, so a large one costs nothing, and each
takes a connection of its own."""
_CHUNK = 1 << 20
_ATTEMPTS = 8
_LONGEST_PAUSE = 15.0


class Download:
    """A file being fetched: `begin`, then `part` for each of `rest`, by any thread.

    ``done`` counts the bytes that have come; ``size`` is known after `begin`. It is compared with
    what is wanted as soon as all of it is there.
    """

    def __init__(self, wanted: Wanted, folder: Path, stop: threading.Event) -> None:
        self.wanted = wanted
        self.size = wanted.size
        self.done = 0
        self._source = Source(wanted)
        self._stop = stop
        self._path = folder / wanted.name
        self._counting, self._hashing = threading.Lock(), threading.Lock()
        self._come: dict[int, int] = {}
        self._hash, self._hashed = hashlib.sha256(), 0

    @property
    def whole(self) -> bool:
        """Whether all of it is there."""
        return self._hashed == self.size

    def begin(self) -> None:
        """Make the file, and fetch the first range, or all of it where the source has no ranges.

        Raises InstallError, and OSError where the file cannot be made, or is there already.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("xb"):
            pass
        self.part(0, PART if self.size is None else min(PART, self.size))

    def rest(self) -> list[tuple[int, int]]:
        """The ranges that are still to come."""
        size = self.size or 0
        return [(at, min(at + PART, size)) for at in range(self._hashed, size, PART)]

    def part(self, begin: int, end: int) -> None:
        """Fetch the bytes from ``begin`` on and before ``end``, from where it broke off each time.

        Raises InstallError and OSError.
        """
        with self._path.open("r+b", buffering=0) as stream:
            end = self._fetched(stream.fileno(), begin, end)
            if not self._stop.is_set():
                self._arrived(stream.fileno(), begin, end)

    def _fetched(self, file: int, begin: int, end: int) -> int:
        """Where the range has ended."""
        last = attempts(_ATTEMPTS)
        at, attempt = begin, 0
        while not self._stop.is_set():
            before = at
            try:
                body = self._source.open(at, end)
                with body.stream:
                    end = self._end(body, begin, end)
                    for count in self._copied(body, file, at, end):
                        at += count
                if at >= end:
                    break
                trouble, passes = f"the connection ended after {at:,} bytes", True
            except OutOfRangeError:
                self._differs("fewer bytes", f"{self.size:,}")
            except SourceError as error:
                trouble, passes = str(error), error.passes
            except (OSError, http.client.HTTPException) as error:
                trouble, passes = str(error) or type(error).__name__, True
            attempt = 1 if at > before else attempt + 1
            if attempt >= last or not passes:
                raise self._failure(trouble)
            self._pause(attempt, trouble)
        return at

    def _end(self, body: Body, begin: int, end: int) -> int:
        """Where the range ends, now that the source has said how large the file is."""
        if self.size is None:
            if body.total is None:
                raise SourceError("it does not say how large it is")
            self.size = body.total
        if body.total not in (None, self.size):
            self._differs(f"{body.total:,} bytes", f"{self.size:,}")
        return self.size if body.whole and begin == 0 else min(end, self.size)

    def _copied(self, body: Body, file: int, at: int, end: int) -> Iterator[int]:
        """Write what comes, and say how many bytes that are."""
        skipped = at - body.start
        buffer = memoryview(bytearray(min(_CHUNK, max(end - at, 1))))
        while at < end and not self._stop.is_set():
            count = body.stream.readinto(buffer[: min(skipped or end - at, len(buffer))])
            if not count:
                return
            if skipped:
                skipped -= count
                continue
            self._write(file, buffer[:count], at)
            at += count
            with self._counting:
                self.done += count
            yield count

    def _write(self, file: int, data: memoryview, at: int) -> None:
        try:
            while data:
                count = os.pwrite(file, data, at)
                data, at = data[count:], at + count
        except OSError as error:
            raise InstallError(
                ExitCode.DISK,
                f"{self._path} cannot be written ({error.strerror}). Raise "
                "populatorEphemeralStorageGib, or free the disk.",
            ) from error

    def _arrived(self, file: int, begin: int, end: int) -> None:
        """Hash what has come, as far as nothing is missing before it."""
        with self._hashing:
            self._come[begin] = end
            while (end := self._come.pop(self._hashed, -1)) > self._hashed:
                while self._hashed < end:
                    data = os.pread(file, min(_CHUNK, end - self._hashed), self._hashed)
                    self._hash.update(data)
                    self._hashed += len(data)
            if self.whole and (found := self._hash.hexdigest()) != self.wanted.sha256:
                self._differs(f"the SHA-256 {found}", self.wanted.sha256)

    def _differs(self, found: str, locked: str) -> NoReturn:
        raise InstallError(
            ExitCode.HASH_MISMATCH,
            f"{self.wanted.name} is not what was locked: {self.wanted.url} has {found}, and "
            f"locked is {locked}. If the file was meant to change, {LOCK_AGAIN}; if not, do "
            "not use it.",
        )

    def _failure(self, trouble: str) -> InstallError:
        may = (
            "the task's role may read it (the bucket's own policy, and that of its key, have to "
            "let the role in where they are another account's)"
            if self.wanted.signed
            else "everybody may read it"
        )
        return InstallError(
            ExitCode.SOURCE,
            f"{self.wanted.name} cannot be fetched from {self.wanted.url}: {trouble}. See that it "
            f"is there, that {may}, and that the task reaches it (egress, endpoints, proxy).",
        )

    def _pause(self, attempt: int, trouble: str) -> None:
        pause = min(2.0 ** (attempt - 1), _LONGEST_PAUSE)
        log("fetch", f"{self.wanted.name}: {trouble}; the next attempt is in {pause:g} s")
        self._stop.wait(pause)
