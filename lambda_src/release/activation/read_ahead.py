"""Reading artifacts into the page cache while the libraries are imported, before load() asks."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from ..layout import Manifest, ReleaseError

BYTES = 1 << 20
"""Bytes that are read at once, as many as an NFS client of EFS asks for in one request."""
THREADS = 4
"""Reads at once: enough for 300 MB/s at 1.1 ms a read, and few beside those of the import."""
MOST_FILES = 1_000
SHARE = 2
"""All of them together may take one part in so many of the memory. What is larger cannot be loaded
as a whole, so a model that has it reads some of it, and nobody here knows which."""


def read_ahead(release: str) -> None:
    """Read a release of artifacts from beginning to end. What cannot be read is left to load()."""
    try:
        manifest = Manifest.read(Path(release))
    except (OSError, ReleaseError):
        return
    if manifest.bytes * SHARE > memory() or len(manifest.files) > MOST_FILES:
        return
    work = _pieces(release, manifest)
    lock = threading.Lock()
    at_once(THREADS, lambda: _read(work, lock))


def at_once(count: int, work: Callable[[], None]) -> None:
    """Do work in so many threads; where no more can be started in fewer, at least in this one."""
    workers = []
    with contextlib.suppress(RuntimeError):
        for _ in range(count - 1):
            worker = threading.Thread(target=work)
            worker.start()
            workers.append(worker)
    work()
    for worker in workers:
        worker.join()


def memory() -> int:
    """Bytes of the function's memory, or of the machine's."""
    with contextlib.suppress(ValueError):
        return int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")) << 20
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _pieces(release: str, manifest: Manifest) -> Iterator[tuple[int, int]]:
    """Open files and offsets, file by file."""
    for file in manifest.files:
        with contextlib.suppress(OSError):
            descriptor = os.open(f"{release}/{file.path}", os.O_RDONLY | os.O_CLOEXEC)
            # Each read is as large as it has to be, so the kernel does not add to it.
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_RANDOM)
            for offset in range(0, file.size, BYTES):
                yield descriptor, offset


def _read(work: Iterator[tuple[int, int]], lock: threading.Lock) -> None:
    buffer = memoryview(bytearray(BYTES))
    while True:
        with lock:
            piece = next(work, None)
        if piece is None:
            return
        with contextlib.suppress(OSError):
            os.preadv(piece[0], [buffer], piece[1])
