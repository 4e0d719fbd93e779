"""Pruned releases of real packages: what they are without, and that they do what they did."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_src.release.layout import Manifest
from lambda_src.release.pruned import PRUNED

from ..cold_start.real_packages import lock
from ..conftest import Index, Populate

pytestmark = pytest.mark.whole

NUMPY = "import numpy\n"
IMAGE = "import skimage\nimport numpy\n"
FILTER = """
import numpy, skimage
image = numpy.zeros((9, 9))
image[4, 4] = 1.0
print(round(float(skimage.filters.gaussian(image, sigma=1)[4, 4]), 4), skimage.measure.label(
    image.astype(int)).max(), sorted(dir(skimage))[-1])
"""
SOLVE = """
import numpy, numpy.f2py, numpy.random, numpy.ma
print(numpy.linalg.solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 8.0]).tolist())
"""


def names(populate: Populate) -> list[str]:
    files = Manifest.read(populate.release).files
    return [file.path.removeprefix("site-packages/") for file in files]


def make(populate: Populate, model: str, *lines: str) -> dict[str, dict[str, int]]:
    populate.index.url = "https://pypi.org/simple"
    populate.write_model(model)
    populate.write_lock(*lines)
    run = populate.run()
    assert run.code == 0, run.message
    pruned: dict[str, dict[str, int]] = run.last["pruned"]
    return pruned


def test_numpy_without_static_libraries_and_tests_answers_and_can_be_kept(
    tmp_path: Path, index: Index
) -> None:
    populate = Populate(tmp_path, index)
    lines = lock("numpy")
    pruned = make(populate, NUMPY, "# release: prune tests", *lines)
    assert {"static-libraries", "tests"} == set(pruned)
    found = names(populate)
    assert "numpy/random/lib/libnpyrandom.a" not in found
    assert not [name for name in found if "/tests/" in name]
    assert [name for name in found if "LICENSE" in name]
    assert {"numpy/py.typed", "numpy/__init__.py", "numpy/__init__.pyi"} <= set(found)
    # What numpy/random/_examples/cffi/parse.py reads, and f2py copies.
    read = {"numpy/_core/include/numpy/random/bitgen.h", "numpy/f2py/src/fortranobject.h"}
    assert read <= set(found)
    answers = {populate.ask(SOLVE), populate.ask(SOLVE, RELEASE_COLD_START="off")}
    populate.release_id = "f" * 16
    assert make(populate, NUMPY, "# release: keep numpy", *lines) == {}
    assert set(found) - {PRUNED} < set(names(populate))
    assert {*answers, populate.ask(SOLVE)} == {"[1.0, 2.0]"}


def test_scikit_image_still_finds_its_names_in_its_stubs(tmp_path: Path, index: Index) -> None:
    populate = Populate(tmp_path, index)
    make(populate, IMAGE, *lock("scikit-image"))
    assert {"skimage/__init__.pyi", "skimage/filters/__init__.pyi"} <= set(names(populate))
    answers = {populate.ask(FILTER), populate.ask(FILTER, RELEASE_COLD_START="off")}
    assert len(answers) == 1
