"""Cold imports: `python -m benchmarks.imports`.

The same libraries are imported from the local disk and from the simulated EFS: the plain way (what
pip installs, `sys.path.append`), by this project's handler from a release, and in the ways that
people use in place of it. `--against` adds the handler of an earlier commit, so that a gain shows
within one run; `--only` picks variants by words in their names. A round takes about four minutes.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tools.files import APPLICATION

from . import command, releases, report
from .efs import PRESETS, Efs, Preset, build
from .measure import Variant, begin, document, measure

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
LAZY, TAR, COPY = "handler, lazy", "a tar, unpacked to /tmp", "copied to /tmp, 64 threads"
"""The ways. `NO_GC` collects no garbage during the import; with `LAZY` the modules at and below
`DEFERRED` run at their first use; `TAR` and `COPY` get the release's libraries, which are fewer
than pip's."""
DEFERRED = "tensorflow._api keras"
STORAGES = ("zero", "optimistic", "central", "pessimistic")
BANDWIDTHS = (100, 50)
"""Slow links, in megabytes a second: users of Lambda report 400 to 700 Mbit/s and less."""


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


def variants(
    found: Trees, home: Path = releases.HOME, against: Sequence[str] = ()
) -> Iterator[Variant]:
    """Every way to import."""
    code = releases.program("import", MODELS["import"], home)
    older = {
        commit: releases.program(
            f"import-{commit}", MODELS["import"], home, releases.source_of(commit, home)
        )
        for commit in against
    }

    def variant(way: str, storage: str, preset: Preset | None = None) -> Variant:
        return way_of("import", way, storage, code, found, preset)

    def handlers(storage: str, preset: Preset) -> Iterator[Variant]:
        for commit, program in older.items():
            yield way_of("import", of_commit(commit), storage, program, found, preset)
        yield variant(HANDLER, storage, preset)
        yield variant(LAZY, storage, preset)

    yield variant(PLAIN, "local")
    yield variant(NO_GC, "local")
    for name in STORAGES:
        preset = PRESETS[name]
        yield replace(variant(PLAIN, name, preset), turns=1 if name == "pessimistic" else None)
        if name == "central":
            yield replace(variant(OFF, name, preset), turns=1)
            yield variant(TAR, name, preset)
            yield variant(COPY, name, preset)
        yield from handlers(name, preset)
    for bandwidth in BANDWIDTHS:
        slow = replace(PRESETS["central"], bandwidth=bandwidth)
        yield from handlers(f"central, {bandwidth} MB/s", slow)


_PROBES = {PLAIN: "append", NO_GC: "append", TAR: "tar", COPY: "download"}


def of_commit(commit: str) -> str:
    """The way of an earlier commit's handler."""
    return f"handler of {commit}"


def way_of(
    workload: str, way: str, storage: str, code: Path, found: Trees, preset: Preset | None = None
) -> Variant:
    """One way of a workload, on the simulated EFS if there is a preset."""
    own = {PLAIN: found.plain, NO_GC: found.plain}
    own |= {of_commit(name): path for name, path in found.releases.items()}
    own |= {way: found.releases[way]} if way in found.releases else {}
    libraries = own.get(way) or found.releases[workload]
    return Variant(
        name=f"{workload}, {way}, {storage}",
        labels={"workload": workload, "way": way, "storage": storage},
        way=_PROBES.get(way, "handler"),
        program=code,
        release=libraries,
        backing=libraries if way in (PLAIN, NO_GC, TAR) else libraries.parents[1],
        reference=f"{workload}, {PLAIN}, local",
        efs=Efs(preset=preset, read_only=True) if preset else None,
        arguments={"collector": False} if way == NO_GC else {},
        environment=SWITCH if way == OFF else {},
    )


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table and keep the raw results."""
    parser = command.parser("imports", __doc__)
    parser.add_argument("--only", action="append", default=[], metavar="WORD")
    text = "measure the handler of this commit, too, with a release that it makes"
    parser.add_argument("--against", action="append", default=[], metavar="COMMIT", help=text)
    options = parser.parse_args(arguments)
    return command.run(
        lambda: _main(options.rounds, options.index_url, options.only, options.against)
    )


def _main(rounds: int, index: str, only: list[str], against: list[str]) -> int:
    console = report.console()
    build()
    found = all_trees(index, against)
    chosen = select(list(variants(found, against=against)), only)
    for tree in {found.plain, *found.releases.values()}:
        into_memory(tree)
    begun = begin()
    runs = measure(chosen, rounds, lambda *run: console.print(command.described(*run)))
    versions = releases.versions(found.plain)
    results = document("imports", chosen, runs, begun, rounds=rounds, versions=versions)
    report.show(report.import_table(results), console)
    report.show(report.kinds_table(results), console)
    command.keep(results, console, whole=not only)
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
