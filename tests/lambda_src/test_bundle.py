"""What a bundle says of its own size is compared with the file before it is believed."""

from __future__ import annotations

import marshal
import os
import zlib
from pathlib import Path

import pytest

from lambda_src.release.bundle import BUNDLE, Bundle, Index, head, packed, write
from lambda_src.release.layout import ReleaseError

RELEASE_ID = "0123456789abcdef"
CONTENT = packed(b"content")
INDEX: Index = ({"a": (0, len(CONTENT), zlib.crc32(CONTENT), 7)}, {}, [], {}, frozenset(), {})
TEXT = marshal.dumps(INDEX)
SIZE, CRC = len(TEXT), zlib.crc32(TEXT)

LINES = {
    "larger-than-the-file": f"{SIZE + len(CONTENT) + 1} {CRC}\n",
    "larger-than-the-memory": f"{1 << 50} {CRC}\n",
    "larger-than-a-pointer": f"{10**18} {CRC}\n",
    "larger-than-any-integer": f"{10**40} {CRC}\n",
    "a-page-of-digits": f"{'9' * 5_000} {CRC}\n",
    "smaller": f"{SIZE - 1} {CRC}\n",
    "zero": f"{SIZE} 0\n",
    "nothing-with-its-own-sum": "0 0\n",
    "negative": f"-1 {CRC}\n",
    "one-number": f"{SIZE}\n",
    "three-numbers": f"{SIZE} {CRC} {CRC}\n",
    "with-an-underscore": f"1_0 {CRC}\n",
    "no-number": f"x{SIZE} {CRC}\n",
    "no-end": f"{SIZE} {CRC} ",
    "nothing": "",
}


def _descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_damaged_first_line_is_refused_and_no_descriptor_stays_open(
    tmp_path: Path, line: str
) -> None:
    path = tmp_path / RELEASE_ID / BUNDLE
    path.parent.mkdir()
    path.write_bytes(head(RELEASE_ID) + line.encode() + TEXT + CONTENT)
    before = _descriptors()
    with pytest.raises(ReleaseError):
        Bundle(str(path.parent))
    assert _descriptors() == before


def test_an_intact_one_is_read(tmp_path: Path) -> None:
    path = tmp_path / RELEASE_ID / BUNDLE
    path.parent.mkdir()
    write(path, RELEASE_ID, INDEX, [CONTENT])
    bundle = Bundle(str(path.parent))
    try:
        assert (bundle.read("a"), bundle.read("b")) == (b"content", None)
        os.truncate(path, bundle.start + 1)
        assert (bundle.read("a"), bundle.damaged) == (None, ["a"])
    finally:
        os.close(bundle.descriptor)
