"""What is packed of an import, and what is read ahead of its libraries."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path

import pytest

from lambda_src.release.bundle import BUNDLE, READ, Bundle
from lambda_src.release.installation.trial.pack import MANY, pack
from lambda_src.release.installation.trial.record import PAGE

from ..bundled import EXTENSION
from ..conftest import RELEASE_ID

NAME = EXTENSION.name
FIRST = f"first/{NAME}"


def jobs_of(folder: Path, libraries: dict[str, bytes], pages: dict[str, list[int]]) -> Bundle:
    """The bundle of an import that loaded the first of these libraries, and with it the others."""
    made = folder / "releases" / RELEASE_ID
    (made / "site-packages").mkdir(parents=True)
    for name, content in libraries.items():
        (made / "site-packages" / name).write_bytes(content)
    first, *others = libraries
    touched = {name: [[[page, 1] for page in found], []] for name, found in pages.items()}
    record = [[first], {"": [], first: others}, touched, []]
    (folder / "import.json").write_text(json.dumps(record))
    pack(made, RELEASE_ID, folder, {})
    bundle = Bundle(str(made))
    os.close(bundle.descriptor)
    return bundle


def test_of_hot_pages_neighbours_are_read_as_one(tmp_path: Path) -> None:
    bundle = jobs_of(tmp_path, {NAME: bytes(PAGE * 5 - 1)}, {NAME: [0, 1, 3, 4]})
    assert bundle.jobs[-2:] == [(NAME, 0, 2 * PAGE), (NAME, 3 * PAGE, 2 * PAGE - 1)]


def library(*segments: tuple[int, int, int]) -> bytes:
    """An ELF file of ten pages, with these segments: flags, first byte, size."""
    table = b"".join(
        struct.pack("<IIQQQQQQ", 1, flags, offset, offset, offset, size, size, PAGE)
        for flags, offset, size in segments
    )
    header = b"\x7fELF\x02\x01".ljust(16, b"\0")
    header += struct.pack("<HHIQQQIHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, len(segments))
    return header.ljust(64, b"\0") + table.ljust(10 * PAGE - 64, b"\0")


READABLE, EXECUTED, WRITABLE = 4, 5, 6


def test_a_library_is_loaded_when_all_but_its_code_is_there(tmp_path: Path) -> None:
    """Code comes last, that of what others depend on first; a page of both kinds is no code."""
    half = PAGE // 2
    content = library(
        (READABLE, 0, 2 * PAGE + half),
        (EXECUTED, 2 * PAGE + half, 4 * PAGE),
        (WRITABLE, 6 * PAGE + half, PAGE),
    )
    other = "other.so"
    pages = {NAME: [0, 2, 4, 6], other: [3, 5, 7]}
    bundle = jobs_of(tmp_path, {NAME: content, other: content}, pages)
    ready = bundle.libraries[NAME]
    places = [(path, offset // PAGE) for path, offset, _ in bundle.jobs]
    assert places[ready - 4 : ready] == [(NAME, 0), (NAME, 2), (NAME, 6), (other, 7)]
    assert places[ready:] == [(other, 3), (other, 5), (NAME, 4)]


@pytest.mark.parametrize(
    "content", [b"", b"\x7fELF", b"\x7fELF\x02\x01"], ids=["text", "32", "cut"]
)
def test_what_is_no_library_is_read_before_it_is_loaded(tmp_path: Path, content: bytes) -> None:
    bundle = jobs_of(tmp_path, {NAME: content.ljust(PAGE, b"\xff")}, {NAME: [0]})
    assert bundle.jobs[-1] == (NAME, 0, PAGE)
    assert bundle.libraries[NAME] == len(bundle.jobs)


def test_what_is_packed_comes_out_as_it_was_and_takes_less_room(tmp_path: Path) -> None:
    made = tmp_path / "releases" / RELEASE_ID
    contents = {f"{name}.pyc": name.encode() * READ for name in ("one", "two")}
    (made / "site-packages").mkdir(parents=True)
    for name, content in contents.items():
        (made / "site-packages" / name).write_bytes(content)
    (tmp_path / "import.json").write_text(json.dumps([list(contents), {"": []}, {}, []]))
    pack(made, RELEASE_ID, tmp_path, {})
    bundle = Bundle(str(made))
    assert {name: bundle.read(name) for name in contents} == contents
    os.close(bundle.descriptor)
    assert (made / BUNDLE).stat().st_size < READ


def test_what_cannot_be_packed_does_not_fail_the_populate(tmp_path: Path) -> None:
    (tmp_path / "site-packages").mkdir()
    (tmp_path / "import.json").write_text('[["a.py"], {}')
    result = pack(tmp_path, RELEASE_ID, tmp_path, {})
    assert "none, so imports go the plain way" in str(result["message"])
    assert not (tmp_path / BUNDLE).exists()


def test_of_a_tree_that_is_gone_no_bundle_is_made(tmp_path: Path) -> None:
    record = [["a.py"], {"": []}, {}, ["shapes/data", "."]]
    (tmp_path / "import.json").write_text(json.dumps(record))
    result = pack(tmp_path, RELEASE_ID, tmp_path, {})
    assert "FileNotFoundError" in str(result["message"])


def test_a_half_made_bundle_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: str) -> bytes:
        raise OSError("No space left on device")

    monkeypatch.setattr("lambda_src.release.bundle.head", full)
    (tmp_path / "site-packages").mkdir()
    (tmp_path / "import.json").write_text(json.dumps([[], {"": []}, {}, []]))
    assert "No space left on device" in str(pack(tmp_path, RELEASE_ID, tmp_path, {})["message"])
    assert not (tmp_path / BUNDLE).exists()


def packed(folder: Path, names: list[str], looked: list[str]) -> Bundle:
    """The bundle of an import that opened these files, and asked for some itself."""
    made = folder / "releases" / RELEASE_ID
    for name in names:
        path = made / "site-packages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(EXTENSION.read_bytes())
    record = [names, {"": [], FIRST: []}, {}, looked]
    (folder / "import.json").write_text(json.dumps(record))
    pack(made, RELEASE_ID, folder, {})
    bundle = Bundle(str(made))
    os.close(bundle.descriptor)
    return bundle


def test_directories_that_were_listed_are_listed_ahead(tmp_path: Path) -> None:
    names = [FIRST, "first/inner/a.py", "other/deep/b.py", "plain/c"]
    bundle = packed(tmp_path, names, ["first/", "./", "plain/c", "../"])
    assert [path for path, _, size in bundle.jobs if not size] == ["first/", "./"]
    assert set(bundle.listing) == {"", "first", "first/inner", "other", "plain"}


@pytest.mark.parametrize("count", [MANY - 1, MANY])
def test_open_is_replaced_for_many_files_alone(tmp_path: Path, count: int) -> None:
    names = [f"data/{number}" for number in range(count)]
    bundle = packed(tmp_path, [FIRST, *names], [*names, "data/gone", "data/code.pyc", "data/"])
    assert bundle.data == (set(names) if count >= MANY else set())
