"""Populating the simulated EFS: `python -m benchmarks populate`.

All ways copy the same pruned release from the local disk: one file after another (`cp -r`, `rsync`
where it is installed, `shutil.copytree`), with a pool of threads, and by this project's installer.
What copies one after another would take minutes, so it copies a sample of the directories, and its
time is scaled by what the requests of the whole tree would cost against those counted.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from .. import report
from ..harness import Variant, begin, command, document, measure, ready, room
from ..material import MODELS, releases, trees
from ..simulator import PRESETS, Efs, build
from .sample import Extent, sample, scale

SAMPLE = 24
"""What copies one file after another gets one in so many directories."""
STORAGES = {"central": (), "ceiling": ("cp -r", "copy")}
"""Where to, and which ways if not all. At the ceiling the server sets the pace of all of them."""


def variants(
    made: Path, target: Path, home: Path = releases.HOME, one_in: int = SAMPLE
) -> tuple[list[Variant], Extent]:
    """The ways to populate the target with a release, and the extent of the sample."""
    code = releases.program("answer", MODELS["answer"], home)
    part = home / "sample"
    libraries = made / "site-packages"
    extent = sample(libraries, part, one_in)
    sources = {"copytree": part, "cp -r": part, "rsync -a": part, "threads": libraries}
    if shutil.which("rsync") is None:
        del sources["rsync -a"]
    sources["copy"] = made
    return [
        Variant(
            name=f"{way}, {storage}",
            labels={"way": way, "storage": storage},
            way="command" if " " in way else way,
            program=code,
            release=target / "release",
            backing=target,
            reference=f"copy, {storage}",
            efs=Efs(preset=PRESETS[storage], creating=True),
            turns=1 if storage == "ceiling" else None,
            arguments={"source": f"{source}/" if way == "rsync -a" else str(source)}
            | ({"words": way.split()} if " " in way else {}),
        )
        for storage, ways in STORAGES.items()
        for way, source in sources.items()
        if not ways or way in ways
    ], extent


def empty(variant: Variant) -> None:
    """Make the target empty before a run."""
    shutil.rmtree(variant.backing, ignore_errors=True)
    variant.release.mkdir(parents=True)


def main(arguments: list[str]) -> int:
    """Measure, print the table and keep the raw results."""
    parser = command.parser("populate", __doc__)
    parser.add_argument("--sample", type=int, default=SAMPLE, metavar="N")
    options = parser.parse_args(arguments)
    console = report.console()
    build()
    made = trees(options.index_url, models=("answer",)).releases["answer"]
    begun = begin()
    # Made once more, now that the machine is quiet: its phases are in the table.
    shutil.rmtree(made.parents[1])
    made = trees(options.index_url, models=("answer",)).releases["answer"]
    with room(2 * releases.size(made)["bytes"]) as folder:
        ways, part = variants(made, folder / "populated", one_in=options.sample)
        ready(made)
        runs = measure(ways, options.rounds, command.progress(console), empty)
    whole = Extent.of(made / "site-packages")
    results = document(
        *("populate", ways, runs, begun),
        rounds=options.rounds,
        versions=releases.versions(made),
        release=releases.size(made),
        seconds=releases.seconds(made),
        scales={
            way.name: scale(runs[way.name][0].requests, part, whole, way.efs.preset)
            for way in ways
            if way.efs and way.arguments["source"] not in (str(made), str(made / "site-packages"))
        },
    )
    report.show(report.populate_table(results), console)
    command.keep(results, console)
    return 0
