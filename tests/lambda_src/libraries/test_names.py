"""Modules of wheels whose names are the function's own, or the application's."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from lambda_src.release.installation.libraries.names import check
from lambda_src.release.layout import InstallError

from ..conftest import SHAPES, Index, Populate, build_wheel
from ..function import Function
from .test_prune import tree

TAKEN = {
    "package": ("release", "release/__init__.py"),
    "module": ("handler", "handler.py"),
    "model": ("model", "model.py"),
    "extension": ("handler", f"handler{EXTENSION_SUFFIXES[0]}"),
    "stable-extension": ("release", "release.abi3.so"),
    "bytecode": ("release", "release.pyc"),
    "namespace": ("release", "release/deep/down.py"),
    "namespace-of-an-extension": ("model", "model/fast.abi3.so"),
}
HARMLESS = (
    *("release.txt", "release.pth", "release.pyi", "handler.json", "handler.so.1"),
    *("release/notes.txt", "model/weights.bin", "handler/data/table.csv", "model-1.0/a.py"),
    *("releases.py", "handlers/__init__.py", "shapes/release.py", "shapes/handler/__init__.py"),
    "release-1.0.dist-info/METADATA",
)


def staged(folder: Path, *paths: str) -> Path:
    tree(folder, dict.fromkeys(paths, ""))
    return folder


@pytest.mark.parametrize("kind", TAKEN)
def test_a_module_of_a_reserved_name_is_refused(tmp_path: Path, kind: str) -> None:
    name, path = TAKEN[kind]
    with pytest.raises(InstallError) as refused:
        check(staged(tmp_path, path, "shapes/__init__.py"))
    assert f"a wheel brings {path}, and `{name}` is " in str(refused.value)
    assert refused.value.code == 13


def test_what_no_import_finds_by_such_a_name_is_harmless(tmp_path: Path) -> None:
    check(staged(tmp_path, *HARMLESS))


def test_a_refusal_names_each_package_and_nothing_is_published(
    populate: Populate, index: Index
) -> None:
    parts = (("tidy_one", "release/__init__.py"), ("two", "handler.py"), ("three", "handler.txt"))
    wheels = [build_wheel(name, {path: ""}) for name, path in parts]
    index.add(SHAPES, *wheels)
    populate.write_lock(SHAPES.pin, *(wheel.pin for wheel in wheels))
    run = populate.run()
    assert run.code == 13
    assert "tidy-one brings release/__init__.py, and `release` is " in run.message
    assert "two brings handler.py, and `handler` is the function's entry point" in run.message
    assert "three" not in run.message
    assert populate.left_behind() == set()


MODULES: Mapping[str, tuple[str, str]] = {
    # of the application, of a wheel: as with a script, whose folder is in front
    "both-modules": ("features.py", "features.py"),
    "before-a-package": ("features.py", "features/__init__.py"),
    "before-data": ("features/__init__.py", "features/table.csv"),
}


@pytest.mark.parametrize("kind", MODULES)
def test_a_module_of_the_application_goes_before_one_of_a_wheel(
    populate: Populate, index: Index, tmp_path: Path, kind: str
) -> None:
    own, theirs = MODULES[kind]
    wheel = build_wheel("other", {theirs: "WHOSE = 'theirs'\n"})
    model = "import features\ndef predict(x):\n    return [features.WHOSE for _ in x]\n"
    function = Function(tmp_path / "function")
    for folder in (populate.program, function.code):
        tree(folder, {own: "WHOSE = 'own'\n", "model.py": f"{model}SAMPLE = {{'instances': [1]}}"})
    index.add(wheel)
    populate.write_lock(wheel.pin)
    run = populate.run()
    assert run.code == 0, run.message
    function.environment = {"RELEASE_PATH": str(populate.release)}
    assert function.run({"instances": [1]}).answers == [{"predictions": ["own"]}]
