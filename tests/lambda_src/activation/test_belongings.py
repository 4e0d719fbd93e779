"""What belongs to a thread is there in calls, and in the proof, as it is in a script."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from ..conftest import Populate
from ..function import WAITS, Function
from ..runtime import Running, running
from .belongings import CASES, SCRIPT, model


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a script finds that imports the model, loads it and calls it."""
    folder = tmp_path_factory.mktemp("script")
    (folder / "model.py").write_text(model())
    (folder / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "-S", "-B", "script.py"],
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module", params=["in-time", "late"])
def called(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """What the first call finds, of a model that was loaded in time for the init, or was not."""
    function = Function(tmp_path_factory.mktemp("function"))
    late = request.param == "late"
    function.write_model(model(WAITS if late else ""))
    if late:
        function.shorten_init(0.1)
    with running(function) as process:
        process.ready()
        assert not late or not any("cold start" in line for line in process.lines)
        function.initialize()
        yield _found(process)


def _found(process: Running) -> dict[str, Any]:
    what, body = process.call({"instances": [1]})
    assert what == "response", (body, process.lines)
    [found] = body["predictions"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("case", CASES)
def test_a_call_finds_what_a_script_finds(
    script: dict[str, Any], called: dict[str, Any], case: str
) -> None:
    assert called[case] == script[case]


def test_the_proof_finds_what_a_script_finds(populate: Populate, script: dict[str, Any]) -> None:
    text = model().replace("def predict(", "def found(")
    text += (
        f"EXPECTED = {script!r}\nSAMPLE = {{'instances': [1]}}\n"
        "def predict(instances):\n    import json\n"
        "    answer = json.loads(json.dumps(found(instances)[0]))\n"
        "    differing = {n: v for n, v in answer.items() if v != EXPECTED[n]}\n"
        "    assert not differing, differing\n    return [0]\n"
    )
    populate.write_model(text)
    run = populate.run()
    assert run.code == 0, run.message
