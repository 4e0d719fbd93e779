"""TensorFlow by the project's own lock: as pip installs it, and as releases."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tools.files import APPLICATION

from . import releases

DETERMINANT = (APPLICATION / "model.py").read_text(encoding="utf-8")
QUIET = "import os\nos.environ['TF_CPP_MIN_LOG_LEVEL'] = '2'\n"
KERAS = """
import tensorflow as tf

def load():
    global network
    network = tf.keras.Sequential([
        tf.keras.layers.Input((28, 28, 1)),
        tf.keras.layers.Conv2D(8, 3, activation="relu"),
        tf.keras.layers.MaxPooling2D(),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(10, activation="softmax"),
    ])

def predict(instances):
    return network.predict(tf.constant(instances), verbose=0).tolist()

def demonstrate():
    return {"prediction": predict(tf.zeros((1, 28, 28, 1)).numpy())}
"""
MODELS = {
    "import": QUIET + "import tensorflow\n" + releases.IMPORT_ONLY,
    "answer": DETERMINANT,
    "keras": QUIET + KERAS,
}
"""model.py by workload."""
RECORDED = {"import": "answer", "answer": "answer", "keras": "keras"}
"""The workload with whose model.py the release is made that a workload runs on."""
LAZY, TAR = "handler, lazy", "a tar, unpacked to /tmp"
"""Ways that have releases of their own."""
DEFERRED = "tensorflow._api keras"
"""With `LAZY` the modules at and below these run at their first use."""


@dataclass(frozen=True)
class Trees:
    """Where the libraries are: as pip installs them, and the releases, by the workload they are
    for, by the way, or by another commit that has made them."""

    plain: Path
    releases: Mapping[str, Path]


def trees(
    index: str, home: Path = releases.HOME, models: Collection[str] = ("answer", "keras")
) -> Trees:
    """TensorFlow by the project's own lock, without modules that are deferred, made unless it is
    there."""
    made = {model: _made(model, f"tensorflow-{model}", index, home) for model in models}
    return Trees(
        plain=releases.plain(_lock(home), "tensorflow", home, index),
        releases={model: made[as_] for model, as_ in RECORDED.items() if as_ in made},
    )


def _lock(home: Path, names: str = "") -> Path:
    own = APPLICATION / "locks" / f"{releases.target().name}.txt"
    return releases.deferring(own, names, home)


def _made(
    model: str, name: str, index: str, home: Path, names: str = "", source: Path | None = None
) -> Path:
    code = releases.program(f"{name}-release", MODELS[model], home, source or APPLICATION.parent)
    return releases.release(_lock(home, names), code, name, home, index)


def all_trees(index: str, against: Sequence[str], home: Path = releases.HOME) -> Trees:
    """What every way to import needs."""
    found = trees(index, home, ("answer",))
    more = {
        LAZY: _made("answer", "tensorflow-lazy", index, home, DEFERRED),
        TAR: releases.archive(found.releases["import"], home),
    }
    for commit in against:
        source = releases.source_of(commit, home)
        more[commit] = _made("answer", f"tensorflow-{commit}", index, home, source=source)
    return replace(found, releases={**found.releases, **more})
