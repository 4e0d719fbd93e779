"""The segments of a library, as the loader maps them (elf.h, System V ABI)."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

PT_LOAD, PF_X, PF_W = 1, 1, 2
SEGMENT = struct.Struct("<IIQQQQQQ")
"""Elf64_Phdr: type, flags, offset, address, physical address, size, size in memory, alignment."""

_HEADER = 64
_OFFSET, _COUNT = (struct.Struct("<Q"), 32), (struct.Struct("<H"), 56)


@dataclass(frozen=True)
class Header:
    """Elf64_Ehdr, with the table of segments that it says is there."""

    content: bytes
    segments: list[tuple[int, ...]]

    @classmethod
    def read(cls, stream: BinaryIO) -> Header | None:
        """The header at the begin of a file; None for what is no ELF file of 64 bits,
        little-endian, or is cut off."""
        content = stream.read(_HEADER)
        if len(content) < _HEADER or not content.startswith(b"\x7fELF\x02\x01"):
            return None
        offset, count = (form.unpack_from(content, at)[0] for form, at in (_OFFSET, _COUNT))
        if offset + count * SEGMENT.size > stream.seek(0, os.SEEK_END):
            return None
        stream.seek(offset)
        return cls(content, list(SEGMENT.iter_unpack(stream.read(count * SEGMENT.size))))

    def moved(self, offset: int, count: int) -> bytes:
        """The header with its table of segments elsewhere."""
        changed = bytearray(self.content)
        for (form, at), value in ((_OFFSET, offset), (_COUNT, count)):
            form.pack_into(changed, at, value)
        return bytes(changed)


def code(path: Path) -> list[range]:
    """The bytes of a library that are executed; none of what is no library."""
    with path.open("rb") as stream:
        header = Header.read(stream)
    return [
        range(offset, offset + size)
        for kind, flags, offset, _, _, size, *_ in (header.segments if header else ())
        if kind == PT_LOAD and flags & PF_X
    ]
