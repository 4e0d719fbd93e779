"""The ways to import, and the libraries of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.cold_starts import answers, imports
from benchmarks.harness import Variant
from benchmarks.harness.results import commit
from benchmarks.material import LAZY, MODELS, TAR, Trees, releases
from benchmarks.simulator import Efs

from ..conftest import FREE, copying

COMMIT = commit().rstrip("+")


def against(found: Trees, home: Path) -> Iterable[Variant]:
    return imports.variants(found, home, [COMMIT])


@pytest.mark.parametrize("ways", [imports.variants, answers.variants, against])
def test_every_way_has_a_name_of_its_own_and_a_reference(
    tmp_path: Path, ways: Callable[[Trees, Path], Iterable[Variant]]
) -> None:
    found = list(ways(trees(tmp_path), tmp_path / "home"))
    names = [variant.name for variant in found]
    assert len(set(names)) == len(names)
    assert {variant.reference for variant in found} <= set(names)


def test_words_choose_ways_with_what_their_ratios_refer_to(tmp_path: Path) -> None:
    found = list(imports.variants(trees(tmp_path), tmp_path / "home"))
    chosen = imports.select(found, ["handler, optimistic"])
    assert [variant.name for variant in chosen] == [
        "import, sys.path, local",
        "import, handler, optimistic",
    ]


def trees(folder: Path) -> Trees:
    """Trees that are not there."""
    made = folder / "efs" / "releases" / "id"
    names = (*MODELS, LAZY, TAR, COMMIT)
    return Trees(folder / "plain", {name: made.with_name(name.replace("/", "")) for name in names})


def test_an_earlier_commit_is_measured_with_its_own_code_and_release(tmp_path: Path) -> None:
    found = list(against(trees(tmp_path), tmp_path / "home"))
    way = next(way for way in found if way.name == f"import, handler of {COMMIT}, central")
    own = next(way for way in found if way.name == "import, handler, central")
    assert (way.program / "handler.py").exists()
    assert (way.release.name, own.release.name) == (COMMIT, "import")
    assert way.program != own.program


def test_rivals_import_from_the_local_disk(simulator: None, tmp_path: Path) -> None:
    made = tmp_path / "efs" / "releases" / "id"
    (made / "site-packages" / "shapes").mkdir(parents=True)
    (made / "site-packages" / "shapes" / "__init__.py").write_text("HERE = __file__\n")
    (made / "manifest.json").write_text('{"files": {"site-packages/shapes/__init__.py": [1, ""]}}')
    code = tmp_path / "code"
    code.mkdir()
    (code / "model.py").write_text(
        f"import shapes\ndef demonstrate():\n    assert {str(tmp_path)!r} not in shapes.HERE\n"
    )
    archive = releases.archive(made, tmp_path / "home")
    for way, release in (("tar", archive), ("download", made)):
        run = replace(
            copying(made, way, Efs(preset=FREE, read_only=True)),
            program=code,
            release=release,
            backing=release,
            arguments={},
        ).run()
        assert run.bytes_read > 0
