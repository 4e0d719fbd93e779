"""Tables and plots of results: on the screen, and in Markdown and SVG for docs/."""

from __future__ import annotations

from collections.abc import Callable

from .chart import Group, svg
from .cold_starts import (
    answers_table,
    import_groups,
    import_table,
    packages_table,
    round_trip_groups,
    summary,
)
from .deferral import lazy_conditions, lazy_table
from .publishing import phases, populate_groups, populate_table
from .table import (
    Results,
    Table,
    conditions,
    console,
    left_out,
    median,
    ratio,
    round_trips,
    show,
    spread,
    steady,
)
from .weights import loads_table, published_table

__all__ = [
    "PLOTS",
    "TABLES",
    "Results",
    "answers_table",
    "conditions",
    "console",
    "import_table",
    "lazy_conditions",
    "lazy_table",
    "left_out",
    "loads_table",
    "median",
    "packages_table",
    "phases",
    "plot",
    "populate_table",
    "published_table",
    "ratio",
    "round_trips",
    "show",
    "spread",
    "steady",
    "summary",
]

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
    return svg(title, unit, groups(steady(results)[0]))
