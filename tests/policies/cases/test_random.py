"""From a sound random program nothing mandatory; from one random break a violation or a note."""

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from .breaks import BREAKS, Break
from .random_programs import Random, sound_programs
from .table import HOUSE_ADVICE, judged

# The same programs in each run, and none made smaller: that takes minutes, and shows nothing more.
_SETTINGS = settings(
    max_examples=20,
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("form", ["created", "preview"])
def test_nothing_is_mandatory_in_a_sound_program(form: str) -> None:
    @_SETTINGS
    @given(sound_programs())
    def judge(program: Random) -> None:
        lines = judged(program.build.program(created=form == "created"))
        assert [line for line in lines if line.mandatory] == []

    judge()


@pytest.mark.parametrize("broken", BREAKS, ids=lambda one: one.__name__)
def test_a_break_gives_a_violation_or_a_note(broken: Break) -> None:
    """Once created, something is said that was not said of the sound program."""

    @settings(_SETTINGS, max_examples=4)
    @given(sound_programs(), st.data())
    def judge(program: Random, data: st.DataObject) -> None:
        before = _said(program, "created")
        assume(broken(program, data.draw))
        assert _said(program, "created") - before
        assert _said(program, "preview")

    judge()


def _said(program: Random, form: str) -> set[str]:
    lines = judged(program.build.program(created=form == "created"))
    return {line.message for line in lines if line.policy not in HOUSE_ADVICE}
