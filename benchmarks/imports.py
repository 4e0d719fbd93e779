"""Cold imports and first answers: `python -m benchmarks.imports`.

The same libraries are imported from the local disk and from the simulated EFS, the plain way (what
pip installs, `sys.path.append`) and by this project's handler from a release, with its cold start
switched off and on. The first answers are what the handler does on a cold start: import, load and
one demonstration, which is a determinant or the prediction of a small Keras network. It takes
about four minutes a round; `--only` picks variants by words in their names.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tools.lock import LAMBDA_SRC

from . import command, releases, report
from .efs import PRESETS, Efs, Preset, build
from .measure import RESULTS, Variant, document, measure, save

SWITCH = {"RELEASE_COLD_START": "off"}
"""The environment that switches the handler's cold start off."""
DETERMINANT = (LAMBDA_SRC / "model.py").read_text(encoding="utf-8")
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
PLAIN, NO_GC, OFF, HANDLER = "sys.path", "sys.path, no gc", "handler, switched off", "handler"
"""The ways; `NO_GC` collects no garbage during the import."""
BANDWIDTHS = (100, 1000)
CPUS = (1, 2, 4)


@dataclass(frozen=True)
class Trees:
    """Where the libraries are: as pip installs them, and the releases by workload."""

    plain: Path
    releases: Mapping[str, Path]


def trees(index: str, home: Path = releases.HOME) -> Trees:
    """TensorFlow by the project's own lock, made unless it is there."""
    locks = LAMBDA_SRC / "locks" / f"{releases.target().name}.txt"
    made = {
        model: releases.release(
            locks,
            releases.program(f"{model}-release", MODELS[model], home),
            f"tensorflow-{model}",
            home,
            index,
        )
        for model in set(RECORDED.values())
    }
    return Trees(
        plain=releases.plain(locks, "tensorflow", home, index),
        releases={workload: made[model] for workload, model in RECORDED.items()},
    )


def variants(found: Trees, home: Path = releases.HOME) -> Iterator[Variant]:
    """Every way to measure."""
    for workload, model in MODELS.items():
        code = releases.program(workload, model, home)
        yield _variant(workload, PLAIN, "local", code, found)
        central = _on_efs(PRESETS["central"])
        if workload != "import":
            yield replace(_variant(workload, HANDLER, "central", code, found), efs=central)
            continue
        yield _variant(workload, NO_GC, "local", code, found)
        for name in ("optimistic", "central", "pessimistic"):
            for way in (PLAIN, OFF, HANDLER) if name == "central" else (PLAIN, HANDLER):
                variant = _variant(workload, way, name, code, found)
                yield replace(variant, efs=_on_efs(PRESETS[name]))
        for bandwidth in BANDWIDTHS:
            variant = _variant(workload, HANDLER, f"central, {bandwidth} MB/s", code, found)
            yield replace(variant, efs=_on_efs(replace(PRESETS["central"], bandwidth=bandwidth)))
        for cpus in CPUS:
            if cpus <= len(os.sched_getaffinity(0)):
                yield from _limited(workload, code, found, cpus)


def _on_efs(preset: Preset) -> Efs:
    return Efs(preset=preset, read_only=True)


def _variant(workload: str, way: str, storage: str, code: Path, found: Trees) -> Variant:
    plain = way in (PLAIN, NO_GC)
    libraries = found.plain if plain else found.releases[workload]
    return Variant(
        name=f"{workload}, {way}, {storage}",
        labels={"workload": workload, "way": way, "storage": storage},
        way="append" if plain else "handler",
        program=code,
        release=libraries,
        backing=libraries if plain else libraries.parents[1],
        reference=f"{workload}, {PLAIN}, local",
        arguments={"collector": False} if way == NO_GC else {},
        environment=SWITCH if way == OFF else {},
    )


def _limited(workload: str, code: Path, found: Trees, cpus: int) -> Iterator[Variant]:
    limit = "1 CPU" if cpus == 1 else f"{cpus} CPUs"
    reference = f"{workload}, {PLAIN}, local, {limit}"
    for way, storage in ((PLAIN, "local"), (HANDLER, "central")):
        variant = _variant(workload, way, f"{storage}, {limit}", code, found)
        efs = _on_efs(PRESETS["central"]) if storage == "central" else None
        yield replace(variant, cpus=cpus, reference=reference, efs=efs)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table and keep the raw results."""
    parser = command.parser("imports", __doc__)
    parser.add_argument("--only", action="append", default=[], metavar="WORD")
    options = parser.parse_args(arguments)
    return command.run(lambda: _main(options.rounds, options.index_url, options.only))


def _main(rounds: int, index: str, only: list[str]) -> int:
    console = report.console()
    build()
    found = trees(index)
    chosen = select(list(variants(found)), only)
    for tree in {found.plain, *found.releases.values()}:
        into_memory(tree)
    runs = measure(chosen, rounds, lambda *run: console.print(command.told(*run)))
    versions = releases.versions(found.plain)
    results = document("imports", chosen, runs, rounds=rounds, versions=versions)
    report.show(report.import_table(results), console)
    report.show(report.kinds_table(results), console)
    console.print(f"raw results: {save(results, releases.KEPT if only else RESULTS)}")
    return 0


def into_memory(tree: Path) -> None:
    """Read every file, so that what is measured is not this machine's disk."""
    for path in tree.rglob("*"):
        if path.is_file():
            path.read_bytes()


def select(found: list[Variant], words: list[str]) -> list[Variant]:
    """The variants whose names contain one of the words, with what their ratios refer to."""
    if not words:
        return found
    chosen = {variant.name for variant in found if any(word in variant.name for word in words)}
    chosen |= {variant.reference for variant in found if variant.name in chosen}
    return [variant for variant in found if variant.name in chosen]


if __name__ == "__main__":
    sys.exit(main())
