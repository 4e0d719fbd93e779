"""A table of results, and what its cells have in common."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as Screen

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


def named(results: Results) -> dict[str, Variant]:
    return {variant["name"]: variant for variant in results["variants"]}
