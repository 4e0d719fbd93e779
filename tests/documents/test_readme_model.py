"""README's other model, in the place of this repository's: `make lint` has nothing to say of it."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from components.contract.sample import sample_of

ROOT = Path(__file__).parents[2]
# What a user may write as well: sloppy, and no fault.
SLOPPY = """
import os
from nowhere.at_all import thing
from PIL import Image
class model(thing):
  def __init__(self, path=None, sizes=[1]): self.path = path
@thing.cached
def load(path: str = None): return Image.open(path)
def predict(instances): return [os.getenv(str(i)) for i in instances]
"""


def readme_model() -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (model,) = re.findall(r"^ *```python\n(.*?def predict.*?)```", text, re.DOTALL | re.MULTILINE)
    return textwrap.dedent(model)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "lambda_src" / "application").mkdir(parents=True)
    return tmp_path


def test_the_lines_that_readme_takes_out_are_all_that_requirements_ask_for() -> None:
    assert "in place of its last five lines" in (ROOT / "README.md").read_text(encoding="utf-8")
    path = ROOT / "lambda_src" / "application" / "requirements.in"
    lines = path.read_text(encoding="utf-8").splitlines()
    if not any(line.startswith("tensorflow") for line in lines):
        pytest.skip("these are the libraries of another model")
    left = [line for line in lines[:-5] if not line.startswith("# ") or "release:" in line]
    assert left == []
    assert all("tensorflow" in line.lower() or line.startswith("# ") for line in lines[-5:])


@pytest.mark.parametrize("model", [readme_model(), SLOPPY], ids=["readme", "sloppy"])
def test_a_model_of_the_users_own_passes_the_linters(folder: Path, model: str) -> None:
    (folder / "lambda_src" / "application" / "model.py").write_text(model)
    for command in (
        ["ruff", "check", "--no-cache", "."],
        ["ruff", "format", "--no-cache", "--check", "."],
        ["mypy", "--cache-dir", str(folder / "cache"), "."],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


def test_what_is_no_python_is_said(folder: Path) -> None:
    (folder / "lambda_src" / "application" / "model.py").write_text(
        "def predict(instances):\n    return instance\n"
    )
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Undefined name `instance`" in done.stdout


def test_the_readmes_model_has_the_contract() -> None:
    names = {
        node.name for node in ast.parse(readme_model()).body if isinstance(node, ast.FunctionDef)
    }
    assert names == {"predict", "load"}
    assert sample_of(readme_model(), "model.py") == {"instances": [[5.1, 3.5, 1.4, 0.2]]}
