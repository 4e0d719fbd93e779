"""Cold imports: `python -m benchmarks imports`.

The same libraries are imported from the local disk and from the simulated EFS: the plain way (what
pip installs, `sys.path.append`), by this project's handler from a release, and in the ways that
people use in place of it. `--against` adds the handler of an earlier commit, so that a gain shows
within one run; `--only` picks variants by words in their names. A round takes about four minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from .. import report
from ..harness import SCRATCH, Variant, command
from ..material import LAZY, MODELS, TAR, Trees, all_trees, releases
from ..simulator import PRESETS, Efs, Preset, build

SWITCH = {"RELEASE_COLD_START": "off"}
"""The environment that switches the handler's cold start off."""
PLAIN, NO_GC, OFF, HANDLER = "sys.path", "sys.path, no gc", "handler, switched off", "handler"
COPY = "copied to /tmp, 64 threads"
"""The ways, with `LAZY` and `TAR`. `NO_GC` collects no garbage during the import; `TAR` and `COPY`
get the release's libraries, which are fewer than pip's."""
STORAGES = ("zero", "optimistic", "central", "pessimistic")
BANDWIDTHS = (100, 50)
"""Slow links, in megabytes a second: users of Lambda report 400 to 700 Mbit/s and less."""


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
            yield replace(variant(TAR, name, preset), scratch=SCRATCH)
            yield replace(variant(COPY, name, preset), scratch=SCRATCH)
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


def main(arguments: list[str]) -> int:
    """Measure, print the table and keep the raw results."""
    parser = command.parser("imports", __doc__)
    parser.add_argument("--only", action="append", default=[], metavar="WORD")
    text = "measure the handler of this commit, too, with a release that it makes"
    parser.add_argument("--against", action="append", default=[], metavar="COMMIT", help=text)
    options = parser.parse_args(arguments)
    console = report.console()
    build()
    found = all_trees(options.index_url, options.against)
    chosen = select(list(variants(found, against=options.against)), options.only)
    if not options.rounds:
        return 0
    versions = releases.versions(found.plain)
    results = command.measured("imports", chosen, options.rounds, console, versions=versions)
    report.show(report.import_table(results), console)
    command.keep(results, console, whole=not options.only)
    return 0


def select(found: list[Variant], words: list[str]) -> list[Variant]:
    """The variants whose names contain one of the words, with what their ratios refer to."""
    if not words:
        return found
    chosen = {variant.name for variant in found if any(word in variant.name for word in words)}
    chosen |= {variant.reference for variant in found if variant.name in chosen}
    return [variant for variant in found if variant.name in chosen]
