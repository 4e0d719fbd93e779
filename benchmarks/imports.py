"""Cold imports: `python -m benchmarks.imports`.

The same libraries are imported from the local disk and from the simulated EFS, the plain way (what
pip installs, `sys.path.append`) and by this project's handler from a release, with its cold start
switched off and on. It takes about four minutes a round; `--only` picks variants by words in
their names.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tools.files import APPLICATION

from . import command, releases, report
from .efs import PRESETS, Efs, Preset, build
from .measure import RESULTS, Variant, document, measure, save

SWITCH = {"RELEASE_COLD_START": "off"}
"""The environment that switches the handler's cold start off."""
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
    locks = APPLICATION / "locks" / f"{releases.target().name}.txt"
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
    """Every way to import."""
    code = releases.program("import", MODELS["import"], home)

    def variant(way: str, storage: str, preset: Preset | None = None) -> Variant:
        return way_of("import", way, storage, code, found, preset)

    yield variant(PLAIN, "local")
    yield variant(NO_GC, "local")
    for name in ("optimistic", "central", "pessimistic"):
        for way in (PLAIN, OFF, HANDLER) if name == "central" else (PLAIN, HANDLER):
            yield variant(way, name, PRESETS[name])
    for bandwidth in BANDWIDTHS:
        preset = replace(PRESETS["central"], bandwidth=bandwidth)
        yield variant(HANDLER, f"central, {bandwidth} MB/s", preset)
    for cpus in CPUS:
        if cpus <= len(os.sched_getaffinity(0)):
            limit = "1 CPU" if cpus == 1 else f"{cpus} CPUs"
            local = variant(PLAIN, f"local, {limit}")
            central = variant(HANDLER, f"central, {limit}", PRESETS["central"])
            yield replace(local, cpus=cpus, reference=local.name)
            yield replace(central, cpus=cpus, reference=local.name)


def way_of(
    workload: str, way: str, storage: str, code: Path, found: Trees, preset: Preset | None = None
) -> Variant:
    """One way of a workload, on the simulated EFS if there is a preset."""
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
        efs=Efs(preset=preset, read_only=True) if preset else None,
        arguments={"collector": False} if way == NO_GC else {},
        environment=SWITCH if way == OFF else {},
    )


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
    runs = measure(chosen, rounds, lambda *run: console.print(command.described(*run)))
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
            with path.open("rb", buffering=0) as stream:
                while stream.read(1 << 24):
                    pass


def select(found: list[Variant], words: list[str]) -> list[Variant]:
    """The variants whose names contain one of the words, with what their ratios refer to."""
    if not words:
        return found
    chosen = {variant.name for variant in found if any(word in variant.name for word in words)}
    chosen |= {variant.reference for variant in found if variant.name in chosen}
    return [variant for variant in found if variant.name in chosen]


if __name__ == "__main__":
    sys.exit(main())
