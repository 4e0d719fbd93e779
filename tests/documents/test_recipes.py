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

from components import lock
from tests.lambda_src.conftest import LAMBDA_SRC
from tests.lambda_src.function import Function, write_code

pytestmark = pytest.mark.whole
PAGE = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))
BLOCK = r"^```{}\n(.*?)^```"
RECIPES = {
    title: (requirements[0], model[0])
    for title, text in SECTIONS.items()
    if (model := re.findall(BLOCK.format("python"), text, re.DOTALL | re.MULTILINE))
    and (requirements := re.findall(BLOCK.format("text"), text, re.DOTALL | re.MULTILINE))
}
"""The first requirements.in of each section with a model, and that."""
ALWAYS = {"ONNX Runtime"}
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


def test_the_page_says_of_each_recipe_whether_it_is_run() -> None:
    assert RECIPES.keys() == {*ALWAYS, "scikit-learn", "LightGBM", "XGBoost", "spaCy"}
    for title in RECIPES:
        how = "by `make test`" if title in ALWAYS else "by hand, 2"
        assert re.search(rf"^\| \[{title}\]\(#[a-z-]+\) \| {how}", PAGE, re.MULTILINE), title


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_runs(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if name not in ALWAYS and os.environ.get("RECIPES") != "all":
        pytest.skip("run by hand: RECIPES=all")
    application = tmp_path / "application"
    application.mkdir()
    requirements, model = RECIPES[name]
    (application / "requirements.in").write_text(requirements)
    (application / "model.py").write_text(model)
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
    sample = _sample(model)
    result = function.run(sample)
    (answer,) = result.answers
    assert len(answer["predictions"]) == len(sample["instances"]), answer
    with capsys.disabled():
        size = int(str(summary["bytes"])) / 1e6
        pins = next((application / "locks").glob("*.txt")).read_text()
        first = requirements.split()[0]
        (version,) = re.findall(rf"^{first}==(\S+)", pins, re.MULTILINE)
        print(f"\n{name}: {first} {version}, {summary['files']} files, {size:.0f} MB, {answer}")


def _sample(model: str) -> dict[str, list[object]]:
    (text,) = re.findall(r"^SAMPLE = (.*)$", model, re.MULTILINE)
    found: dict[str, list[object]] = json.loads(text)
    return found
