"""A package is the same each time, and leaves nothing behind."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from components.contract.package import Package


def written(folder: Path, files: dict[str, bytes]) -> dict[str, Path | bytes]:
    """The files on disk, by their names."""
    found: dict[str, Path | bytes] = {}
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        found[name] = path
    return found


FILES = {"model.py": b"x = 1\n", "data/labels.bin": bytes(range(256)), "pre/__init__.py": b""}


def test_order_dates_umask_and_folder_do_not_count(tmp_path: Path) -> None:
    first = Package(written(tmp_path / "a", FILES))
    other = written(tmp_path / "b", dict(reversed(FILES.items())))
    for path in other.values():
        assert isinstance(path, Path)
        os.utime(path, (time.time() - 1e6,) * 2)
        path.chmod(0o600)
    second = Package(other)
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.sha256 == second.sha256 == hashlib.sha256(first.path.read_bytes()).hexdigest()
    first.remove()
    second.remove()


@pytest.mark.parametrize("change", ["content", "name", "runs"])
def test_content_name_and_executable_bit_count(tmp_path: Path, change: str) -> None:
    files = written(tmp_path / "a", FILES)
    before = Package(files)
    model = files["model.py"]
    assert isinstance(model, Path)
    if change == "content":
        model.write_bytes(b"x = 2\n")
    elif change == "runs":
        model.chmod(0o755)
    else:
        files["other.py"] = files.pop("model.py")
    after = Package(files)
    assert before.sha256 != after.sha256
    before.remove()
    after.remove()


def test_it_holds_every_file_for_everybody_to_read(tmp_path: Path) -> None:
    files = written(tmp_path, FILES | {"run.sh": b"#!/bin/sh\n"})
    (tmp_path / "run.sh").chmod(0o700)
    (tmp_path / "model.py").chmod(0o600)
    (tmp_path / "link.py").symlink_to("model.py")
    package = Package({**files, "lock.txt": b"six==1\n", "link.py": tmp_path / "link.py"})
    with zipfile.ZipFile(package.path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
        modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
    package.remove()
    more = {"run.sh": b"#!/bin/sh\n", "lock.txt": b"six==1\n", "link.py": FILES["model.py"]}
    assert content == FILES | more
    assert modes.pop("run.sh") == stat.S_IFREG | 0o755
    assert set(modes.values()) == {stat.S_IFREG | 0o644}


def test_names_outside_of_ascii_stay_what_they_are(tmp_path: Path) -> None:
    package = Package(written(tmp_path, {"données/größe 1.txt": b"a"}))
    with zipfile.ZipFile(package.path) as archive:
        assert archive.namelist() == ["données/größe 1.txt"]
    package.remove()


@pytest.mark.parametrize("end", ["package.remove()", "pass"], ids=["removed", "at the end"])
def test_nothing_of_it_is_left(tmp_path: Path, end: str) -> None:
    source = f"""
from components.contract.package import Package
package = Package({{"a.txt": b"a"}})
print(package.path.exists())
{end}
"""
    done = subprocess.run(
        [sys.executable, "-c", source],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "True\n"
    assert list(tmp_path.iterdir()) == []
