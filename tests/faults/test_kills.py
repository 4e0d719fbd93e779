"""SIGKILL at random moments. FAULT_SEED=<integer> repeats a choice, `make soak` takes many."""

import os
from pathlib import Path
from random import Random

import pytest

from .kills import kill_some, prepare
from .world.world import world

pytestmark = pytest.mark.whole

SEED = int(os.environ.get("FAULT_SEED", "1"))
KILLS = 10


@pytest.mark.parametrize(
    ("seed", "artifacts"), [(SEED, False), (SEED + 1, False), (SEED + 2, True)]
)
def test_after_random_kills_every_release_is_whole_and_the_next_run_succeeds(
    tmp_path: Path, seed: int, artifacts: bool
) -> None:
    print(f"FAULT_SEED={seed}")
    random = Random(seed)
    with world(tmp_path, artifacts=artifacts) as new:
        prepare(new)
        with new.reading():
            while new.counts.cases < KILLS:
                kill_some(new, random)
    assert new.counts.reads > 0
