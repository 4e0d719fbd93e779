"""Packages of several indexes, and wheels that a lock names by URL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..conftest import SHAPES, Index, Populate, build_wheel

CPU = build_wheel(
    "torch",
    {"torch/__init__.py": "CPU = True\n", "common/of_torch.py": "HERE = 1\n"},
    version="2.6.0+cpu",
    tag="py3-none-linux_x86_64",
)
CIRCLES = build_wheel("circles", {"common/of_circles.py": "HERE = 2\n"})
MODEL = """
import common.of_circles, common.of_torch, shapes, torch

def demonstrate():
    return {"cpu": torch.CPU, "sum": common.of_torch.HERE + common.of_circles.HERE}
"""


@pytest.fixture
def other() -> Iterator[Index]:
    with Index(CPU) as served:
        yield served


@pytest.fixture
def two(populate: Populate, other: Index) -> Populate:
    populate.index.add(CIRCLES)
    populate.write_model(MODEL)
    comment = f"# release: index {other.url} for torch"
    populate.write_lock(comment, SHAPES.pin, CIRCLES.pin, CPU.pin)
    return populate


def test_each_index_is_asked_for_its_own_packages_alone(two: Populate, other: Index) -> None:
    run = two.run()
    assert run.code == 0, run.message
    site_packages = two.release / "site-packages"
    assert {path.name for path in (site_packages / "common").glob("*.py")} == {
        "of_torch.py",
        "of_circles.py",
    }
    assert set(two.index.asked) == {"shapes", "circles"}
    assert set(other.asked) == {"torch"}
    done = [line for line in run.lines if line["phase"] == "install" and "done" in line]
    assert [(line["done"], line["of"]) for line in done] == [(1, 3), (2, 3), (3, 3)]


def test_the_index_that_has_no_such_file_is_named(two: Populate, other: Index) -> None:
    other.files.clear()
    run = two.run()
    assert run.code == 10
    assert f"pip could not install from {other.url}: " in run.message
    assert two.left_behind() == set()


def test_a_file_of_an_index_with_another_hash_is_refused(two: Populate, other: Index) -> None:
    other.files[CPU.filename] = build_wheel("torch", {"torch.py": ""}, version="2.6.0+cpu").content
    other.hashes = False
    run = two.run()
    assert run.code == 12
    assert other.url in run.message


def test_a_wheel_is_installed_from_its_url(populate: Populate, other: Index) -> None:
    model = build_wheel("en_model", {"en_model/__init__.py": "WORDS = 3\n"}, version="3.8.0")
    other.add(model)
    populate.write_model("import en_model, shapes\n")
    place = f"{other.url.removesuffix('simple')}files/{model.filename}"
    pin = f"en-model @ {place} --hash={model.pin.rpartition('--hash=')[2]}"
    populate.write_lock(SHAPES.pin, pin)
    run = populate.run()
    assert run.code == 0, run.message
    assert "en-model" not in populate.index.asked
    assert (populate.release / "site-packages" / "en_model" / "__init__.py").is_file()


def test_a_wheel_by_url_goes_with_packages_of_several_indexes(two: Populate, other: Index) -> None:
    model = build_wheel("en_model", {"en_model/__init__.py": ""}, version="3.8.0+a")
    other.add(model)
    two.write_model("import en_model, torch\n")
    place = f"{other.url.removesuffix('simple')}files/{model.filename.replace('+', '%2B')}"
    two.write_lock(
        f"# release: index {other.url} for torch",
        CPU.pin,
        f"en-model @ {place} --hash={model.pin.rpartition('--hash=')[2]}",
    )
    run = two.run()
    assert run.code == 0, run.message
