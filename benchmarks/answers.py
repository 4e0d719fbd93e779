"""First and warm answers: `python -m benchmarks.answers`.

The first answer is what the handler does on a cold start: import, load and one demonstration,
which is a determinant or the prediction of a small Keras network; a warm one is a demonstration
again. The plain way is `sys.path.append` on the local disk.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from . import command, releases, report
from .efs import PRESETS, build
from .imports import HANDLER, MODELS, PLAIN, Trees, into_memory, trees, way_of
from .measure import Variant, begin, document, measure

WARM = 200
"""Warm answers, of which the median is taken."""


def variants(found: Trees, home: Path = releases.HOME) -> Iterator[Variant]:
    """Every way to answer."""
    for workload in ("answer", "keras"):
        code = releases.program(workload, MODELS[workload], home)
        for way, storage in ((PLAIN, "local"), (HANDLER, "central")):
            variant = way_of(workload, way, storage, code, found, PRESETS.get(storage))
            yield replace(variant, arguments={"warm": WARM})


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table and keep the raw results."""
    options = command.parser("answers", __doc__).parse_args(arguments)
    return command.run(lambda: _main(options.rounds, options.index_url))


def _main(rounds: int, index: str) -> int:
    console = report.console()
    build()
    found = trees(index)
    for tree in {found.plain, *found.releases.values()}:
        into_memory(tree)
    ways = list(variants(found))
    begun = begin()
    runs = measure(ways, rounds, lambda *run: console.print(command.described(*run)))
    versions = releases.versions(found.plain)
    results = document("answers", ways, runs, begun, rounds=rounds, versions=versions)
    report.show(report.answers_table(results), console)
    command.keep(results, console)
    return 0


if __name__ == "__main__":
    sys.exit(main())
