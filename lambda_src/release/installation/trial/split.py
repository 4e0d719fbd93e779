"""Libraries whose page table shows 4 or 8 KiB instead of 64 KiB around each fault.

The kernel maps the pages around a fault as well, up to 64 KiB, but never beyond a mapping's end
(mm/memory.c, do_fault_around). A library with many short segments is mapped in many mappings, so
less of what was not touched looks touched. The segments' content and place stay what they are.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from ...layout import ExitCode, InstallError
from ...lazy import Lazy
from ..log import log
from .elf import PF_W, PF_X, PT_LOAD, SEGMENT, Header
from .pack import SMALL
from .record import PAGE, Runs
from .smoke import RECORD, RECORD_EXACT, Smoke

MAPPINGS = 50_000
"""Mappings that are made, about; a process has at most 65,530 (sysctl vm.max_map_count)."""


def record_exactly(smoke: Smoke, lazy: Lazy | None = None) -> None:
    """Make the smoke import once more, and record in RECORD_EXACT what it touches of libraries.

    Modules that are ``lazy`` wait for their first use in it.

    If it fails with split libraries, only that is logged, and they have to do whole. Raises
    InstallError or OSError if they do not, or if a library cannot be restored.
    """
    try:
        _, _, pages, *_ = json.loads((smoke.scratch / RECORD).read_text())
        libraries = {
            smoke.site_packages / path: [*first, *later]
            for path, (first, later) in pages.items()
            if (smoke.site_packages / path).stat().st_size > SMALL
        }
        try:
            with split(libraries):
                smoke.run(RECORD_EXACT, lazy)
        finally:
            smoke.restored(libraries)
    except (OSError, ValueError, InstallError) as error:
        if isinstance(error, InstallError) and error.code is ExitCode.DISK:
            raise
        log("cold-start", f"the libraries are recorded less exactly: {error}"[:300])
        smoke.run(RECORD_EXACT, lazy)


@contextmanager
def split(libraries: Mapping[Path, Runs]) -> Iterator[None]:
    """Give the libraries short segments where they are said to be touched, and in the end take
    them away again.

    What is no ELF file of 64 bits, little-endian, stays as it is. Raises OSError, or InstallError
    if a library cannot be restored.
    """
    pages = sum(count for runs in libraries.values() for _, count in runs)
    step = max(1, -(-pages // MAPPINGS))
    before: list[tuple[Path, os.stat_result, bytes]] = []
    try:
        for path, runs in libraries.items():
            cuts = [
                page * PAGE
                for first, count in runs
                for page in (*range(first, first + count, step), first + count)
            ]
            with path.open("r+b") as stream:
                header = Header.read(stream)
                if header is None:
                    continue
                pieces = [piece for fields in header.segments for piece in _pieces(fields, cuts)]
                if len(pieces) > 0xFFF0:
                    continue
                status = path.stat()
                before.append((path, status, header.content))
                stream.seek(end := -(-status.st_size // 8) * 8)
                stream.write(b"".join(pieces))
                stream.seek(0)
                stream.write(header.moved(end, len(pieces)))
        yield
    finally:
        for path, status, content in before:
            try:
                with path.open("r+b") as stream:
                    stream.write(content)
                os.truncate(path, status.st_size)
                os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
            except OSError as error:
                raise InstallError(
                    ExitCode.DISK, f"{path} cannot be restored: {error}. Look at the disk."
                ) from error


def _pieces(fields: tuple[int, ...], cuts: list[int]) -> Iterator[bytes]:
    """A segment in short ones, if it is read-only; neighbours differ, or they would be merged."""
    kind, flags, offset, address, physical, size, memory, _ = fields
    if kind != PT_LOAD or flags & PF_W or size != memory or (address - offset) % PAGE:
        yield SEGMENT.pack(*fields)
        return
    end = offset + size
    edges = [offset, *sorted({cut for cut in cuts if offset < cut < end}), end]
    for begin, edge in pairwise(edges):
        move = begin - offset
        yield SEGMENT.pack(
            PT_LOAD, flags, begin, address + move, physical + move, *[edge - begin] * 2, PAGE
        )
        flags ^= PF_W if fields[1] & PF_X else PF_X
