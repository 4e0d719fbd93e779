"""The import of a process's libraries, from beginning to end."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from ..bundle import Bundle
from ..layout import SITE_PACKAGES, ReleaseError
from .finder import Imports
from .metrics import log
from .readers import Readers

SWITCH = "RELEASE_COLD_START"
"""The environment variable that switches all of this off, if its value is ``off``."""


class ColdStart:
    """One cold start: readers and bundle are used, and nothing is collected, inside ``with``.

    Make it in the main thread before there are others; the rest may be done in one. Whatever is
    missing, damaged or refused only makes the import slower; ``state`` says in one word or two
    how it went.
    """

    def __init__(self, release: str | None, artifacts: str = "") -> None:
        self.state = "off" if os.environ.get(SWITCH) == "off" else "plain"
        self._imports: Imports | None = None
        self._readers = Readers(release, artifacts) if release and self.state != "off" else None
        self._threshold = gc.get_threshold()

    def use(self, release: Path) -> None:
        """Import from the release's bundle from now on."""
        if self._readers is None or self._imports is not None:
            return
        try:
            bundle = Bundle(str(release))
        except (OSError, ValueError, ReleaseError) as error:
            _warn(f"the imports go the plain way, {release} has no bundle to use: {error}")
            return
        self._imports = Imports(str(release / SITE_PACKAGES), bundle, self._readers)
        self._imports.install()
        self.state = f"bundle, {self._readers.count} readers"

    def imported(self) -> None:
        """The import has succeeded: what it made stays, so it is never looked through again."""
        if self.state != "off":
            gc.freeze()
            self._collect()

    def __enter__(self) -> Self:
        if self.state != "off":
            # Not gc.disable, so that what the model says by that stays in force.
            gc.set_threshold(0, *self._threshold[1:])
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.state != "off":
            self._collect()
        if self._imports is not None:
            self._imports.settle()
            if damaged := self._imports.bundle.damaged:
                self.state = f"damaged {self.state}"
                _warn(f"damaged in the bundle, so it is read the plain way: {', '.join(damaged)}")
        if self._readers is not None:
            self._readers.end()
            self._readers = None  # and with it the memory that they shared

    def _collect(self) -> None:
        if gc.get_threshold()[0] == 0:
            gc.set_threshold(*self._threshold)


def _warn(message: str) -> None:
    log("WARN", message[:1000])
