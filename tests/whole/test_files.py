"""An application of several modules and data files, from the folder to the answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.chain import Chain
from tests.lambda_src.conftest import Index

pytestmark = pytest.mark.whole

MODEL = """
import json, os, subprocess
from pathlib import Path
import tiny
from features import scale
from pre.deep.cut import cut

HERE = Path(__file__).parent
LABELS = json.loads((HERE / "data" / "größe 1.json").read_text())

def predict(instances):
    return [cut(scale(tiny.double(x))) for x in instances]

def demonstrate():
    said = subprocess.run([HERE / "bin" / "say"], capture_output=True, text=True, check=True)
    return {"labels": LABELS, "said": said.stdout, "predictions": predict([1])}
"""
FILES = {
    "features.py": "def scale(x):\n    return 10 * x\n",
    "pre/__init__.py": "",
    "pre/deep/__init__.py": "",
    "pre/deep/cut.py": "def cut(x):\n    return x - 1\n",
    "data/größe 1.json": json.dumps(["a", "b"]),
    "bin/say": "#!/bin/sh\necho hello\n",
}


@pytest.fixture
def chain(tmp_path: Path, index: Index) -> Chain:
    made = Chain(tmp_path / "project")
    made.serve_tiny(index)
    folder = made.folder / "lambda_src" / "application"
    for name, text in {**FILES, "model.py": MODEL}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "bin" / "say").chmod(0o700)
    return made


def test_task_and_function_see_every_file(chain: Chain) -> None:
    result = chain.run("up")
    assert result.returncode == 0, result.stdout + result.stderr
    answer = chain.invoke({})
    assert answer["labels"] == ["a", "b"]
    assert answer["said"] == "hello\n"
    assert answer["predictions"] == [19]


def test_a_module_that_is_missing_fails_the_proof_of_the_task(chain: Chain) -> None:
    (chain.folder / "lambda_src" / "application" / "features.py").unlink()
    result = chain.run("up")
    assert result.returncode == 1
    assert "No module named 'features'" in result.stdout + result.stderr
    assert chain.releases() == []
