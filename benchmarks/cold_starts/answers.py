"""First and warm answers: `python -m benchmarks answers`.

The first answer is what the handler does on a cold start: import, load and one demonstration,
which is a determinant or the prediction of a small Keras network; a warm one is a demonstration
again. The plain way is `sys.path.append` on the local disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from .. import report
from ..harness import Variant, command
from ..material import MODELS, Trees, releases, trees
from ..simulator import PRESETS, build
from .imports import HANDLER, PLAIN, way_of

WARM = 200
"""Warm answers, of which the median is taken."""


def variants(found: Trees, home: Path = releases.HOME) -> Iterator[Variant]:
    """Every way to answer."""
    for workload in ("answer", "keras"):
        code = releases.program(workload, MODELS[workload], home)
        for way, storage in ((PLAIN, "local"), (HANDLER, "central")):
            variant = way_of(workload, way, storage, code, found, PRESETS.get(storage))
            yield replace(variant, arguments={"warm": WARM})


def main(arguments: list[str]) -> int:
    """Measure, print the table and keep the raw results."""
    options = command.parser("answers", __doc__).parse_args(arguments)
    console = report.console()
    build()
    found = trees(options.index_url)
    if not options.rounds:
        return 0
    versions = releases.versions(found.plain)
    ways = list(variants(found))
    results = command.measured("answers", ways, options.rounds, console, versions=versions)
    report.show(report.answers_table(results), console)
    command.keep(results, console)
    return 0
