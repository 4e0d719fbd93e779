"""Programs that are not ours: what both packs say of each, as a preview and once created."""

from collections import Counter

import pytest
from _pytest.mark import ParameterSet

from .kinds import KINDS
from .known_wrong import KNOWN_WRONG
from .table import Case, differences, judged

FORMS = ("created", "preview")
EVERY = {
    f"{kind}-{case.name}-{form}": (case, form)
    for kind, cases in KINDS.items()
    for case in cases
    for form in FORMS
}


def _parameters() -> list[ParameterSet]:
    wrong = pytest.mark.xfail(strict=True, reason="the packs are wrong about it")
    return [
        pytest.param(case, form, id=id_, marks=[wrong] if id_ in KNOWN_WRONG else [])
        for id_, (case, form) in EVERY.items()
    ]


@pytest.mark.parametrize(("case", "form"), _parameters())
def test_the_packs_say_what_follows_from_the_documentation(case: Case, form: str) -> None:
    apart = differences(case.verdict(form), judged(case.program(form)))
    assert not apart, "\n".join([case.source, *apart])


def test_at_least_half_of_the_programs_are_sound() -> None:
    cases = [case for kind in KINDS.values() for case in kind]
    sound = [case for case in cases if case.is_sound]
    assert len(cases) >= 150
    assert len(sound) * 2 >= len(cases)


def test_each_program_has_a_name_of_its_own() -> None:
    names = Counter(case.name for kind in KINDS.values() for case in kind)
    assert {name for name, times in names.items() if times > 1} == set()


def test_what_is_known_to_be_wrong_is_a_case() -> None:
    assert set(EVERY) >= {id_ for id_ in KNOWN_WRONG if not id_.startswith("random-")}
