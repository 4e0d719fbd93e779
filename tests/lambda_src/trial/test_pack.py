"""What is packed of an import, and which extension modules are then loaded from copies."""

from __future__ import annotations

import json
import marshal
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lambda_src.release.bundle import BUNDLE, FOLDERS, READ, Bundle
from lambda_src.release.installation.trial.pack import GAP, pack
from lambda_src.release.installation.trial.record import PAGE
from lambda_src.release.layout import Manifest

from ..bundled import EXTENSION, NATIVE
from ..conftest import LAMBDA_SRC, RELEASE_ID

PROGRAM = """
import importlib, json, os, sys
from pathlib import Path
from release.activation.activate import activate
from release.activation.cold_start import ColdStart
release, *steps = sys.argv[1:]
cold_start = ColdStart(release)
with cold_start:
    activate(Path(release), cold_start)
    for step in steps:
        if step.startswith("look:"):
            import ctypes
            try:
                ctypes.CDLL(f"{release}/site-packages/{step[5:]}", os.RTLD_NOLOAD | os.RTLD_NOW)
            except OSError:
                pass
        else:
            importlib.import_module(step)
places = cold_start._imports.places
print(json.dumps([path[len(release) + 15:] for path, place in places.items() if place != path]))
"""
NAME = EXTENSION.name
FIRST, COMPANION, SECOND = f"first/{NAME}", "first/companion.so", f"second/{NAME}"


def release(folder: Path, opened: list[str], loaded: dict[str, list[str]]) -> Path:
    """A release with these extension modules, packed from this record of an import."""
    made = folder / "releases" / RELEASE_ID
    for name in {*opened, *(path for paths in loaded.values() for path in paths)}:
        path = made / "site-packages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(EXTENSION.read_bytes())
    (folder / "import.json").write_text(json.dumps([opened, loaded, {}, []]))
    pack(made, RELEASE_ID, folder)
    assert (made / BUNDLE).exists()
    Manifest(release="x", python="", architecture="", created="", files=()).write(made)
    return made


def copied(made: Path, folder: Path, *steps: str) -> list[str]:
    """The modules that a process loads from copies."""
    done = subprocess.run(
        [sys.executable, "-S", "-B", "-c", PROGRAM, str(made), *steps],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(LAMBDA_SRC), "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[str] = json.loads(done.stdout)
    return found


@pytest.fixture
def resting(tmp_path: Path) -> Path:
    """The first module came with a library, so what was loaded later may need that."""
    loaded: dict[str, list[str]] = {"": [], FIRST: [COMPANION], SECOND: []}
    return release(tmp_path, [FIRST, SECOND], loaded)


def test_what_is_loaded_in_the_recorded_order_is_loaded_from_copies(
    resting: Path, tmp_path: Path
) -> None:
    assert copied(resting, tmp_path, f"first.{NATIVE}", f"second.{NATIVE}") == [FIRST, SECOND]


def test_what_may_rest_on_a_module_that_is_not_loaded_is_loaded_from_its_own_place(
    resting: Path, tmp_path: Path
) -> None:
    assert copied(resting, tmp_path, f"second.{NATIVE}", f"first.{NATIVE}") == [FIRST]


def test_looking_whether_a_library_is_loaded_decides_nothing(resting: Path, tmp_path: Path) -> None:
    assert copied(resting, tmp_path, f"look:{FIRST}", f"first.{NATIVE}") == [FIRST]


@pytest.mark.parametrize(
    "symbol", [b"\0dlopen\0", b"\0dladdr\0", b"\0dladdr1\0", b"\0dlmopen\0"], ids=str
)
def test_a_library_that_looks_for_others_where_it_lies_is_not_copied(
    tmp_path: Path, symbol: bytes
) -> None:
    made = tmp_path / "releases" / RELEASE_ID / "site-packages" / FIRST
    made.parent.mkdir(parents=True)
    made.write_bytes(EXTENSION.read_bytes() + symbol)
    (tmp_path / "import.json").write_text(json.dumps([[FIRST], {"": [], FIRST: []}, {}, []]))
    pack(made.parents[2], RELEASE_ID, tmp_path)
    bundle = Bundle(str(made.parents[2]))
    os.close(bundle.descriptor)
    _, copies, _ = bundle.libraries[FIRST]
    assert copies == 0


def test_hot_ranges_with_a_small_gap_are_read_as_one(tmp_path: Path) -> None:
    small, large = GAP // PAGE, GAP // PAGE + 1
    pages = {"big": [[[0, 1], [1 + small, 1], [2 + small + large, 1]], []]}
    made = tmp_path / "releases" / RELEASE_ID
    (made / "site-packages").mkdir(parents=True)
    (made / "site-packages" / "big").write_bytes(bytes(READ * 2))
    (tmp_path / "import.json").write_text(json.dumps([["big"], {"": ["big"]}, pages, []]))
    pack(made, RELEASE_ID, tmp_path)
    bundle = Bundle(str(made))
    os.close(bundle.descriptor)
    assert [job for job in bundle.jobs if job[0] == "big"] == [
        ("big", 0, (2 + small) * PAGE),
        ("big", (2 + small + large) * PAGE, PAGE),
    ]


def test_what_is_packed_comes_out_as_it_was_and_takes_less_room(resting: Path) -> None:
    bundle = Bundle(str(resting))
    content = EXTENSION.read_bytes()
    assert [bundle.read(path) for path in (FIRST, COMPANION, SECOND)] == [content] * 3
    os.close(bundle.descriptor)
    assert (resting / BUNDLE).stat().st_size < 2 * len(content)


def test_what_cannot_be_packed_does_not_fail_the_populate(tmp_path: Path) -> None:
    (tmp_path / "site-packages").mkdir()
    (tmp_path / "import.json").write_text('[["a.py"], {}')
    result = pack(tmp_path, RELEASE_ID, tmp_path)
    assert "none, so imports go the plain way" in str(result["message"])
    assert not (tmp_path / BUNDLE).exists()


def test_of_a_tree_that_is_gone_no_bundle_is_made(tmp_path: Path) -> None:
    record = [["a.py"], {"": []}, {}, ["shapes/data", "."]]
    (tmp_path / "import.json").write_text(json.dumps(record))
    result = pack(tmp_path, RELEASE_ID, tmp_path)
    assert "FileNotFoundError" in str(result["message"])


def test_a_half_made_bundle_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: str) -> bytes:
        raise OSError("No space left on device")

    monkeypatch.setattr("lambda_src.release.bundle.head", full)
    (tmp_path / "site-packages").mkdir()
    (tmp_path / "import.json").write_text(json.dumps([[], {"": []}, {}, []]))
    assert "No space left on device" in str(pack(tmp_path, RELEASE_ID, tmp_path)["message"])
    assert not (tmp_path / BUNDLE).exists()


def test_names_of_directories_are_packed_but_of_none_with_links(tmp_path: Path) -> None:
    made = tmp_path / "releases" / RELEASE_ID
    for name in (FIRST, "first/inner/a.py", "other/deep/b.py", "plain/c", "linked/d"):
        path = made / "site-packages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(EXTENSION.read_bytes())
    (made / "site-packages/linked/e").symlink_to("d")
    record = [[FIRST], {"": [], FIRST: []}, {}, ["plain/none", "linked/none"]]
    (tmp_path / "import.json").write_text(json.dumps(record))
    pack(made, RELEASE_ID, tmp_path)
    bundle = Bundle(str(made))
    folders = marshal.loads(bundle.read(FOLDERS) or b"")
    os.close(bundle.descriptor)
    assert folders["plain"] == {"c": False}
    assert "linked" not in folders
    assert set(bundle.listing) == {"", "first", "first/inner", "other", "plain", "linked"}
