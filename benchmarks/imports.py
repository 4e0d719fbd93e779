"""Cold imports and first answers: `python -m benchmarks.imports`.

The same release is imported from the local disk and from the simulated EFS, the plain way
(`sys.path.append`) and by this project's handler, with its cold start switched off and on. The
first answer is what the handler does on a cold start: import, load and one demonstration. It takes
about ten minutes a round; `--only` picks variants by words in their names.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tools.lock import LAMBDA_SRC

from . import releases, report
from .efs import PRESETS, UNAVAILABLE, Efs, Preset, UnavailableError, build
from .measure import RESULTS, ROUNDS, FailedRunError, Run, Variant, document, measure, save

SWITCH = {"RELEASE_COLD_START": "off"}
"""The environment that switches the handler's cold start off."""
IMPORT = "import os\nos.environ['TF_CPP_MIN_LOG_LEVEL'] = '2'\nimport tensorflow\n"
MODELS = {
    "import": IMPORT + releases.IMPORT_ONLY,
    "answer": (LAMBDA_SRC / "model.py").read_text(encoding="utf-8"),
}
"""model.py by workload."""
PLAIN, NO_GC, OFF, HANDLER = "sys.path", "sys.path, no gc", "handler, switched off", "handler"
"""The ways; `NO_GC` collects no garbage during the import."""
BANDWIDTHS = (100, 1000)
CPUS = (1, 2, 4)


def variants(made: Path, home: Path = releases.HOME) -> Iterator[Variant]:
    """Every way to measure this release in."""
    for workload, model in MODELS.items():
        code = releases.program(workload, model, home)
        yield from _local(workload, code, made)
        for name in ("optimistic", "central", "pessimistic"):
            yield from _remote(workload, code, made, name, PRESETS[name])
        if workload == "import":
            for bandwidth in BANDWIDTHS:
                preset = replace(PRESETS["central"], bandwidth=bandwidth)
                yield from _remote(workload, code, made, f"central, {bandwidth} MB/s", preset)
            for cpus in CPUS:
                if cpus <= len(os.sched_getaffinity(0)):
                    yield from _limited(workload, code, made, cpus)


def _variant(workload: str, way: str, storage: str, code: Path, made: Path) -> Variant:
    return Variant(
        name=f"{workload}, {way}, {storage}",
        labels={"workload": workload, "way": way, "storage": storage},
        way="append" if way in (PLAIN, NO_GC) else "handler",
        program=code,
        release=made,
        backing=made.parents[1],
        reference=f"{workload}, {PLAIN}, local",
        arguments={"collector": False} if way == NO_GC else {},
        environment=SWITCH if way == OFF else {},
    )


def _local(workload: str, code: Path, made: Path) -> Iterator[Variant]:
    for way in (PLAIN, NO_GC):
        yield _variant(workload, way, "local", code, made)


def _remote(
    workload: str, code: Path, made: Path, storage: str, preset: Preset
) -> Iterator[Variant]:
    for way in (PLAIN, OFF, HANDLER):
        variant = _variant(workload, way, storage, code, made)
        yield replace(variant, efs=Efs(preset=preset, read_only=True))


def _limited(workload: str, code: Path, made: Path, cpus: int) -> Iterator[Variant]:
    limit = "1 CPU" if cpus == 1 else f"{cpus} CPUs"
    reference = f"{workload}, {PLAIN}, local, {limit}"
    for way, storage in ((PLAIN, "local"), (HANDLER, "central")):
        variant = _variant(workload, way, f"{storage}, {limit}", code, made)
        efs = Efs(preset=PRESETS["central"], read_only=True) if storage == "central" else None
        yield replace(variant, cpus=cpus, reference=reference, efs=efs)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table and keep the raw results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N")
    parser.add_argument("--release", type=Path, metavar="DIR", help="a release that is there")
    parser.add_argument("--index-url", default=releases.INDEX, metavar="URL")
    parser.add_argument("--only", action="append", default=[], metavar="WORD")
    options = parser.parse_args(arguments)
    console = report.console()
    try:
        build()
        made = made_or_given(options.release, options.index_url)
        chosen = select(list(variants(made)), options.only)
        for variant in chosen:
            if variant.efs is None and variant.cpus is None:
                variant.run()  # the files into memory
        runs = measure(chosen, options.rounds, lambda *run: console.print(told(*run)))
    except UnavailableError as error:
        print(error, file=sys.stderr)
        return UNAVAILABLE
    except (FailedRunError, releases.InstallationError) as error:
        print(error, file=sys.stderr)
        return 1
    results = document(
        *("imports", chosen, runs), rounds=options.rounds, versions=releases.versions(made)
    )
    report.show(report.import_table(results), console)
    report.show(report.kinds_table(results), console)
    console.print(f"raw results: {save(results, releases.KEPT if options.only else RESULTS)}")
    return 0


def made_or_given(given: Path | None, index: str) -> Path:
    """TensorFlow's release: the given one, or the one of the project's own lock and model."""
    if given is not None:
        return releases.check(given)
    code = releases.program("release", MODELS["answer"])
    locks = LAMBDA_SRC / "locks" / f"{releases.target().name}.txt"
    return releases.release(locks, code, "tensorflow", index=index)


def select(found: list[Variant], words: list[str]) -> list[Variant]:
    """The variants whose names contain one of the words, with what their ratios refer to."""
    if not words:
        return found
    chosen = {variant.name for variant in found if any(word in variant.name for word in words)}
    chosen |= {variant.reference for variant in found if variant.name in chosen}
    return [variant for variant in found if variant.name in chosen]


def told(variant: Variant, number: int, run: Run) -> str:
    """One line about a run."""
    read = f"{run.round_trips:>7,} round trips {run.bytes_read / 1e6:>6,.0f} MB read"
    return f"{number + 1}: {variant.name:<42} {run.seconds:>7.2f} s {read if variant.efs else ''}"


if __name__ == "__main__":
    sys.exit(main())
