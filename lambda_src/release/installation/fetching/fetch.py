"""Fetching files: many at once, each in ranges, and checked."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

from ...layout import ExitCode, InstallError
from ..log import throttled
from ..parallel import spread
from .download import Download
from .source import Wanted

CONNECTIONS = 16
"""Ranges that are fetched at once."""


def fetch(wanted: Sequence[Wanted], folder: Path, phase: str = "fetch") -> None:
    """Fetch files into a folder, and compare their sizes and SHA-256 with what is wanted.

    What is there of a name already is not touched. ``phase`` is that of the lines of the log.
    Raises InstallError, after which files may be there that are not whole, and OSError.
    """
    check_room(folder, sum(file.size or 0 for file in wanted))
    stop = threading.Event()
    downloads = [Download(file, folder, stop) for file in wanted]
    progress = throttled(phase, len(wanted), sum(file.size or 0 for file in wanted))

    def tick() -> None:
        whole = sum(download.whole for download in downloads)
        progress(whole, sum(download.done for download in downloads))

    spread(Download.begin, downloads, tick, stop, CONNECTIONS)
    # Sizes that nobody knew are known now.
    check_room(folder, sum((download.size or 0) - download.done for download in downloads))
    rest = [(download, *range_) for download in downloads for range_ in download.rest()]
    spread(lambda piece: piece[0].part(*piece[1:]), rest, tick, stop, CONNECTIONS)


def check_room(folder: Path, needed: int) -> None:
    """Refuse what does not fit on the disk of a folder. Raises InstallError."""
    status = os.statvfs(folder)
    free = status.f_bavail * status.f_frsize
    if free < needed:
        raise InstallError(
            ExitCode.DISK,
            f"{folder} has {free / 1e6:,.0f} MB free, and what is fetched takes "
            f"{needed / 1e6:,.0f} MB. Raise populatorEphemeralStorageGib, or free the disk.",
        )
