"""Copying trees in parallel."""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambda_src.release.installation.storage import tree
from lambda_src.release.layout import File, InstallError


def copy(source: Path, target: Path) -> tuple[File, ...]:
    target.mkdir()
    return tree.Copy(source, target, tree.scan(source)).run(lambda files, size: None)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    for number in range(3):
        folder = source / f"package{number}" / "deep" / "deeper"
        folder.mkdir(parents=True)
        for name in range(70):
            (folder / f"{name}.py").write_text(f"{number} {name}\n" * number)
    (source / "empty").mkdir()
    (source / "big").write_bytes(os.urandom(9_000_000))
    (source / "tool").write_text("#!/bin/sh\n")
    (source / "tool").chmod(0o777)
    (source / "private").write_text("x")
    (source / "private").chmod(0o600)
    (source / os.fsdecode(b"\xff odd \n name")).write_text("x")
    return source


def contents(root: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(root)): None if path.is_dir() else path.read_bytes()
        for path in root.rglob("*")
    }


def test_a_copy_has_every_file_and_directory_and_reports_size_and_hash(
    source: Path, tmp_path: Path
) -> None:
    files = copy(source, tmp_path / "target")
    assert contents(tmp_path / "target") == contents(source)
    assert set(files) == {
        File(path=name, size=len(data), sha256=hashlib.sha256(data).hexdigest())
        for name, data in contents(source).items()
        if data is not None
    }


@pytest.fixture
def umask() -> Iterator[None]:
    """That of the installer, whatever the user's is."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_files_become_readable_for_all_and_what_runs_still_runs(
    source: Path, tmp_path: Path
) -> None:
    copy(source, tmp_path / "target")
    modes = {n: stat.S_IMODE((tmp_path / "target" / n).stat().st_mode) for n in ("tool", "private")}
    assert modes == {"tool": 0o755, "private": 0o644}


def test_short_writes_are_continued(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[: len(data) // 2 + 1]))
    copy(source, tmp_path / "target")
    assert contents(tmp_path / "target") == contents(source)


def test_an_error_in_one_thread_ends_the_copy(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left on device"):
        copy(source, tmp_path / "target")


def test_nothing_in_the_target_is_overwritten(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "big").write_text("mine")
    with pytest.raises(FileExistsError):
        tree.Copy(source, target, tree.scan(source)).run(lambda files, size: None)


def test_progress_ends_with_all_files_and_bytes(source: Path, tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    found = tree.scan(source)
    seen: list[tuple[int, int]] = []
    tree.Copy(source, tmp_path / "target", found).run(lambda *done: seen.append(done))
    assert seen[-1] == (found.files, found.bytes)


def test_work_units_have_at_most_64_files_and_the_biggest_comes_first(source: Path) -> None:
    slices = tree.scan(source).slices
    sizes = [piece.bytes for piece in slices]
    assert (max(len(piece.files) for piece in slices), sizes) == (64, sorted(sizes, reverse=True))


@pytest.mark.parametrize("absolute", [False, True])
def test_a_link_inside_the_tree_stays_inside(tmp_path: Path, absolute: bool) -> None:
    source = tmp_path / "source"
    (source / "lib").mkdir(parents=True)
    (source / "real.so").write_text("x")
    (source / "lib/link.so").symlink_to(source / "real.so" if absolute else "../real.so")
    copy(source, tmp_path / "target")
    assert (tmp_path / "target/lib/link.so").readlink() == Path("../real.so")


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "../source-other/file"])
def test_a_link_out_of_the_tree_is_refused(tmp_path: Path, target: str) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "link").symlink_to(target)
    with pytest.raises(InstallError, match=f"the link link points to {target}, which lies outs"):
        copy(source, tmp_path / "target")


def test_a_named_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InstallError, match="pipe is neither file, directory nor link"):
        tree.scan(tmp_path)
