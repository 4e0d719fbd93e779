"""What is packed of an import, and what is read ahead of its libraries."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lambda_src.release.bundle import BUNDLE, READ, Bundle
from lambda_src.release.installation.trial.pack import GAP, MANY, pack
from lambda_src.release.installation.trial.record import PAGE

from ..bundled import EXTENSION
from ..conftest import RELEASE_ID

NAME = EXTENSION.name
FIRST = f"first/{NAME}"


def test_hot_ranges_with_a_small_gap_are_read_as_one(tmp_path: Path) -> None:
    small, large = GAP // PAGE, GAP // PAGE + 1
    pages = {"big": [[[0, 1], [1 + small, 1], [2 + small + large, 1]], []]}
    made = tmp_path / "releases" / RELEASE_ID
    (made / "site-packages").mkdir(parents=True)
    (made / "site-packages" / "big").write_bytes(bytes(READ * 2))
    (tmp_path / "import.json").write_text(json.dumps([["big"], {"": ["big"]}, pages, []]))
    pack(made, RELEASE_ID, tmp_path, {})
    bundle = Bundle(str(made))
    os.close(bundle.descriptor)
    assert [job for job in bundle.jobs if job[0] == "big"] == [
        ("big", 0, (2 + small) * PAGE),
        ("big", (2 + small + large) * PAGE, PAGE),
    ]


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
