"""Populating the file system with libraries."""

from __future__ import annotations

from .chart import Bar, Group
from .table import Results, Table, Variant, median, round_trips, spread_cell


def populate_table(results: Results) -> Table:
    """Seconds of the copy, and of all; those of a sample are scaled."""
    rows = []
    installer = sum(took for name, took in results["seconds"].items() if name not in _OTHERS)
    for variant in results["variants"]:
        labels, scale = variant["labels"], _scale(results, variant)
        seconds = median(variant, "seconds") * scale
        pip = installer if labels["way"] == "copy" else results["seconds"]["install"]
        rows.append(
            (
                f"{labels['storage']}: {POPULATE[labels['way']]}",
                f"{seconds:,.1f}",
                spread_cell(variant),
                f"{results['release']['files'] / seconds:,.0f}",
                f"{median(variant, 'seconds'):.1f}" if scale != 1 else "",
                f"{scale:.2f}" if scale != 1 else "",
                f"{round_trips(variant):,.0f}",
                f"{seconds + pip:,.1f}",
            )
        )
    return Table(
        "Populating EFS with TensorFlow",
        (
            *("Way", "copy s", "spread", "files/s", "sample s", "scaled by", "requests counted"),
            "all s",
        ),
        tuple(rows),
    )


_OTHERS = ("copy", "total")
"""Of the installer's phases, those that are not added to a copy."""
POPULATE = {
    "copytree": "shutil.copytree",
    "cp -r": "cp -r",
    "rsync -a": "rsync -a",
    "threads": "64 threads",
    "copy": "installer",
}


def _scale(results: Results, variant: Variant) -> float:
    return float(results["scales"].get(variant["name"], 1.0))


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
