"""Releases of artifacts: made by the task, and given to the model."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambda_src.release.artifacts import arguments
from lambda_src.release.installation.storage.verify import verify
from lambda_src.release.layout import ExitCode, Manifest
from tests.web import sha256

from ..conftest import Index, Populate, Run
from ..fetching import Fetching, archive
from ..function import Function
from ..releases import IDS

CONTENT = bytes(range(256)) * 400
ID = IDS[3]


@pytest.fixture
def fetching(tmp_path: Path, index: Index) -> Iterator[Fetching]:
    made = Fetching(tmp_path, index, release_id=ID)
    yield made
    made.web.close()


def failed(fetching: Fetching, code: ExitCode) -> str:
    run = fetching.run()
    assert (run.code, run.last["kind"]) == (code, code.kind), run
    assert fetching.nothing_is_left()
    return run.message


def test_artifacts_are_published_as_they_are_locked(fetching: Fetching, tmp_path: Path) -> None:
    packed = archive(tmp_path, {"variables/index": b"1", "saved.pb": b"2"})
    fetching.write(
        fetching.entry("weights/model.bin", CONTENT),
        fetching.entry("saved", packed, unpack=True),
        fetching.entry("as-it-is.tar.gz", packed),
    )
    run = fetching.run()
    assert run.code == ExitCode.PUBLISHED, run
    manifest = Manifest.read(fetching.release)
    assert {file.path: file.sha256 for file in manifest.files} == {
        "artifacts/weights/model.bin": sha256(CONTENT),
        "artifacts/saved/variables/index": sha256(b"1"),
        "artifacts/saved/saved.pb": sha256(b"2"),
        "artifacts/as-it-is.tar.gz": sha256(packed),
    }
    assert verify(fetching.release, "all") == []
    assert fetching.left_behind() == set()
    assert [line["phase"] for line in run.lines if "message" in line] == [
        *("mount", "fetch", "unpack", "unpack", "copy", "manifest", "publish"),
    ]
    assert (run.last["outcome"], run.last["files"]) == ("published", 4)


def test_a_second_task_finds_them_and_asks_for_nothing(fetching: Fetching) -> None:
    fetching.write(fetching.entry("model.bin", CONTENT))
    assert fetching.run().code == ExitCode.PUBLISHED
    fetching.web.asked.clear()
    run = fetching.run()
    assert (run.code, run.last["outcome"]) == (ExitCode.PUBLISHED, "already-published")
    assert fetching.web.asked == []


@pytest.mark.parametrize("more", [{"size": 7}, {"sha256": sha256(b"other")}])
def test_what_differs_from_the_lock_is_not_published(
    fetching: Fetching, more: dict[str, Any]
) -> None:
    fetching.write(fetching.entry("fine", b"1"), fetching.entry("model.bin", CONTENT, **more))
    said = failed(fetching, ExitCode.HASH_MISMATCH)
    assert said.startswith("model.bin is not what was locked: ")


def test_what_is_refused_leaves_nothing(fetching: Fetching) -> None:
    fetching.write(fetching.entry("model.bin", CONTENT))
    fetching.web.statuses = [403]
    said = failed(fetching, ExitCode.SOURCE)
    assert f"model.bin cannot be fetched from {fetching.web.url}/model.bin: " in said


def test_an_archive_that_leaves_its_folder_is_not_published(
    fetching: Fetching, tmp_path: Path
) -> None:
    packed = archive(tmp_path, {"fine": b"1", "../outside": b"2"})
    fetching.write(fetching.entry("saved", packed, unpack=True))
    assert "../outside" in failed(fetching, ExitCode.ARCHIVE)


def test_a_disk_that_is_too_small_is_said_before_anything_comes(fetching: Fetching) -> None:
    fetching.write(fetching.entry("model.bin", CONTENT, size=1 << 60))
    assert "Raise populatorEphemeralStorageGib" in failed(fetching, ExitCode.DISK)
    assert fetching.web.asked == []


@pytest.mark.parametrize("text", ["", "{}", '[{"name": "a"}]', "[1]"])
def test_a_list_that_is_none_is_refused(fetching: Fetching, text: str) -> None:
    (fetching.program / "artifacts.json").write_text(text)
    run = fetching.run()
    if text == "{}":
        # No artifacts at all: nothing asks for that, and it harms nothing.
        assert run.code == ExitCode.PUBLISHED
    else:
        assert (run.code, fetching.nothing_is_left()) == (ExitCode.USAGE, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_stop_leaves_a_whole_release_or_none(fetching: Fetching, number: signal.Signals) -> None:
    fetching.write(fetching.entry("model.bin", CONTENT))
    fetching.web.hook = lambda: time.sleep(0.5)
    run = fetching.signal_at("fetch", number)
    assert run.code == (ExitCode.STOPPED if number == signal.SIGTERM else -number)
    assert not fetching.release.exists()
    fetching.web.hook = lambda: None
    assert fetching.run().code == ExitCode.PUBLISHED
    assert fetching.left_behind() == set()


READS = "import shapes\n\ndef load(artifacts):\n    print((artifacts / 'model.bin').read_bytes())\n"


@pytest.fixture
def with_artifacts(populate: Populate) -> Populate:
    """An installer of libraries, with artifacts beside them."""
    release = populate.mount / "releases" / ID
    (release / "artifacts").mkdir(parents=True)
    (release / "artifacts" / "model.bin").write_bytes(b"weights")
    (release / "manifest.json").write_text("{}")
    populate.options = ("--artifacts", str(release))
    return populate


def tried(populate: Populate, model: str) -> Run:
    populate.write_model(model)
    return populate.run()


def test_the_proof_loads_the_model_with_its_artifacts(with_artifacts: Populate) -> None:
    model = (
        "import os, pathlib\n"
        "def load(artifacts):\n"
        "    assert type(artifacts) is type(pathlib.Path())\n"
        "    global seen; seen = (artifacts / 'model.bin').read_text()\n"
        "def demonstrate():\n    return {'seen': seen}\n"
    )
    run = tried(with_artifacts, model)
    assert run.code == ExitCode.PUBLISHED, run
    said = [line.get("message", "") for line in run.lines if line["phase"] == "import"]
    assert "demonstration: {'seen': 'weights'}" in said


def test_a_model_that_does_not_find_its_artifact_is_not_published(with_artifacts: Populate) -> None:
    run = tried(with_artifacts, "def load(artifacts):\n    (artifacts / 'other').read_bytes()\n")
    assert (run.code, with_artifacts.release.exists()) == (ExitCode.IMPORT, False)
    assert f"{ID}/artifacts/other" in run.message


def test_a_model_that_writes_to_its_artifacts_is_not_published(with_artifacts: Populate) -> None:
    run = tried(with_artifacts, "def load(artifacts):\n    (artifacts / 'new').write_text('')\n")
    assert (run.code, with_artifacts.release.exists()) == (ExitCode.IMPORT, False)


def test_a_model_whose_artifacts_are_not_there_is_not_tried(populate: Populate) -> None:
    missing = populate.mount / "releases" / ID
    populate.options = ("--artifacts", str(missing))
    run = populate.run()
    assert (run.code, populate.release.exists()) == (ExitCode.ABSENT, False)
    assert run.message.startswith(f"the artifacts that model.py loads are not there: {missing}. ")


def test_a_load_that_needs_artifacts_without_any_breaks_the_contract(populate: Populate) -> None:
    run = tried(populate, "def load(artifacts):\n    pass\n")
    assert run.code == ExitCode.IMPORT
    assert "load(artifacts) in model.py cannot be called as load(): missing a required" in (
        run.message
    )
    assert "load(artifacts) where artifacts.in names some" in run.message


@pytest.mark.parametrize(
    ("load", "given"),
    [
        (lambda: None, 0),
        (lambda artifacts: None, 1),
        (lambda artifacts=None: None, 1),
        (lambda *artifacts: None, 1),
        (lambda a, b: None, 0),
        (lambda *, artifacts: None, 0),
        (dict, 0),
    ],
)
def test_load_gets_the_path_if_it_takes_one(load: Any, given: int) -> None:
    assert (
        arguments(load, "/mnt/efs/releases/x") == (Path("/mnt/efs/releases/x/artifacts"),) * given
    )
    assert arguments(load, "") == ()


def with_model(function: Function, model: str) -> Path:
    """A function whose model has a release of artifacts beside that of libraries."""
    release = function.folder / "releases" / ID
    (release / "artifacts").mkdir(parents=True)
    (release / "artifacts" / "model.bin").write_text("weights")
    (release / "manifest.json").write_text("{}")
    function.environment["ARTIFACTS_PATH"] = str(release)
    function.write_model(model)
    return release


def test_the_function_loads_the_model_with_its_artifacts(function: Function) -> None:
    with_model(
        function,
        "def load(artifacts):\n    global seen; seen = (artifacts / 'model.bin').read_text()\n"
        "def predict(instances):\n    return [seen]\n",
    )
    result = function.run({"instances": [1]})
    assert result.answers == [{"predictions": ["weights"]}]


def test_artifacts_that_are_not_there_are_named_by_their_path(function: Function) -> None:
    release = with_model(function, "def predict(instances):\n    return instances\n")
    (release / "manifest.json").unlink()
    result = function.run({})
    assert result.code != 0
    (error,) = [line for line in result.logs if line["level"] == "ERROR"]
    assert f"no release: {release} has no manifest.json; it contains artifacts" in error["error"]
