"""What the task's command `measure` says of a cold start, and of one that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_src.release.activation.activate import ReleaseMissingError
from lambda_src.release.installation import measure
from lambda_src.release.installation.job import WAYS, Measurement
from lambda_src.release.layout import ExitCode, InstallError, Manifest

from ..conftest import LAMBDA_SRC, RELEASE_ID

MODEL = """
import os, time, shapes
time.sleep(0.05)

def predict(instances):
    return instances

def load(artifacts):
    assert artifacts.name == "artifacts"
    print(os.environ["RELEASE_PATH"], os.environ["RELEASE_COLD_START"], shapes.__file__)
"""


def wanted(folder: Path, way: str, model: str = MODEL) -> Measurement:
    """A release of one package, and artifacts beside it."""
    program = folder / "program"
    program.mkdir()
    (program / "release").symlink_to(LAMBDA_SRC / "release")
    (program / "model.py").write_text(model)
    release, artifacts = (folder / "releases" / name for name in (RELEASE_ID, "f" * 16))
    for made, name in ((release, "site-packages/shapes.py"), (artifacts, "artifacts/weights")):
        (made / name).parent.mkdir(parents=True)
        (made / name).touch()
        Manifest(release=made.name, python="", architecture="", created="", files=()).write(made)
    (folder / "own").mkdir()
    return Measurement(release, artifacts, way, folder / "own", program)


@pytest.mark.parametrize("way", WAYS)
def test_each_way_loads_the_model_and_leaves_nothing(tmp_path: Path, way: str) -> None:
    summary = measure.report(wanted(tmp_path, way))
    assert (summary["outcome"], summary["release"]) == ("loaded", RELEASE_ID)
    assert summary["imports"] == {"on": "plain", "off": "off", "local": "off"}[way]
    seconds = summary["seconds"]
    assert isinstance(seconds, dict)
    assert 0.05 <= seconds["import"] <= seconds["total"]
    assert not list((tmp_path / "own").iterdir())


def test_a_model_that_does_not_load_is_an_error_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match=r"does not load (?s:.*)no such colour") as caught:
        measure.report(wanted(tmp_path, "on", "raise ValueError('no such colour')"))
    assert caught.value.code is ExitCode.IMPORT


def test_where_there_is_no_release_nothing_is_measured(tmp_path: Path) -> None:
    asked = wanted(tmp_path, "off")
    (asked.release / "manifest.json").unlink()
    with pytest.raises(ReleaseMissingError, match=r"has no manifest\.json"):
        measure.report(asked)
