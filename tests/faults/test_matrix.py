"""The fault matrix: a release is whole or not there, whatever goes wrong; the next run succeeds."""

from pathlib import Path

import pytest

from .cases.case import Case
from .cases.matrix import CASES
from .world.disk import refused
from .world.world import world

pytestmark = pytest.mark.whole


@pytest.mark.parametrize(
    ("case", "number"),
    [
        pytest.param(case, number, id=f"{case.fault}: {case.name} {number}")
        for case in CASES
        for number in case.quick
    ],
)
def test_a_release_is_whole_or_not_there_and_the_next_run_succeeds(
    tmp_path: Path, case: Case, number: int
) -> None:
    if case.disk and (reason := refused()):
        pytest.skip(reason)
    with world(tmp_path, artifacts=case.artifacts) as new:
        assert case.run(new, number)
