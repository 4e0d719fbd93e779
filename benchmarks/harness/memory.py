"""Memory in place of this machine's disk."""

from __future__ import annotations

import contextlib
import mmap
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 (only where a folder of our own is made)
SCRATCH = 4 << 30
"""Bytes that a run may take at most: what people unpack to /tmp, and the pages of what it reads."""


def memory(size: int) -> Path | None:
    """Where a folder of so many bytes can be made in memory, so that no disk is measured."""
    enough = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > size
    return MEMORY if enough else None


@contextlib.contextmanager
def room(size: int) -> Iterator[Path]:
    """A directory in memory if there is that much, so that no disk is measured; or else on disk."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=memory(size)) as folder:
        yield Path(folder)


def ready(*folders: Path, scratch: int = SCRATCH) -> None:
    """Let no run wait for this machine's disk, nor for memory.

    What people unpack to /tmp takes as much memory once more as the mount's page cache. Where the
    kernel had to evict other pages for that, a run was up to 40 % slower, and the next one found
    its files on the disk.
    """
    files = [path for folder in set(folders) for path in folder.rglob("*") if path.is_file()]
    needed = scratch + sum(path.stat().st_size for path in files)
    if _bytes("MemFree") < needed:
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE
        mmap.mmap(-1, min(needed, _bytes("MemAvailable") // 2), flags=flags).close()
    # Last, because the kernel evicts first what was read once.
    for path in files:
        with path.open("rb", buffering=0) as stream:
            while stream.read(1 << 24):
                pass


def _bytes(name: str) -> int:
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    (line,) = (line for line in lines if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024
