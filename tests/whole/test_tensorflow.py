"""The real TensorFlow, populated once: its answers, and what an import of it means."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.chain import Chain, SharedChain
from tests.lambda_src import semantics
from tests.lambda_src.function import write_code
from tests.lambda_src.semantics import Asked

RUNTIME = f"python{sys.version_info[0]}.{sys.version_info[1]}"
pytestmark = [pytest.mark.whole, pytest.mark.tensorflow]

LINES = """
import tensorflow as tf
package, module, kind = tf, sys.modules["tensorflow.python.framework.dtypes"], tf.Module
@tf.function
def doubled(values):
    total = 0.0
    for value in values:
        if value > 1.0:
            total += 2.0 * value
    return total
"""

QUESTIONS = {
    "nothing-left": semantics.QUESTIONS["nothing-left"],
    "resources": """
here = importlib.resources.files("tensorflow.python.framework")
show(sorted(entry.name for entry in here.iterdir())[:99])
show((here / "dtypes.py").read_text()[:80])
with importlib.resources.as_file(here / "dtypes.py") as path:
    show(path)
""",
    "version": """
shown = sorted(n for n in importlib.metadata.packages_distributions()["tensorflow"])
show([(n, importlib.metadata.version(n)) for n in [*shown, "numpy", "keras"]])
show(sorted(map(str, importlib.metadata.files(shown[0])))[:99])
""",
    "entry-points": """
show(sorted(map(str, importlib.metadata.entry_points(group="console_scripts"))))
""",
    "traceback": """
try:
    tf.linalg.det(tf.zeros([2, 3]))
except tf.errors.InvalidArgumentError:
    show(traceback.format_exc())
""",
    "pickle": """
kept = pickle.dumps([tf.float32, tf.TensorShape([2, None]), tf.eye(2), tf.TensorSpec([1])])
show([str(value) for value in pickle.loads(kept)])
""",
    "reload": """
import tensorflow.python.util.tf_inspect as reloaded
before = reloaded.getfullargspec
show(importlib.reload(reloaded) is reloaded)
show(reloaded.getfullargspec is not before)
""",
    "sysconfig": "show([tf.sysconfig.get_lib(), tf.sysconfig.get_link_flags()])",
    "function": """
show(float(doubled(tf.constant([1.0, 2.0, 3.0]))))
show(tf.autograph.to_code(doubled.python_function))
""",
    "not-in-the-profile": """
import keras, tensorflow.python.debug.lib.debug_data as later
show([keras.__file__, later.__file__, inspect.getsource(later.DebugDumpDir)])
""",
    "keras": """
tf.keras.utils.set_random_seed(1)
net = tf.keras.Sequential([tf.keras.layers.Dense(4, activation="tanh"), tf.keras.layers.Dense(1)])
net.compile(optimizer="sgd", loss="mse")
points = tf.reshape(tf.range(8.0) / 8.0, [8, 1])
fitted = net.fit(points, 2.0 * points, epochs=3, batch_size=8, shuffle=False, verbose=0)
show([round(loss, 4) for loss in fitted.history["loss"]])
show([round(float(value), 4) for value in net.predict(points[:2], verbose=0)[:, 0]])
""",
    "saved-model": """
import tempfile
with tempfile.TemporaryDirectory() as folder:
    doubler = tf.Module()
    doubler.double = tf.function(lambda x: 2 * x, input_signature=[tf.TensorSpec([])])
    tf.saved_model.save(doubler, folder)
    show(float(tf.saved_model.load(folder).double(tf.constant(4.0))))
""",
} | semantics.QUESTIONS
"""The last of them use all modules; before that, most below tensorflow._api and keras wait."""

SPAWN = """
import multiprocessing
def determinant(matrix):
    return float(tf.linalg.det(matrix))
if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        show(round(pool.apply(determinant, ([[1.0, 2.0], [3.0, 4.0]],)), 3))
"""


@pytest.fixture(scope="session")
def real(tensorflow: Chain, tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """What imports its release."""
    (release,) = tensorflow.releases()
    code = write_code(tmp_path_factory.mktemp("code"), tensorflow.folder / "lambda_src/application")
    return Asked(release, code, LINES)


@pytest.fixture(scope="session")
def answers(
    real: Asked, tensorflow: SharedChain, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, str]]:
    """The answers after a plain import, and after one from the bundle, for all workers."""
    kept = tensorflow.folder / "answers.json"
    with tensorflow.alone():
        if not kept.exists():
            given = real.answers(QUESTIONS, tmp_path_factory.mktemp("answers"))
            kept.write_text(json.dumps(given))
        return list(json.loads(kept.read_text()))


def test_tensorflow_is_populated_and_answers_the_demonstration(tensorflow: Chain) -> None:
    answer = tensorflow.invoke({})
    lock = (
        tensorflow.folder / "lambda_src/application/locks" / f"{RUNTIME}-{_architecture()}.txt"
    ).read_text()
    assert f"=={answer['version']} " in next(
        x for x in lock.splitlines() if x.startswith("tensorflow")
    )
    assert answer["determinant"] == -2.0


@pytest.mark.parametrize(
    ("instances", "predictions"),
    [
        ([[[1, 2], [3, 4]]], [-2.0]),
        ([[[2, 0], [0, 2]]], [4.0]),
        ([[[2]], [[1, 0], [0, 3]], [[0]]], [2.0, 3.0, 0.0]),
    ],
)
def test_determinants_of_one_matrix_or_many(
    tensorflow: Chain, instances: list[Any], predictions: list[float]
) -> None:
    assert tensorflow.invoke({"instances": instances}) == {"predictions": predictions}


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answer_is_that_of_a_plain_import(answers: list[dict[str, str]], question: str) -> None:
    plain, bundled = answers
    assert plain[question]
    assert bundled[question] == plain[question]


def test_a_spawned_process_imports_as_the_first_did(real: Asked, tmp_path: Path) -> None:
    assert real.ask(SPAWN, tmp_path, EXPECTED="bundle") == "-2.0\n"


def _architecture() -> str:
    return {"aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
