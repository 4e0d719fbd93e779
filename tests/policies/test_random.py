"""Sound programs at random block nothing, and one break of one is never passed over."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from .conftest import Said
from .programs import judge_program
from .random_programs import BREAKS, Break, Random, sound

_CONFIG = {"runtime-is-supported": {"today": "2026-11-27"}}
_FEW = settings(
    max_examples=6,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def lines(made: Random, *, created: bool) -> list[Said]:
    whole = made.build.program(created=created)
    return [
        line for pack in ("mounts", "guardrails") for line in judge_program(whole, pack, _CONFIG)
    ]


@settings(_FEW, max_examples=30)
@given(st.data(), st.booleans())
def test_a_sound_program_blocks_nothing(data: st.DataObject, created: bool) -> None:
    assert [line for line in lines(sound(data.draw), created=created) if line.mandatory] == []


@settings(_FEW, max_examples=15)
@given(st.data())
def test_a_sound_program_is_judged_whole_once_it_is_created(data: st.DataObject) -> None:
    found = lines(sound(data.draw), created=True)
    open_ = [line.message for line in found if line.policy.startswith("not-judged")]
    assert [message for message in open_ if "outside /mnt" not in message] == []


@pytest.mark.parametrize("change", BREAKS)
@_FEW
@given(st.data(), st.booleans())
def test_a_break_is_never_passed_over(change: Break, data: st.DataObject, created: bool) -> None:
    made = sound(data.draw)
    before = lines(made, created=created)
    assume(change(made))
    assert [line for line in lines(made, created=created) if line not in before]
