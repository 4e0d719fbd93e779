"""Archives that are damaged, no archives, or of a kind that nothing reads."""

from __future__ import annotations

import gzip
import lzma
import os
import resource
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from .test_unpack import a_tar, a_zip, refusal, run, special


def lzma_alone(data: bytes) -> bytes:
    return lzma.compress(data, lzma.FORMAT_ALONE)


def test_a_zip_that_says_less_than_it_has_is_refused(tmp_path: Path) -> None:
    archive = a_zip(tmp_path / "x", {"a": b"1" * 1_000})
    content = archive.read_bytes()
    # The size in the local header and in the directory.
    archive.write_bytes(content.replace(struct.pack("<L", 1_000), struct.pack("<L", 10)))
    assert refusal(archive, tmp_path).startswith("it is damaged, or no archive: ")


def test_a_header_that_claims_more_than_the_memory_is_damage(tmp_path: Path) -> None:
    archive = tmp_path / "x"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_LZMA) as made:
        made.writestr("a", bytes(1_000))
    content = bytearray(archive.read_bytes())
    # After 30 bytes, the name, four of LZMA's own and one of its properties: its window.
    content[36:40] = b"\xff" * 4
    archive.write_bytes(content)
    limits = resource.getrlimit(resource.RLIMIT_AS)
    in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (in_use + (1 << 30), limits[1]))
    try:
        assert refusal(archive, tmp_path) == "it is damaged, or no archive: MemoryError"
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


@pytest.mark.parametrize("make", [a_tar, a_zip])
def test_a_damaged_archive_is_refused(tmp_path: Path, make: Callable[..., Path]) -> None:
    archive = make(tmp_path / "x", {"a": os.urandom(100_000)})
    content = bytearray(archive.read_bytes())
    content[50_000] ^= 0xFF
    archive.write_bytes(content)
    assert refusal(archive, tmp_path).startswith("it is damaged, or no archive: ")


@pytest.mark.parametrize(
    "content", [b"", b"no archive at all", b"PK\x03\x04", b"\x1f\x8bx", b"BZh9x", bytes(600)]
)
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    said = refusal(tmp_path / "x", tmp_path)
    assert said.startswith("it is damaged, or no archive: ") or said == "it has no file"


@pytest.mark.parametrize("compress", [gzip.compress, lzma_alone])
def test_a_compression_inside_or_of_another_kind_is_not_looked_for(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    packed = a_tar(tmp_path / "x", {"a": b"1"}).read_bytes()
    (tmp_path / "x").write_bytes(compress(packed))
    # Not "it has no file", and not its file.
    assert refusal(tmp_path / "x", tmp_path) == "it is damaged, or no archive: truncated header"


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_what_comes_after_the_end_is_not_left_out_silently(tmp_path: Path, mode: str) -> None:
    first = a_tar(tmp_path / "x", {"a": b"1"}, mode=mode).read_bytes()
    second = a_tar(tmp_path / "x", {"b": b"2"}, mode=mode).read_bytes()
    (tmp_path / "x").write_bytes(first + second)
    said = "it goes on after its end, as if two were one"
    assert refusal(tmp_path / "x", tmp_path) == said


@pytest.mark.parametrize(
    ("of_file", "of_directory", "value", "says"),
    [
        (6, 8, 1, "'a' is encrypted"),
        (8, 10, 9, "'a' is compressed by method 9, which Python does not read"),
    ],
)
def test_a_zip_that_python_does_not_read_says_why(
    tmp_path: Path, of_file: int, of_directory: int, value: int, says: str
) -> None:
    archive = a_zip(tmp_path / "x", {"a": b"1"})
    content = bytearray(archive.read_bytes())
    content[of_file] = content[content.index(b"PK\1\2") + of_directory] = value
    archive.write_bytes(content)
    assert refusal(archive, tmp_path) == says


def test_a_tar_whose_first_name_begins_as_a_zip_is_a_tar(tmp_path: Path) -> None:
    run(a_tar(tmp_path / "x", {"PK": b"1"}, mode="w"), tmp_path / "here")
    assert (tmp_path / "here" / "PK").read_bytes() == b"1"


def test_an_archive_without_files_is_refused(tmp_path: Path) -> None:
    archive = a_tar(tmp_path / "x", {}, special("folder", tarfile.DIRTYPE))
    assert refusal(archive, tmp_path) == "it has no file"
