"""Tables and plots of results: on the screen, and in Markdown and SVG for docs/."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as Screen

from lambda_src.release.activation.readers import MEMORY_PER_CPU

from .chart import Bar, Group, svg
from .efs import REQUESTS

Results = Mapping[str, Any]
Variant = Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """A table; the first column is text, the others are numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """The table as Markdown, without its title."""
        lines = [
            f"| {' | '.join(self.columns)} |",
            f"|---|{'---:|' * (len(self.columns) - 1)}",
            *(f"| {' | '.join(row)} |" for row in self.rows),
        ]
        return "\n".join(lines) + "\n"


def console() -> Console:
    """The screen, wide enough for a table where there is none."""
    screen = Console()
    return screen if screen.is_terminal else Console(width=160)


def show(table: Table, screen: Console) -> None:
    """Print the table."""
    grid = Screen(title=table.title, title_justify="left", box=box.SIMPLE_HEAD)
    for number, column in enumerate(table.columns):
        grid.add_column(column, justify="right" if number else "left", no_wrap=True)
    for row in table.rows:
        grid.add_row(*row)
    screen.print(grid)


def median(variant: Variant, key: str) -> float:
    """The median of a number over the runs."""
    return _median(run[key] for run in variant["runs"])


def ratio(variant: Variant, reference: Variant, key: str = "seconds") -> float:
    """The median of the ratios of a number, each within one round."""
    pairs = zip(variant["runs"], reference["runs"], strict=True)
    return _median(run[key] / other[key] for run, other in pairs)


def round_trips(variant: Variant, *kinds: str) -> float:
    """The median of the requests, of all kinds or of these."""
    return _median(
        sum(count for kind, count in run["requests"].items() if not kinds or kind in kinds)
        for run in variant["runs"]
    )


def _median(numbers: Iterable[float]) -> float:
    return float(statistics.median(numbers))


def conditions(results: Results) -> str:
    """One sentence: how often, when, where it was measured."""
    machine = results["machine"]
    return (
        f"Median of {results['rounds']} rounds, {results['date'][:10]}, {machine['cpus']} CPUs "
        f"({machine['processor']}), Linux {machine['kernel']}, Python {machine['python']}; EFS is "
        "simulated."
    )


def _named(results: Results) -> dict[str, Variant]:
    return {variant["name"]: variant for variant in results["variants"]}


def import_table(results: Results) -> Table:
    """Seconds, ratios, round trips and bytes by storage and way."""
    by_name = _named(results)
    rows = []
    for variant in results["variants"]:
        labels = variant["labels"]
        reference = by_name[variant["reference"]]
        lean = by_name.get(f"{labels['workload']}, sys.path, no gc, local")
        remote = variant["efs"] is not None
        reads = round_trips(variant, "read")
        rows.append(
            (
                f"{labels['storage']}, {labels['way']}",
                f"{median(variant, 'seconds'):.2f}",
                f"{ratio(variant, reference):.2f}",
                f"{ratio(variant, lean):.2f}" if lean and not variant["cpus"] else "",
                f"{round_trips(variant):,.0f}" if remote else "",
                f"{reads:,.0f}" if remote else "",
                f"{median(variant, 'bytes_read') / 1e6:,.0f}" if remote else "",
                f"{median(variant, 'memory_mb'):,.0f}",
            )
        )
    return Table(
        "Cold import of TensorFlow",
        (*("Way", "s", "x local", "x local, no gc", "round trips", "reads", "MB", "peak MB"),),
        tuple(rows),
    )


def summary(results: Results) -> str:
    """One sentence: the cold import at the central preset, the plain way, and a local disk."""
    by_name = _named(results)
    plain, handler = (by_name[f"import, {way}, central"] for way in ("sys.path", "handler"))
    local = by_name[handler["reference"]]
    return (
        f"A cold import of it from a simulated EFS takes {median(handler, 'seconds'):.1f} s. The "
        f"plain way takes {median(plain, 'seconds'):.0f} s, and a local disk "
        f"{median(local, 'seconds'):.1f} s.\n"
    )


ANSWERS = {"answer": "a determinant", "keras": "Keras, a prediction"}


def answers_table(results: Results) -> Table:
    """First and warm answers by workload, storage and way."""
    by_name = _named(results)
    rows = []
    for variant in results["variants"]:
        labels, reference = variant["labels"], by_name[variant["reference"]]
        rows.append(
            (
                f"{ANSWERS[labels['workload']]}: {labels['storage']}, {labels['way']}",
                f"{median(variant, 'seconds'):.2f}",
                f"{ratio(variant, reference):.2f}",
                f"{round_trips(variant):,.0f}" if variant["efs"] else "",
                f"{median(variant, 'warm_ms'):.2f}",
                f"{ratio(variant, reference, 'warm_ms'):.2f}",
                f"{median(variant, 'memory_mb'):,.0f}",
            )
        )
    return Table(
        "First and warm answers of TensorFlow",
        ("Way", "first s", "x local", "round trips", "warm ms", "x local", "peak MB"),
        tuple(rows),
    )


def memory_table(results: Results) -> Table:
    """A model of memory sizes: the import with as many CPUs as Lambda gives with them."""
    by_name = _named(results)
    rows = []
    for variant in results["variants"]:
        if variant["cpus"] and variant["labels"]["way"] == "handler":
            reference = by_name[variant["reference"]]
            rows.append(
                (
                    f"{variant['cpus'] * MEMORY_PER_CPU:,} MB, {variant['cpus']} vCPU",
                    f"{median(reference, 'seconds'):.1f}",
                    f"{median(variant, 'seconds'):.1f}",
                    f"{ratio(variant, reference):.2f}",
                )
            )
    return Table(
        "Cold import of TensorFlow by memory size, a model",
        ("Memory", "local, sys.path, s", "central, handler, s", "x local"),
        tuple(rows),
    )


def import_groups(results: Results) -> list[Group]:
    """The bars of the import by preset."""
    return _bars(results, lambda variant: median(variant, "seconds"))


def round_trip_groups(results: Results) -> list[Group]:
    """The bars of the round trips by preset."""
    return _bars(results, round_trips)


def _bars(results: Results, value: Any) -> list[Group]:
    groups = []
    for storage in ("local", "optimistic", "central", "pessimistic"):
        bars = [
            Bar(variant["labels"]["way"], value(variant))
            for variant in results["variants"]
            if variant["labels"]["workload"] == "import" and variant["labels"]["storage"] == storage
        ]
        if any(bar.value for bar in bars):
            groups.append(Group(storage, tuple(bars)))
    return groups


def kinds_table(results: Results) -> Table:
    """Round trips by kind: a row for each variant on EFS, a column for each kind that it sends."""
    variants = [variant for variant in results["variants"] if variant["efs"] is not None]
    found = {kind for way in variants for run in way["runs"] for kind in run["requests"]}
    kinds = [kind for kind in REQUESTS if kind in found]
    rows = [
        (way["name"], *(f"{round_trips(way, kind):,.0f}" for kind in kinds)) for way in variants
    ]
    return Table("Round trips by kind", ("Way", *kinds), tuple(rows))


def populate_table(results: Results) -> Table:
    """Seconds of a whole populate; copytree's are scaled from its sample."""
    rows = []
    for variant in results["variants"]:
        labels = variant["labels"]
        scale = _scale(results, variant)
        extent = results["whole"] if labels["way"] == "copytree" else results["release"]
        seconds = median(variant, "seconds")
        rows.append(
            (
                f"{labels['storage']}: {POPULATE[labels['way']]}",
                f"{extent['files']:,}",
                f"{extent['bytes'] / 1e6:,.0f}",
                f"{seconds * scale:,.1f}",
                f"{extent['files'] / seconds / scale:,.0f}",
                f"{seconds:.1f}" if scale != 1 else "",
                f"{scale:.2f}" if scale != 1 else "",
                f"{round_trips(variant):,.0f}",
            )
        )
    return Table(
        "Populating EFS with TensorFlow",
        ("Way", "files", "MB", "s", "files/s", "sample s", "scaled by", "requests counted"),
        tuple(rows),
    )


POPULATE = {"copytree": "shutil.copytree", "copy": "installer"}


def _scale(results: Results, variant: Variant) -> float:
    if variant["labels"]["way"] != "copytree":
        return 1.0
    return float(results["scales"][variant["labels"]["storage"]])


def phases(results: Results) -> str:
    """One sentence: what the installer spent its time on, on a local disk."""
    parts = [f"{name} {took:.1f} s" for name, took in results["seconds"].items() if took > 0.1]
    return f"The installer's phases, onto the local disk: {', '.join(parts)}.\n"


def populate_groups(results: Results) -> list[Group]:
    """The bars of the populate by preset."""
    storages = dict.fromkeys(variant["labels"]["storage"] for variant in results["variants"])
    return [
        Group(
            storage,
            tuple(
                Bar(
                    POPULATE[variant["labels"]["way"]],
                    median(variant, "seconds") * _scale(results, variant),
                )
                for variant in results["variants"]
                if variant["labels"]["storage"] == storage
            ),
        )
        for storage in storages
    ]


def _not_reads(variant: Variant) -> float:
    return round_trips(variant) - round_trips(variant, "read")


def packages_table(results: Results) -> Table:
    """One row for each package: its size, and the import with a first use, three ways."""
    by_name = _named(results)
    rows = []
    for local in results["variants"]:
        if local["labels"]["way"] != "local":
            continue
        name = local["reference"].removesuffix(", local")
        plain, handler = by_name[f"{name}, sys.path"], by_name[f"{name}, handler"]
        labels = local["labels"]
        rows.append(
            (
                *(labels["package"], labels["files"], labels["mb"]),
                f"{median(local, 'seconds'):.2f}",
                *(f"{median(plain, 'seconds'):.2f}", f"{ratio(plain, local):.1f}"),
                *(f"{round_trips(plain):,.0f}", f"{_not_reads(plain):,.0f}"),
                *(f"{median(handler, 'seconds'):.2f}", f"{ratio(handler, local):.1f}"),
                *(f"{round_trips(handler):,.0f}", f"{_not_reads(handler):,.0f}"),
            )
        )
    return Table(
        "Import and first use of other packages; EFS is central",
        (
            *("Package", "files", "MB", "local s"),
            *("sys.path s", "x local", "round trips", "not reads"),
            *("handler s", "x local", "round trips", "not reads"),
        ),
        tuple(rows),
    )


def loads_table(results: Results) -> Table:
    """Cold starts by size of the weights, how load reads them, storage and way."""
    by_name = _named(results)
    rows = []
    for variant in results["variants"]:
        labels, reference = variant["labels"], by_name[variant["reference"]]
        rows.append(
            (
                f"{labels['size']}, {labels['load']}: {labels['storage']}, {labels['way']}",
                f"{median(variant, 'seconds'):.2f}",
                f"{ratio(variant, reference):.2f}",
                f"{median(variant, 'bytes_read') / 1e6:,.0f}" if variant["efs"] else "",
                f"{median(variant, 'memory_mb'):,.0f}",
            )
        )
    return Table(
        "Cold start with weights: import, load and first answer",
        ("Weights, how load reads them, way", "s", "x local", "MB", "peak MB"),
        tuple(rows),
    )


def published_table(results: Results) -> Table:
    """Seconds to publish weights, by phase."""
    phases = ("fetch", "copy", "total")
    return Table(
        "Publishing weights",
        ("Weights, file system", *(f"{phase} s" for phase in phases)),
        tuple(
            (
                f"{one['size']}, {one['storage']}",
                *(f"{one['seconds'][phase]:.1f}" for phase in phases),
            )
            for one in results["published"]
        ),
    )


TABLES: dict[str, Callable[[Results], Table]] = {
    "imports": import_table,
    "answers": answers_table,
    "populate": populate_table,
    "packages": packages_table,
    "artifacts": loads_table,
    "networks": loads_table,
}
PLOTS: dict[str, dict[str, str]] = {
    "imports": {
        "import-seconds": "Seconds for a cold import of TensorFlow",
        "import-round-trips": "Round trips of a cold import of TensorFlow",
    },
    "answers": {},
    "populate": {"populate-seconds": "Seconds to populate EFS with TensorFlow"},
    "packages": {},
    "artifacts": {},
    "networks": {},
}
"""Plots by benchmark: name of the file in docs/, and title."""
_GROUPS: dict[str, tuple[str, Callable[[Results], list[Group]]]] = {
    "import-seconds": ("s", import_groups),
    "import-round-trips": ("", round_trip_groups),
    "populate-seconds": ("s", populate_groups),
}


def plot(name: str, results: Results) -> str:
    """A plot as SVG."""
    title = next(titles[name] for titles in PLOTS.values() if name in titles)
    unit, groups = _GROUPS[name]
    return svg(title, unit, groups(results))
