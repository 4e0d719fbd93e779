"""A table of results, and what its cells have in common."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as Screen

from ..harness import SPREAD

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


def spread(variant: Variant) -> float | None:
    """How far the run is off that is furthest from the median, as a part of it; None of one."""
    seconds = [run["seconds"] for run in variant["runs"]]
    if len(seconds) < 2:
        return None
    middle = statistics.median(seconds)
    return float(max(abs(each - middle) for each in seconds) / middle)


def spread_cell(variant: Variant) -> str:
    """The spread as it stands in a table."""
    found = spread(variant)
    return "one run" if found is None else f"{100 * found:.0f} %"


def steady(results: Results) -> tuple[Results, list[str]]:
    """The results of what has not spread too much, and the names of the rest."""
    kept = [way for way in results["variants"] if (spread(way) or 0.0) <= SPREAD]
    left = [way["name"] for way in results["variants"] if way not in kept]
    return {**results, "variants": kept}, left


def median(variant: Variant, key: str) -> float:
    """The median of a number over the runs."""
    return _median(run[key] for run in variant["runs"])


def ratio(variant: Variant, reference: Variant, key: str = "seconds") -> float:
    """The median of the ratios of a number, each within one round."""
    # One of them may take part in fewer rounds.
    pairs = zip(variant["runs"], reference["runs"], strict=False)
    return _median(run[key] / other[key] for run, other in pairs)


def ratio_cell(variant: Variant, reference: Variant | None, key: str = "seconds") -> str:
    """A ratio as it stands in a table; empty where there is nothing to compare with."""
    return "" if reference is None else f"{ratio(variant, reference, key):.2f}"


def round_trips(variant: Variant, *kinds: str) -> float:
    """The median of the requests, of all kinds or of these."""
    return _median(
        sum(count for kind, count in run["requests"].items() if not kinds or kind in kinds)
        for run in variant["runs"]
    )


def _median(numbers: Iterable[float]) -> float:
    return float(statistics.median(numbers))


def conditions(results: Results) -> str:
    """One sentence: how often, of what, when, where it was measured."""
    machine = results["machine"]
    return (
        f"Median of {results['rounds']} rounds, {results['date'][:10]}, commit "
        f"`{results['commit']}`, release format {results['format']}, load at the start "
        f"{results['load']}, {machine['cpus']} CPUs ({machine['processor']}), Linux "
        f"{machine['kernel']}, Python {machine['python']}; EFS is simulated."
    )


def left_out(names: list[str]) -> str:
    """One sentence about what has spread too much; empty where nothing has."""
    if not names:
        return ""
    most = f"{100 * SPREAD:.0f} %"
    return f"Left out, because they spread by more than {most}: {'; '.join(names)}.\n"


def named(results: Results) -> dict[str, Variant]:
    return {variant["name"]: variant for variant in results["variants"]}
