"""Where modules wait for their first use, the model does what it does without that."""

from __future__ import annotations

import pytest

from lambda_src.release.bundle import Bundle

from ..conftest import Populate, Run, build_wheel

FILES = {
    "slow/__init__.py": "from slow import used, unused, registry, quick\n",
    "slow/used.py": "VALUE = 1\n",
    "slow/unused.py": "import slow.inner.deep\n",
    "slow/inner/deep.py": "DEEP = 1\n",
    # What is done when it is imported, others see.
    "slow/registry.py": "KNOWN = []\n",
    "slow/quick/__init__.py": "from slow import registry\nregistry.KNOWN.append('quick')\n",
}
SLOW = build_wheel("slow", FILES)
MODEL = """
import slow
SAMPLE = {"instances": [1]}
def predict(instances):
    return [slow.used.VALUE]
"""
COUNTS = MODEL + "def demonstrate():\n    return {'known': len(slow.registry.KNOWN)}\n"
VARIES = MODEL + "def demonstrate():\n    import time\n    return {'now': time.time_ns()}\n"
FAILS = MODEL + "assert slow.registry.KNOWN\n"
REPLACES = """
import sys, types
old = sys.modules[__name__]
new = types.ModuleType(__name__)
vars(new).update(vars(old))
sys.modules[__name__] = new
"""


def run(populate: Populate, lazy: str, model: str = MODEL) -> Run:
    populate.index.add(SLOW)
    populate.write_lock(f"# release: lazy {lazy}", SLOW.pin)
    populate.write_model(model)
    return populate.run()


def test_what_waits_comes_last_in_the_bundle_and_is_not_read_ahead(populate: Populate) -> None:
    made = run(populate, "slow")
    assert made.code == 0, made.message
    bundle = Bundle(str(populate.release))
    names = [name for name in bundle.files if name.endswith(".pyc")]
    modules = [name.replace("__pycache__/", "").partition(".")[0] for name in names]
    assert modules[:2] == ["slow/__init__", "slow/used"]
    assert set(modules[2:]) == {
        "slow/unused", "slow/inner/deep", "slow/registry", "slow/quick/__init__"
    }  # fmt: skip
    read = max(offset + size for path, offset, size in bundle.jobs if not path)
    later = [bundle.files[name][0] >= read for name in names]
    assert later == [False] * 2 + [True] * 4
    waits = {"slow", "slow.used", "slow.unused", "slow.registry", "slow.quick", "slow.inner.deep"}
    assert {name for name, why in bundle.lazy.items() if why} == waits
    assert bundle.lazy["slow.inner"] == ()  # a namespace package, imported by slow.unused


def test_only_what_is_below_the_names_waits(populate: Populate) -> None:
    assert run(populate, "slow.quick slow.unused").code == 0
    bundle = Bundle(str(populate.release))
    assert {name for name, why in bundle.lazy.items() if why} == {"slow.quick", "slow.unused"}


@pytest.mark.parametrize(
    ("model", "difference"),
    [
        (COUNTS, "demonstrate() returned {'known': 0}, and {'known': 1} without it"),
        (FAILS, "AssertionError"),
    ],
    ids=["another-answer", "a-failure"],
)
def test_the_name_is_refused_that_changes_what_the_model_does(
    populate: Populate, model: str, difference: str
) -> None:
    made = run(populate, "slow.unused slow.quick", model)
    assert made.code == 13
    assert difference in made.message
    assert "with `# release: lazy slow.quick` in requirements.in" in made.message
    assert "leave it out there, and lock again" in made.message
    assert "slow.unused" not in made.message
    assert populate.left_behind() == set()


def test_answers_that_vary_by_themselves_are_not_compared(populate: Populate) -> None:
    made = run(populate, "slow.quick", VARIES)
    assert made.code == 0, made.message
    said = [line["message"] for line in made.lines if line["phase"] == "lazy"]
    assert "the answers are not compared, because they vary by themselves" in said


def test_answers_that_vary_only_at_times_are_not_compared(populate: Populate) -> None:
    times = populate.folder / "times"
    times.mkdir(mode=0o777)
    times.chmod(0o777)
    # The second of four imports, the first with slow.quick waiting, answers otherwise.
    model = (
        MODEL
        + f"""
import os, pathlib
folder = pathlib.Path({str(times)!r})
number = len(list(folder.iterdir()))
(folder / str(number)).touch()
def demonstrate():
    return {{"other": number == 1}}
"""
    )
    populate.folder.chmod(0o755)
    made = run(populate, "slow.quick", model)
    assert made.code == 0, made.message
    said = [line["message"] for line in made.lines if line["phase"] == "lazy"]
    assert "the answers are not compared, because they vary by themselves" in said
    assert len(list(times.iterdir())) == 4


def test_what_the_model_has_not_used_has_to_run_as_well(populate: Populate) -> None:
    files = FILES | {"slow/quick/__init__.py": REPLACES}
    wheel = build_wheel("slow", files, version="2.0")
    populate.index.add(wheel)
    populate.write_lock("# release: lazy slow", wheel.pin)
    populate.write_model(MODEL)
    made = populate.run()
    assert made.code == 13
    assert "the module slow.quick cannot run at its first use" in made.message
    assert "it puts another object in its own place in sys.modules" in made.message


@pytest.mark.parametrize(
    ("name", "reason"),
    [("slow.none", "is not in the release"), ("slow.used.VALUE", "is not in the release")],
)
def test_a_name_that_is_no_module_of_the_release_is_refused(
    populate: Populate, name: str, reason: str
) -> None:
    made = run(populate, f"slow.quick {name}")
    assert made.code == 10
    assert f"and {name} {reason}" in made.message
