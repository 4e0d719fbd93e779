"""Ways to populate, and a sample's cost against that of the whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.publishing import populate
from benchmarks.publishing.sample import Extent, cost, sample
from benchmarks.simulator import Efs, Preset

from ..conftest import FREE, copying


@pytest.mark.parametrize("way", ["copytree", "cp -r", "threads", "copy"])
def test_a_tree_is_copied_onto_the_simulated_efs(simulator: None, source: Path, way: str) -> None:
    variant = copying(source, way, Efs(preset=FREE, creating=True))
    populate.empty(variant)
    run = variant.run()
    copied = variant.release / ("" if way == "copy" else "site-packages")
    assert [path.relative_to(copied) for path in sorted(copied.rglob("*"))] == [
        path.relative_to(source) for path in sorted(source.rglob("*"))
    ]
    assert (copied / "large").read_bytes() == (source / "large").read_bytes()
    assert (copied / "package3" / "link").read_text() == "NUMBER = 3\n"
    assert run.requests["create"] == 7
    assert run.requests["symlink"] == 6
    assert "missing" not in run.requests
    assert run.bytes_written == Extent.of(source).bytes


@pytest.mark.parametrize("way", ["copytree", "cp -r"])
def test_the_requests_of_a_sample_are_scaled_to_those_of_the_whole(
    simulator: None, source: Path, way: str
) -> None:
    whole = Extent.of(source)
    part = sample(source, source.parent / "part", 2)
    counted = {}
    for tree in (source, source.parent / "part"):
        variant = copying(tree, way, Efs(preset=FREE, creating=True))
        populate.empty(variant)
        counted[tree.name] = variant.run().requests
    scaled = part.scaled(counted["part"], whole)
    kinds = {"create", "write", "close", "symlink", "setattr"} & counted["source"].keys()
    assert {kind: scaled[kind] for kind in kinds} == pytest.approx(
        {kind: counted["source"][kind] for kind in kinds}, rel=0.15
    )


def test_a_sample_has_whole_directories(source: Path, tmp_path: Path) -> None:
    whole = Extent.of(source)
    assert sample(source, tmp_path / "sample", 1) == whole
    assert whole == Extent(
        files=7, directories=7, links=6, bytes=6 * 11 + (2 << 20) + 1, pieces=9, long=1
    )
    part = sample(source, tmp_path / "sample", 3)
    assert 0 < part.directories < whole.directories


def test_cost_adds_latencies_and_bytes() -> None:
    preset = Preset({"create": 5.0, "write": 2.0, "close": 1.0}, bandwidth=100)
    # Two files of one and three pieces: the pieces of one file wait together.
    requests = {"create": 2, "write": 4, "close": 2}
    assert cost(requests, 4_000_000, preset) == pytest.approx(0.016 + 0.04)
