"""The embedded cloud that stays open, an index with one small package, and programs of others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cloud import Cloud
from tests.chain import TINY
from tests.deployments import point_clients_at
from tests.lambda_src.conftest import Index
from tests.programs.program import Program

ONE = {"instances": [4]}
ANSWER = {"predictions": [8]}


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    with Index(TINY) as served:
        yield served


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with Cloud(tmp_path / "state", seconds_to_create=0) as opened:
        point_clients_at(opened, monkeypatch)
        yield opened


def deployed(folder: Path, index: Index, program: str, **config: str) -> Program:
    """The program when it is up, the packs having nothing mandatory against it."""
    made = Program(folder / "theirs", index, program, **config)
    assert made.up() is None
    about = {"file-system-is-protected", "image-has-a-digest", "function-has-reserved-concurrency"}
    assert [str(f) for f in made.judged().mandatory if f.policy not in about] == []
    return made
