"""From a sound random program nothing mandatory; from one random break a violation or a note."""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from .breaks import BREAKS, Break
from .known_wrong import KNOWN_WRONG
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


def _known(name: str) -> Any:
    wrong = pytest.mark.xfail(strict=True, reason="the packs are wrong about it")
    return [wrong] if name in KNOWN_WRONG else []


def _forms() -> list[Any]:
    return [
        pytest.param(form, id=form, marks=_known(f"random-sound-{form}"))
        for form in ("created", "preview")
    ]


def _breaks() -> list[Any]:
    return [
        pytest.param(one, id=one.__name__, marks=_known(f"random-{one.__name__}")) for one in BREAKS
    ]


@pytest.mark.parametrize("form", _forms())
def test_nothing_is_mandatory_in_a_sound_program(form: str) -> None:
    @_SETTINGS
    @given(sound_programs())
    def judge(program: Random) -> None:
        lines = judged(program.build.program(created=form == "created"))
        assert [line for line in lines if line.mandatory] == []

    judge()


@pytest.mark.parametrize("broken", _breaks())
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
