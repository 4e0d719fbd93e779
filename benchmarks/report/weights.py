"""Publishing weights, and cold starts that load them."""

from __future__ import annotations

from .table import Results, Table, median, named, ratio_cell, spread_cell


def loads_table(results: Results) -> Table:
    """Cold starts by size of the weights, how load reads them, storage and way."""
    by_name = named(results)
    rows = []
    for variant in results["variants"]:
        labels, reference = variant["labels"], by_name.get(variant["reference"])
        rows.append(
            (
                f"{labels['size']}, {labels['load']}: {labels['storage']}, {labels['way']}",
                f"{median(variant, 'seconds'):.2f}",
                spread_cell(variant),
                ratio_cell(variant, reference),
                f"{median(variant, 'bytes_read') / 1e6:,.0f}" if variant["efs"] else "",
            )
        )
    return Table(
        "Cold start with weights: import, load and first answer",
        ("Weights, how load reads them, way", "s", "spread", "x local", "MB"),
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
