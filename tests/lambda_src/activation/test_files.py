"""What stands for open and linecache.updatecache goes when the cold start ends, and leaves alone
what others have put there.
"""

from __future__ import annotations

import builtins
import io
import linecache
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from lambda_src.release.activation.files import Files
from lambda_src.release.bundle import Bundle

PACKED = {"a.csv": b"packed\n", "a.py": b"packed = 1", "bad.py": b"\xff"}


class Packed:
    """A bundle of two files, of which one is data."""

    data = frozenset({"a.csv", "damaged.csv"})
    asked: list[str]

    def __init__(self) -> None:
        self.asked = []

    def read(self, path: str) -> bytes | None:
        self.asked.append(path)
        return PACKED.get(path)


@pytest.fixture
def packed() -> Packed:
    return Packed()


@pytest.fixture
def files(packed: Packed, tmp_path: Path) -> Iterator[Files]:
    """Installed for a directory whose files say that they are plain."""
    for name in ("a.csv", "a.py", "bad.py", "b.csv", "damaged.csv"):
        (tmp_path / name).write_text("plain\n")
    root = f"{tmp_path}/"
    before = builtins.open, io.open, linecache.updatecache
    found = Files(
        lambda path: path.removeprefix(root) if path.startswith(root) else None,
        cast("Bundle", packed),
    )
    found.install()
    yield found
    found.remove()
    builtins.open, io.open, linecache.updatecache = before
    linecache.clearcache()


def read(name: Path, opened: Any = None) -> str:
    """What open says that is there now, or the one that is given."""
    with (opened or builtins.open)(name) as stream:
        return str(stream.read()).strip()


def test_a_kept_reference_goes_straight_through(
    files: Files, packed: Packed, tmp_path: Path
) -> None:
    kept, kept_update = builtins.open, linecache.updatecache
    assert read(tmp_path / "a.csv") == "packed"
    files.remove()
    packed.asked.clear()
    assert builtins.open is io.open is not kept
    assert read(tmp_path / "a.csv") == read(tmp_path / "a.csv", kept) == "plain"
    assert kept_update(str(tmp_path / "a.py")) == ["plain\n"]
    assert linecache.updatecache is not kept_update
    assert packed.asked == []


def test_what_others_have_put_there_stays_and_goes_straight_through(
    files: Files, packed: Packed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = builtins.open

    def wrapped(*arguments: Any) -> Any:
        return ours(*arguments)

    monkeypatch.setattr(builtins, "open", wrapped)
    assert read(tmp_path / "a.csv") == "packed"
    files.remove()
    assert builtins.open is wrapped
    assert io.open is not ours
    assert read(tmp_path / "a.csv") == "plain"


def test_lines_of_the_bundle_leave_the_cache_with_it(
    files: Files, packed: Packed, tmp_path: Path
) -> None:
    name = str(tmp_path / "a.py")
    assert linecache.getline(name, 1) == "packed = 1\n"
    assert linecache.getlines(str(tmp_path / "bad.py")) == ["plain\n"]
    files.remove()
    assert linecache.getline(name, 1) == "plain\n"


@pytest.mark.parametrize("name", ["b.csv", "damaged.csv", "a.py"])
def test_what_is_no_data_of_the_bundle_is_read_plainly(
    files: Files, tmp_path: Path, name: str
) -> None:
    assert read(tmp_path / name) == "plain"


def test_a_descriptor_is_the_files_own(files: Files, tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("rb") as stream:
        assert Path(f"/proc/self/fd/{stream.fileno()}").readlink() == tmp_path / "a.csv"


def test_a_warning_about_the_default_encoding_comes_from_the_original(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Flags:
        warn_default_encoding = True

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        monkeypatch.setattr("sys.flags", Flags)
        assert read(tmp_path / "a.csv") == "plain"
