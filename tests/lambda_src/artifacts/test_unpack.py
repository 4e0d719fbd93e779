"""Archives: what is unpacked, and what is refused before it does harm."""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from lambda_src.release.installation.artifacts import archives
from lambda_src.release.installation.artifacts import unpack as unpacking
from lambda_src.release.installation.artifacts.unpack import unpack
from lambda_src.release.layout import ExitCode, InstallError

FILES = {"model/weights.bin": b"\0" * 100_000, "model/run.sh": b"#!/bin/sh\n", "empty": b""}


def a_tar(
    path: Path, files: Mapping[str, bytes], *more: tarfile.TarInfo, mode: str = "w:gz"
) -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), 0o755 if name.endswith(".sh") else 0o640
            archive.addfile(info, io.BytesIO(content))
        for info in more:
            archive.addfile(info, io.BytesIO(bytes(info.size)))
    return path


def a_zip(path: Path, files: Mapping[str, bytes], modes: Mapping[str, int] | None = None) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3
            default = stat.S_IFREG | (0o755 if name.endswith(".sh") else 0o640)
            entry.external_attr = (modes or {}).get(name, default) << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return path


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def run(archive: Path, folder: Path) -> None:
    unpack(archive, folder, "model", lambda *_: None)


def refusal(archive: Path, tmp_path: Path) -> str:
    with pytest.raises(InstallError) as raised:
        run(archive, tmp_path / "in" / "here")
    assert raised.value.code == ExitCode.ARCHIVE
    assert {path.name for path in tmp_path.iterdir()} <= {archive.name, "in"}
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["here"]
    message = str(raised.value)
    assert message.startswith("the archive of model is not unpacked: ")
    assert message.endswith("or leave out `unpack`.")
    return message.removeprefix("the archive of model is not unpacked: ").partition(". Pack")[0]


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "tar.bz2", "tar.xz", "zip"])
def test_files_are_unpacked_with_modes_of_their_own(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"archive.{kind}"
    if kind == "zip":
        a_zip(path, FILES)
    else:
        a_tar(path, FILES, mode=f"w:{kind.partition('.')[2]}")
    seen: list[tuple[int, int]] = []
    unpack(path, tmp_path / "here", "model", lambda *progress: seen.append(progress))
    found = {
        file.relative_to(tmp_path / "here").as_posix(): file.read_bytes()
        for file in (tmp_path / "here").rglob("*")
        if file.is_file()
    }
    assert found == FILES
    modes = {file: stat.S_IMODE((tmp_path / "here" / file).stat().st_mode) for file in FILES}
    assert modes == {"model/weights.bin": 0o644, "model/run.sh": 0o755, "empty": 0o644}
    assert seen[-1][1] == 100_010


def test_folders_and_a_leading_dot_are_no_matter(tmp_path: Path) -> None:
    folders = special("./", tarfile.DIRTYPE), special("./a/b", tarfile.DIRTYPE)
    run(a_tar(tmp_path / "x.tar.gz", {"./a/file": b"1"}, *folders), tmp_path / "here")
    assert (tmp_path / "here" / "a" / "file").read_bytes() == b"1"
    assert (tmp_path / "here" / "a" / "b").is_dir()


@pytest.mark.parametrize("make", [a_tar, a_zip])
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("../outside", "'../outside' leads out of its folder"),
        ("a/../../outside", "'a/../../outside' leads out of its folder"),
        ("a/..", "'a/..' leads out of its folder"),
        ("/etc/absolute", "'/etc/absolute' is no relative name"),
        ("a\\b", r"'a\\b' is no relative name"),
        ("a\nb", r"'a\nb' is no relative name"),
        ("x" * 300, f"'{'x' * 100}' is too long"),
        ("/".join(["中" * 80] * 5), f"'{'中' * 80}/{'中' * 19}' is too long"),
        (".", "'.' is no name"),
    ],
)
def test_a_name_that_leads_out_is_refused(
    tmp_path: Path, make: Callable[..., Path], name: str, says: str
) -> None:
    assert refusal(make(tmp_path / "archive", {"fine": b"1", name: b"2"}), tmp_path) == says


@pytest.mark.parametrize(
    ("info", "says"),
    [
        (special("a", tarfile.SYMTYPE, "fine"), "a link or a device"),
        (special("a", tarfile.SYMTYPE, "../../etc"), "a link or a device"),
        (special("a", tarfile.LNKTYPE, "fine"), "a link or a device"),
        (special("a", tarfile.CHRTYPE), "a link or a device"),
        (special("a", tarfile.BLKTYPE), "a link or a device"),
        (special("a", tarfile.FIFOTYPE), "a link or a device"),
    ],
)
def test_a_tar_with_a_link_or_a_device_is_refused(
    tmp_path: Path, info: tarfile.TarInfo, says: str
) -> None:
    assert refusal(a_tar(tmp_path / "x", {"fine": b"1"}, info), tmp_path) == f"'a' is {says}"


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (stat.S_IFLNK, "a link"),
        (stat.S_IFCHR, "a device"),
        (stat.S_IFIFO, "a pipe"),
        (stat.S_IFSOCK, "a socket"),
    ],
)
def test_a_zip_with_a_link_or_a_device_is_refused(tmp_path: Path, kind: int, says: str) -> None:
    archive = a_zip(tmp_path / "x", {"fine": b"1", "a": b"/etc"}, {"a": kind | 0o777})
    assert refusal(archive, tmp_path) == f"'a' is {says}"


@pytest.mark.parametrize("make", [a_tar, a_zip])
@pytest.mark.parametrize("names", [("a", "./a"), ("a", "a/b"), ("a/b", "a")])
def test_a_name_twice_is_refused(
    tmp_path: Path, make: Callable[..., Path], names: tuple[str, str]
) -> None:
    archive = make(tmp_path / "x", dict.fromkeys(names, b"1"))
    assert refusal(archive, tmp_path).endswith("is there twice")


def test_the_same_entry_twice_is_refused(tmp_path: Path) -> None:
    again = tarfile.TarInfo("a")
    again.size = 3
    archive = a_tar(tmp_path / "x", {"a": b"1"}, again)
    assert refusal(archive, tmp_path) == "'a' is there twice"
    assert (tmp_path / "in" / "here" / "a").read_bytes() == b"1"


@pytest.mark.parametrize("make", [a_tar, a_zip])
def test_a_bomb_is_refused_before_it_is_written(
    tmp_path: Path, make: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "ALWAYS", 10_000)
    archive = make(tmp_path / "x", {"small": b"1", "bomb": bytes(5_000_000)})
    limit = max(10_000, 100 * archive.stat().st_size)
    assert limit < 5_000_000
    assert refusal(archive, tmp_path) == (
        f"it unpacks to more than {limit:,} bytes, which is 100 times its own size or 10,000 bytes"
    )
    assert [path.name for path in (tmp_path / "in" / "here").iterdir()] == ["small"]


def test_many_files_that_are_each_small_are_a_bomb_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "ALWAYS", 10_000)
    archive = a_tar(tmp_path / "x", {str(number): bytes(90_000) for number in range(60)})
    assert refusal(archive, tmp_path).startswith("it unpacks to more than ")


def test_too_many_entries_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "MOST_ENTRIES", 3)
    archive = a_zip(tmp_path / "x", dict.fromkeys("abcd", b"1"))
    assert refusal(archive, tmp_path) == "it has more than 3 entries"


def test_a_header_that_would_fill_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "_LONGEST_HEADER", 100_000)
    header = tarfile.TarInfo("pax")
    header.type, header.size = tarfile.XHDTYPE, 2_000_000
    (tmp_path / "x").write_bytes(
        gzip.compress(header.tobuf(tarfile.USTAR_FORMAT) + bytes(2_000_000))
    )
    assert refusal(tmp_path / "x", tmp_path) == "it has a header of more than 100,000 bytes"


def test_what_does_not_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "ALWAYS", 10_000)
    whole = gzip.decompress(a_tar(tmp_path / "x", {"a": b"1"}).read_bytes())
    (tmp_path / "x").write_bytes(gzip.compress(whole + bytes(5_000_000)))
    assert refusal(tmp_path / "x", tmp_path) == "it does not end"


def test_what_does_not_fit_on_the_disk_is_refused_before_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "ALWAYS", 1 << 62)
    large = tarfile.TarInfo("large")
    large.size = 1 << 60
    (tmp_path / "x").write_bytes(large.tobuf(tarfile.GNU_FORMAT))
    with pytest.raises(InstallError) as raised:
        run(tmp_path / "x", tmp_path / "here")
    assert raised.value.code == ExitCode.DISK
