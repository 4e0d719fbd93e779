"""The populate task says which names in `# release: lazy` would save most."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_src.release.installation.trial.suggest import Traced

from ..conftest import Populate, build_wheel

WORK = "sum(range(20_000_000))\n"
FILES = {
    "big/__init__.py": "from big import used\nimport big.idle, big.effect, big.light\n",
    "big/used.py": f"VALUE = 1\n{WORK}",
    "big/idle/__init__.py": f"from big.idle import one, two\n{WORK}",
    "big/idle/one.py": WORK,
    "big/idle/two.py": f"import apart.only\n{WORK}",
    # Nobody asks it for anything, but the model needs what it does.
    "big/effect.py": f"import big.used\nbig.used.VALUE = 2\n{WORK}",
    "big/light.py": "",
    "apart/__init__.py": "",
    "apart/only.py": WORK,
}
BIG = build_wheel("big", FILES)
MODEL = """
import big
SAMPLE = {"instances": [1]}
def predict(instances):
    return [big.used.VALUE]
"""


def suggested(populate: Populate, *lines: str, model: str = MODEL) -> dict[str, Any]:
    populate.index.add(BIG)
    populate.write_lock(*lines, BIG.pin)
    populate.write_model(model)
    run = populate.run()
    assert run.code == 0, run.message
    assert populate.release.is_dir()
    found = [line for line in run.lines if line["phase"] == "suggest"]
    assert found, run.lines
    return found[-1]


def test_what_ran_and_was_not_used_is_suggested_if_the_answers_stay(populate: Populate) -> None:
    line = suggested(populate)
    assert list(line["lazy"]) == ["big.idle"]
    assert line["lazy"]["big.idle"] > 0
    assert line["message"].startswith("`# release: lazy big.idle` in requirements.in would save")


def test_what_waits_already_is_not_suggested(populate: Populate) -> None:
    line = suggested(populate, "# release: lazy big.idle")
    assert line["lazy"] == {}
    assert line["message"] == "no name in `# release: lazy` would save much"


def test_a_trace_that_fails_fails_nothing(populate: Populate) -> None:
    model = MODEL + "import sys\nassert 'release.installation.trial.trace' in sys.modules\n"
    model += "assert type(big).__name__ == 'module', 'traced'\n"
    assert "which modules could wait is not known" in suggested(populate, model=model)["message"]


def test_a_short_import_is_not_traced(populate: Populate) -> None:
    run = populate.run()
    assert [line for line in run.lines if line["phase"] == "suggest"] == []
    assert run.last["suggested"] == {}


TRACED = Traced(
    {"a": 1, "a.b": 2, "a.c": 4, "a.c.d": 8, "e": 16},
    {"": ["a"], "a": ["a.b", "a.c"], "a.c": ["a.c.d", "e"]},
    {"": ["a"], "a": ["a.b"], "a.b": [], "a.c": ["e"]},
)


@pytest.mark.parametrize(
    ("waiting", "saved"),
    [([], 0), (["a.c"], 28), (["a.c.d"], 8), (["e"], 0), (["a.b"], 0), (["e", "a.c"], 28)],
)
def test_what_only_waiting_modules_import_is_saved_as_well(waiting: list[str], saved: int) -> None:
    assert TRACED.saved(waiting) == saved


def test_the_highest_name_that_nobody_uses_is_a_candidate() -> None:
    assert list(TRACED.candidates()) == ["e", "a.c"]
    assert TRACED.best([]) == {"a.c": 28}
