"""Removing trees, whatever lies in them."""

import os
import socket
from pathlib import Path

import pytest

from lambda_src.release.installation.storage.removal import remove


def test_special_files_and_closed_directories_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = tmp_path / "tree"
    (tree / "deep" / "closed").mkdir(parents=True)
    os.mkfifo(tree / "pipe")
    os.mkfifo(tree / "deep" / "closed" / "pipe")
    monkeypatch.chdir(tree)  # a socket's name has at most 107 bytes
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind("socket")
    (tree / ("n" * 255)).touch()
    (tree / "loop").symlink_to("loop")
    (tree / "deep" / "closed").chmod(0)
    remove(tree)
    assert not tree.exists()


@pytest.mark.parametrize("kind", ["file", "pipe", "link", "nothing"])
def test_what_is_no_directory_goes_as_it_is(tmp_path: Path, kind: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    root = tmp_path / "root"
    if kind == "file":
        root.touch()
    elif kind == "pipe":
        os.mkfifo(root)
    elif kind == "link":
        root.symlink_to(outside)
    remove(root)
    assert not os.path.lexists(root)
    assert (outside / "kept").exists()


def test_a_link_in_the_tree_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "link").symlink_to(outside)
    remove(tmp_path / "tree")
    assert (outside / "kept").exists()


def test_what_cannot_go_does_not_keep_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = tmp_path / "tree"
    for name in ("a", "b", "c"):
        (tree / name).mkdir(parents=True)
        (tree / name / ".nfs0000").touch()
    plain = os.unlink

    def busy(path: str) -> None:
        if "/b/" in path:
            raise OSError(16, "Device or resource busy", path)
        plain(path)

    monkeypatch.setattr(os, "unlink", busy)
    with pytest.raises(OSError, match="Device or resource busy"):
        remove(tree)
    assert [path.name for path in tree.iterdir()] == ["b"]


def test_what_fails_once_is_removed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "file").touch()
    plain = os.unlink
    failed: list[str] = []

    def once(path: str) -> None:
        if not failed:
            failed.append(path)
            raise OSError(116, "Stale file handle", path)
        plain(path)

    monkeypatch.setattr(os, "unlink", once)
    remove(tree)
    assert not tree.exists()


def test_a_writer_who_does_not_know_yet_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    plain = os.rmdir
    written: list[str] = []

    def late(path: str) -> None:
        if not written:
            written.append(path)
            (tree / "late").touch()
        plain(path)

    monkeypatch.setattr(os, "rmdir", late)
    remove(tree)
    assert not tree.exists()


def test_another_one_may_remove_it_at_the_same_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = tmp_path / "tree"
    (tree / "deep").mkdir(parents=True)
    (tree / "deep" / "file").touch()
    plain = os.unlink

    def faster(path: str) -> None:
        plain(path)
        plain(path)

    monkeypatch.setattr(os, "unlink", faster)
    remove(tree)
    assert not tree.exists()
