"""The real installer and the real handler on the simulated EFS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.cold_starts import imports
from benchmarks.harness import Variant
from benchmarks.material import releases
from benchmarks.simulator import PRESETS, Efs
from tests.lambda_src.conftest import MODEL, PREDICT, SHAPES, Index, Populate


@pytest.fixture
def index() -> Iterator[Index]:
    server = Index()
    server.add(SHAPES)
    yield server
    server.close()


def test_a_release_is_published_and_served(simulator: None, tmp_path: Path, index: Index) -> None:
    populate = Populate(tmp_path, index)
    efs = Efs(preset=PRESETS["ceiling"], creating=True)
    populate.prefix = (*efs.command(populate.mount, populate.mount, []), "--")
    run = populate.run()
    assert (run.code, run.last["outcome"]) == (0, "published"), run
    assert populate.left_behind() == set()
    variant = Variant(
        name="served",
        labels={},
        way="handler",
        program=releases.program("shapes", MODEL + PREDICT, tmp_path / "home"),
        release=populate.release,
        backing=populate.mount,
        reference="served",
        efs=Efs(preset=PRESETS["central"], read_only=True),
        environment=imports.SWITCH,
    )
    measured = variant.run()
    assert measured.requests["open"] >= 1
    assert measured.bytes_read > 0
    assert releases.size(populate.release)["files"] == run.last["files"]
    assert releases.versions(populate.release) == {"shapes": "1.0"}
