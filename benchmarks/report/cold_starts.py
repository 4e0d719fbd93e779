"""Cold imports and first answers, of TensorFlow and of other packages."""

from __future__ import annotations

from typing import Any

from lambda_src.release.activation.readers import MEMORY_PER_CPU

from ..efs import REQUESTS
from .chart import Bar, Group
from .table import Results, Table, Variant, median, named, ratio, round_trips


def import_table(results: Results) -> Table:
    """Seconds, ratios, round trips and bytes by storage and way."""
    by_name = named(results)
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
    by_name = named(results)
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
    by_name = named(results)
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
    by_name = named(results)
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


def _not_reads(variant: Variant) -> float:
    return round_trips(variant) - round_trips(variant, "read")


def packages_table(results: Results) -> Table:
    """One row for each package: its size, and the import with a first use, three ways."""
    by_name = named(results)
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
