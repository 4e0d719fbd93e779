"""Cold imports and first answers, of TensorFlow and of other packages."""

from __future__ import annotations

from typing import Any

from .chart import Bar, Group
from .table import (
    Results,
    Table,
    Variant,
    median,
    named,
    ratio,
    ratio_cell,
    round_trips,
    spread_cell,
    steady,
)

OLDER = "handler of "
SLOW = ("central, 100 MB/s", "central, 50 MB/s")
DRAWN = ("sys.path", "sys.path, no gc", "handler", "handler, lazy")
"""The ways in the plots."""


def import_table(results: Results) -> Table:
    """Seconds, ratios, round trips and bytes by storage and way."""
    by_name = named(results)
    lean = by_name.get("import, sys.path, no gc, local")
    older = sorted({way["labels"]["way"] for way in results["variants"] if OLDER in way["name"]})
    rows = []
    for variant in results["variants"]:
        labels = variant["labels"]
        before = [by_name.get(f"import, {way}, {labels['storage']}") for way in older]
        remote = variant["efs"] is not None
        rows.append(
            (
                f"{labels['storage']}: {labels['way']}",
                f"{median(variant, 'seconds'):.2f}",
                spread_cell(variant),
                ratio_cell(variant, by_name.get(variant["reference"])),
                ratio_cell(variant, lean),
                *(
                    ratio_cell(variant, other) if "handler" in labels["way"] else ""
                    for other in before
                ),
                f"{round_trips(variant):,.0f}" if remote else "",
                f"{median(variant, 'bytes_read') / 1e6:,.0f}" if remote else "",
            )
        )
    ratios = ("x local", "x local, no gc", *(f"x {way.removeprefix(OLDER)}" for way in older))
    return Table(
        "Cold import of TensorFlow",
        ("Way", "s", "spread", *ratios, "round trips", "MB"),
        tuple(rows),
    )


def summary(results: Results) -> str:
    """The cold import in two sentences: central, a slow link, the plain way, a local disk."""
    by_name = named(steady(results)[0])
    ways = ("sys.path, local", "sys.path, no gc, local", "sys.path, central", "handler, central")
    slow = [f"handler, lazy, {storage}" for storage in SLOW]
    names = (*ways, "handler, lazy, central", *slow)
    if any(f"import, {name}" not in by_name for name in names):
        return "Not measured steadily yet: `make bench WHAT=imports`.\n"
    found = [by_name[f"import, {name}"] for name in names]
    took = [f"{median(one, 'seconds'):.1f} s" for one in found]
    return (
        f"Its first import from a simulated EFS of 300 MB/s takes {took[3]}. A plain import takes "
        f"{took[2]} there; from a local disk it takes {took[0]}, or {took[1]} with Python's "
        "garbage collector off. If [some modules wait]"
        "(docs/releases.md#modules-that-wait-for-their-first-use) until they are used, it takes "
        f"{took[4]}, and {took[5]} at 100 MB/s, {took[6]} at 50 MB/s.\n"
    )


ANSWERS = {"answer": "a determinant", "keras": "Keras, a prediction"}


def answers_table(results: Results) -> Table:
    """First and warm answers by workload, storage and way."""
    by_name = named(results)
    rows = []
    for variant in results["variants"]:
        labels, reference = variant["labels"], by_name.get(variant["reference"])
        rows.append(
            (
                f"{ANSWERS[labels['workload']]}: {labels['storage']}, {labels['way']}",
                f"{median(variant, 'seconds'):.2f}",
                spread_cell(variant),
                ratio_cell(variant, reference),
                f"{round_trips(variant):,.0f}" if variant["efs"] else "",
                f"{median(variant, 'warm_ms'):.2f}",
                ratio_cell(variant, reference, "warm_ms"),
            )
        )
    return Table(
        "First and warm answers of TensorFlow",
        ("Way", "first s", "spread", "x local", "round trips", "warm ms", "x local"),
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
    for storage in ("local", "optimistic", "central", "pessimistic", *SLOW):
        bars = [
            Bar(variant["labels"]["way"], value(variant))
            for variant in results["variants"]
            if variant["labels"]["workload"] == "import"
            and variant["labels"]["storage"] == storage
            and variant["labels"]["way"] in DRAWN
        ]
        if any(bar.value for bar in bars):
            groups.append(Group(storage, tuple(bars)))
    return groups


def _not_reads(variant: Variant) -> float:
    return round_trips(variant) - round_trips(variant, "read")


PACKAGE_WAYS = ("local", "sys.path", "handler")


def _seconds(variant: Variant | None) -> str:
    return f"{median(variant, 'seconds'):.2f}" if variant else ""


def _of(variant: Variant | None, local: Variant | None) -> tuple[str, str, str]:
    """The ratio to a local disk, round trips, and those that are no reads."""
    if variant is None:
        return ("", "", "")
    compared = f"{ratio(variant, local):.1f}" if local else ""
    return (compared, f"{round_trips(variant):,.0f}", f"{_not_reads(variant):,.0f}")


def packages_table(results: Results) -> Table:
    """One row for each package: its size, and the import with a first use, three ways."""
    by_name = named(results)
    packages = {way["reference"]: way["labels"] for way in results["variants"]}
    rows = []
    for reference, labels in packages.items():
        name = reference.removesuffix(", local")
        local, plain, handler = (by_name.get(f"{name}, {way}") for way in PACKAGE_WAYS)
        rows.append(
            (
                *(labels["package"], labels["files"], labels["mb"], _seconds(local)),
                *(_seconds(plain), *_of(plain, local)),
                *(_seconds(handler), spread_cell(handler) if handler else ""),
                *_of(handler, local),
            )
        )
    return Table(
        "Import and first use of other packages; EFS is central",
        (
            *("Package", "files", "MB", "local s"),
            *("sys.path s", "x local", "round trips", "not reads"),
            *("handler s", "spread", "x local", "round trips", "not reads"),
        ),
        tuple(rows),
    )
