"""Imports through a bundle mean what plain imports mean, with real packages.

The installer makes a release of scikit-learn and what it needs; each question is put to a fresh
process that imports it the plain way and to one that imports it from the bundle, and the answers
have to be equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..activation import file_questions
from ..conftest import Index, Populate
from ..semantics import START, Asked
from .real_packages import LINES, MODEL, PACKAGES, QUESTIONS, SPAWN, lock

pytestmark = pytest.mark.whole

MOMENTS = "during", "after", "kept"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Populate]:
    """A release of real packages. Shared: nobody changes it."""
    index = Index()
    populate = Populate(tmp_path_factory.mktemp("real"), index)
    populate.write_model(MODEL)
    populate.write_lock(*lock(*PACKAGES))
    populate.index.url = "https://pypi.org/simple"
    run = populate.run()
    assert run.code == 0, run.message
    assert (populate.release / "cold-start.bundle").is_file(), run.lines
    yield populate
    index.close()


@pytest.fixture(scope="module")
def asked(real: Populate) -> Asked:
    """What imports the release."""
    return Asked(real.release, real.program, LINES)


@pytest.fixture(scope="module")
def answers(
    asked: Asked, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, str], dict[str, str]]:
    """The answers after a plain import, and after one from the bundle."""
    folder = tmp_path_factory.mktemp("answers")
    for name, version in (("outside", "3"), ("numpy", "0.1")):
        (folder / f"{name}-{version}.dist-info").mkdir()
        metadata = folder / f"{name}-{version}.dist-info" / "METADATA"
        metadata.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    plain, bundled = asked.answers(QUESTIONS, folder, file_questions.QUESTIONS)
    return plain, bundled


ASKED = [*QUESTIONS, *(f"{q}, {m}" for q in file_questions.QUESTIONS for m in MOMENTS)]


@pytest.mark.parametrize("question", ASKED)
def test_the_answer_is_that_of_a_plain_import(
    answers: tuple[dict[str, str], dict[str, str]], question: str
) -> None:
    plain, bundled = answers
    assert plain[question]
    assert bundled[question] == plain[question]


def test_a_spawned_process_imports_as_the_first_did(asked: Asked, tmp_path: Path) -> None:
    assert asked.ask(SPAWN, tmp_path, EXPECTED="bundle") == "684\n"


def test_modules_of_the_profile_are_served_without_opening_their_files(
    asked: Asked, tmp_path: Path
) -> None:
    kinds = (".pyc", ".so")  # the model itself reads sources
    program = f"show([path for path in opened if path.endswith({kinds})])"
    start = "opened = []\n" + START.replace(
        "cold_start = ",
        "sys.addaudithook(lambda event, arguments: event == 'open' and"
        " str(arguments[0]).startswith(sys.argv[1]) and opened.append(str(arguments[0])))\n"
        "cold_start = ",
        1,
    )
    assert asked.run(start + program, tmp_path, EXPECTED="bundle") == "[]\n"
