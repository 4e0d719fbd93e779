"""A release is compared with its manifest: what differs is named, and nothing is written."""

import errno
import io
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lambda_src.release.installation.storage import verify as module
from lambda_src.release.installation.storage.verify import Difference, Verification, shown, verify
from lambda_src.release.layout import HASHING

from ..conftest import RELEASE_ID

Damage = Callable[[Path], object]


def replaced(path: Path, make: Damage) -> None:
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    make(path)


def write(path: Path) -> None:
    path.parent.mkdir()
    path.touch()


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("sha256", HASHING)
def test_a_release_as_it_was_published_is_intact(release: Path, sha256: str) -> None:
    assert verify(release, sha256) == []


def test_a_manifest_that_is_a_pipe_is_not_waited_for(release: Path) -> None:
    replaced(release / "manifest.json", os.mkfifo)
    assert [difference.kind for difference in verify(release)] == ["manifest"]


BIG, SMALL = "site-packages/big.so", "site-packages/deep/deeper/7.py"
LINK, DEEP = "site-packages/link.so", "site-packages/deep"
DAMAGES: dict[str, tuple[str, str, str, Damage]] = {
    "missing": ("missing", BIG, "it is not there", lambda r: (r / BIG).unlink()),
    "extra": (
        "extra",
        f"{DEEP}/new/new.py",
        "the manifest does not name it",
        lambda r: write(r / DEEP / "new" / "new.py"),
    ),
    "extra-beside-the-manifest": (
        "extra",
        "core",
        "the manifest does not name it",
        lambda r: (r / "core").touch(),
    ),
    "truncated": (
        "truncated",
        BIG,
        "1000 bytes instead of 3000000",
        lambda r: os.truncate(r / BIG, 1000),
    ),
    "empty": ("truncated", SMALL, "0 bytes instead of 6", lambda r: os.truncate(r / SMALL, 0)),
    "longer": ("size", SMALL, "9 bytes instead of 6", lambda r: os.truncate(r / SMALL, 9)),
    "changed": ("changed", BIG, "SHA-256 ", lambda r: flipped(r / BIG)),
    "link-elsewhere": (
        "link",
        LINK,
        "it points to '/etc/passwd' instead of 'big.so'",
        lambda r: replaced(r / LINK, lambda path: path.symlink_to("/etc/passwd")),
    ),
    "link-missing": ("missing", LINK, "it is not there", lambda r: (r / LINK).unlink()),
    "link-is-a-file": (
        "type",
        LINK,
        "it is a file, not a link",
        lambda r: replaced(r / LINK, Path.touch),
    ),
    "file-is-a-link": (
        "type",
        SMALL,
        "it is a link, not a file",
        lambda r: replaced(r / SMALL, lambda path: path.symlink_to("8.py")),
    ),
    "file-is-a-directory": (
        "type",
        SMALL,
        "it is a directory, not a file",
        lambda r: replaced(r / SMALL, Path.mkdir),
    ),
    "file-is-a-pipe": (
        "type",
        SMALL,
        "it is something else, not a file",
        lambda r: replaced(r / SMALL, os.mkfifo),
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_damage_is_named_with_its_path(release: Path, damage: str) -> None:
    kind, path, detail, harm = DAMAGES[damage]
    harm(release)
    (found,) = verify(release, "all")
    assert (found.kind, found.path) == (kind, path)
    assert found.detail.startswith(detail)


def test_a_file_in_a_directorys_place_is_named_and_all_that_is_missing_for_it(
    release: Path,
) -> None:
    replaced(release / DEEP, Path.touch)
    found = verify(release, "none")
    assert [d for d in found if d.kind != "missing"] == [
        Difference("type", DEEP, "it is no directory")
    ]
    assert len(found) == 151


def test_a_link_in_a_directorys_place_is_named_even_if_it_leads_to_the_same_files(
    release: Path, tmp_path: Path
) -> None:
    (release / DEEP).rename(tmp_path / "elsewhere")
    (release / DEEP).symlink_to(tmp_path / "elsewhere")
    assert verify(release, "all") == [Difference("type", DEEP, "it is no directory")]


def test_several_damages_are_all_found(release: Path) -> None:
    for damage in ("missing", "extra", "link-elsewhere", "empty"):
        DAMAGES[damage][3](release)
    assert [d.kind for d in verify(release, "all")] == ["extra", "link", "missing", "truncated"]


def test_a_changed_file_of_the_same_size_needs_the_sha256(release: Path) -> None:
    flipped(release / BIG)
    assert verify(release, "none") == []
    assert [d.path for d in verify(release, "all")] == [BIG]


def test_a_sample_takes_all_files_where_there_are_few(release: Path) -> None:
    assert Verification(release, "sample").hashed == 152
    assert Verification(release, "none").hashed == 0


def test_a_sample_is_limited_and_another_one_each_time(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SAMPLE", 20)
    samples = {Verification(release, "sample")._hashed for _ in range(5)}
    assert {len(sample) for sample in samples} == {20}
    assert len(samples) > 1


MANIFESTS: dict[str, tuple[str, str, Damage]] = {
    "missing": ("missing", "without it there is no release", Path.unlink),
    "empty": ("manifest", "is damaged", lambda path: path.write_bytes(b"")),
    "cut": ("manifest", "is damaged", lambda path: os.truncate(path, 400)),
    "binary": ("manifest", "is damaged", lambda path: path.write_bytes(os.urandom(900))),
    "deep": ("manifest", "is damaged", lambda path: path.write_text("[" * 100_000)),
    "other-format": ("manifest", "has format 9", lambda path: edited(path, format=9)),
    "no-format": ("manifest", "is damaged", lambda path: edited(path, format=None)),
    "files-in-a-list": ("manifest", "is damaged", lambda path: edited(path, files=["a"])),
    "size-in-words": ("manifest", "is damaged", lambda path: edited(path, files={"a": ["x", ""]})),
    "size-negative": (
        "manifest",
        "-1 is no size",
        lambda path: edited(path, files={"a": [-1, ""]}),
    ),
    "size-of-no-file": (
        "manifest",
        "is no size",
        lambda path: edited(path, files={"a": [10**400, ""]}),
    ),
    "infinite": ("manifest", "is damaged", lambda path: edited(path, format=float("inf"))),
    "links-in-a-list": ("manifest", "is damaged", lambda path: edited(path, links=["a"])),
    "other-release": (
        "manifest",
        "it is that of release ffff",
        lambda path: edited(path, release="ffff"),
    ),
    "directory": ("unreadable", "Is a directory", lambda path: replaced(path, Path.mkdir)),
}


def edited(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize("damage", MANIFESTS)
def test_a_manifest_that_is_none_is_the_difference(release: Path, damage: str) -> None:
    kind, detail, harm = MANIFESTS[damage]
    harm(release / "manifest.json")
    (found,) = verify(release)
    assert (found.kind, found.path) == (kind, "manifest.json")
    assert detail in found.detail


def test_a_release_that_is_not_there_is_a_missing_manifest(tmp_path: Path) -> None:
    (found,) = verify(tmp_path / RELEASE_ID)
    assert found == Difference("missing", "manifest.json", "nothing is there")


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 300])
def test_a_name_that_no_file_can_have_is_a_difference(release: Path, name: str) -> None:
    edited(release / "manifest.json", files={name: [1, "aa"]})
    found = [d for d in verify(release, "all") if d.kind != "extra"]
    assert [d.path for d in found] == [name]


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EACCES])
def test_a_file_that_cannot_be_read_is_a_difference_and_the_others_are_compared(
    release: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    class Failing(io.FileIO):
        def read(self, *_: Any) -> bytes:
            raise OSError(number, os.strerror(number))

    def opened(path: str, *_: Any, **__: Any) -> io.FileIO:
        return Failing(path) if path.endswith("/7.py") else io.FileIO(path)

    monkeypatch.setattr(module, "open", opened, raising=False)
    flipped(release / BIG)
    assert [(d.kind, d.path) for d in verify(release, "all")] == [
        ("changed", BIG),
        ("unreadable", SMALL),
    ]


def test_a_directory_that_cannot_be_listed_is_a_difference(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def failing(path: str) -> Any:
        if path.endswith("/deeper"):
            raise OSError(errno.EIO, "Input/output error")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", failing)
    assert verify(release, "none") == [
        Difference("unreadable", f"{DEEP}/deeper", "Input/output error")
    ]


def test_of_each_kind_ten_are_shown_and_the_rest_counted() -> None:
    many = [Difference("extra", f"{n:02}", "x") for n in range(13)]
    lines = shown([*many, Difference("missing", "a\nb\udcff", "y")])
    assert lines == [
        *(f"extra: {n:02}: x" for n in range(10)),
        "missing: 'a\\nb\\udcff': y",
        "extra: 3 more",
    ]
