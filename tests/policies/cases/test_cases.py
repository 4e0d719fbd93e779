"""Programs that are not ours: what both packs say of each, as a preview and once created."""

from collections import Counter

import pytest

from .kinds import KINDS
from .table import Case, differences, judged

FORMS = ("created", "preview")
EVERY = {
    f"{kind}-{case.name}-{form}": (case, form)
    for kind, cases in KINDS.items()
    for case in cases
    for form in FORMS
}


@pytest.mark.parametrize(("case", "form"), EVERY.values(), ids=EVERY.keys())
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
