"""The recipes of docs/recipes.md: locked, installed, and asked through the handler."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lambda_src.conftest import LAMBDA_SRC
from tests.lambda_src.function import Function, write_code
from tools import lock

pytestmark = pytest.mark.whole
PAGE = (Path(__file__).parents[1] / "docs" / "recipes.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"^```requirements\.in (\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
MODELS = dict(re.findall(r"^```python (\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
ALWAYS = {"sklearn", "onnx"}
"""What is small enough to be run each time; RECIPES=all runs all."""
INDEX = os.environ.get("RECIPES_INDEX", "https://pypi.org/simple")
MACHINES = {"x86_64": "x86_64", "aarch64": "arm64"}


def target() -> str:
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return f"{version}-{MACHINES[platform.machine()]}"


def install(folder: Path, code: Path, release: Path) -> dict[str, object]:
    """Run the populate task's program; its last line."""
    for name in ("mount", "staging"):
        (folder / name).mkdir()
    command = [sys.executable, "-m", "release", "install", "--release", str(release)]
    command += ["--requirements", str(folder / "application" / "locks" / f"{target()}.txt")]
    command += ["--index-url", INDEX, "--staging", str(folder / "staging")]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=code, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout, done.stderr
    last: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 0, last
    return last


def test_every_recipe_has_both_parts() -> None:
    assert RECIPES.keys() == MODELS.keys()
    assert RECIPES.keys() >= ALWAYS


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_runs(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if name not in ALWAYS and os.environ.get("RECIPES") != "all":
        pytest.skip("run by hand: RECIPES=all")
    application = tmp_path / "application"
    application.mkdir()
    (application / "requirements.in").write_text(RECIPES[name])
    (application / "model.py").write_text(MODELS[name])
    options = ["--directory", str(application), "--index-url", INDEX, "--target", target()]
    assert lock.main(options) == 0
    code = write_code(tmp_path / "code", application)
    task = tmp_path / "task"
    subprocess.run(["cp", "-r", str(code), str(task)], check=True)
    subprocess.run(["cp", "-r", str(LAMBDA_SRC / "release"), str(task)], check=True)
    release = tmp_path / "mount" / "releases" / "0123456789abcdef"
    summary = install(tmp_path, task, release)
    function = Function.__new__(Function)
    function.folder, function.code = tmp_path, code
    function.environment = {"RELEASE_PATH": str(release)}
    sample = json.loads(json.dumps(_sample(MODELS[name])))
    result = function.run(sample)
    (answer,) = result.answers
    assert len(answer["predictions"]) == len(sample["instances"]), answer
    with capsys.disabled():
        size = int(str(summary["bytes"])) / 1e6
        pins = next((application / "locks").glob("*.txt")).read_text()
        first = RECIPES[name].split()[0]
        (version,) = re.findall(rf"^{first}==(\S+)", pins, re.MULTILINE)
        print(f"\n{name}: {first} {version}, {summary['files']} files, {size:.0f} MB, {answer}")


def _sample(model: str) -> dict[str, list[object]]:
    (text,) = re.findall(r"^SAMPLE = (.*)$", model, re.MULTILINE)
    found: dict[str, list[object]] = json.loads(text)
    return found
