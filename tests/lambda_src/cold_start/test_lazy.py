"""Modules that wait for their first use are to everyone else as they would be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .lazy_questions import QUESTIONS

PROGRAM = Path(__file__).with_name("lazy_program.py")
NAMES = ("pkg", "space", "other")
Answers = dict[str, str]


def ran(folder: Path, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-B", str(PROGRAM), str(folder), *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0"} | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Answers, Answers]:
    """The answers after a plain import, and those with modules waiting."""
    folder = tmp_path_factory.mktemp("lazy")
    folder.chmod(0o755)
    log = ran(folder, *NAMES)
    # Not pkg.broken, pkg.replaced and pkg.classy.
    assert '"message":"20 modules wait for their first use"' in log, log
    plain, lazy = ran(folder, RELEASE_COLD_START="off"), ran(folder)
    return json.loads(plain.splitlines()[-1]), json.loads(lazy.splitlines()[-1])


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answer_is_the_same(answers: tuple[Answers, Answers], question: str) -> None:
    plain, lazy = answers
    assert plain[question]
    assert "Traceback" not in plain[question]
    assert lazy[question] == plain[question]


def test_an_error_at_the_first_use_names_place_and_option(answers: tuple[Answers, Answers]) -> None:
    *failed, again = answers[1]["fails"].splitlines()
    assert again == "1"
    assert len(failed) == 2
    for line in failed:
        assert line.startswith(
            "the module pkg.fragile cannot run at its first use, in <string>, line "
        ), line
        assert "ValueError: of fragile. It runs that late because of `# release: lazy pkg`" in line
        assert line.endswith("lock again pkg.fragile ValueError")
