"""Populating the file system with libraries."""

from __future__ import annotations

from .chart import Bar, Group
from .table import Results, Table, Variant, median, round_trips


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
