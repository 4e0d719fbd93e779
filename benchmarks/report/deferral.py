"""What modules that wait for their first use save."""

from __future__ import annotations

from typing import Any

from .table import Results, Table


def lazy_table(results: Results) -> Table:
    """One row for each package: modules that run and CPU seconds, without and with the names."""
    return Table(
        "CPU time and modules of a cold start, without and with the names that a release suggests",
        ("Package", "modules run", "CPU s", "names suggested", "modules run", "CPU s", "x"),
        tuple(map(_row, results["packages"])),
    )


def lazy_conditions(results: Results) -> str:
    """One sentence: how often, of what, when, where it was measured."""
    machine = results["machine"]
    return (
        f"The least CPU time of {results['rounds']} processes, from the local disk, "
        f"{results['date'][:10]}, commit `{results['commit']}`, release format "
        f"{results['format']}, {machine['cpus']} CPUs ({machine['processor']}), Linux "
        f"{machine['kernel']}, Python {machine['python']}. Beside other work: load "
        f"{results['load']} at the start, {results['load_at_end']} at the end."
    )


def _row(package: dict[str, Any]) -> tuple[str, ...]:
    runs = package["runs"]
    modules = f"{max(ran for _, ran in runs['plain']):,.0f}"
    seconds = min(used for used, _ in runs["plain"])
    cells = package["package"], modules, f"{seconds:.2f}"
    if "lazy" not in runs:
        return (*cells, "none", "", "", "")
    less = min(used for used, _ in runs["lazy"])
    names = ", ".join(f"`{name}`" for name in package["suggested"])
    ran = f"{max(ran for _, ran in runs['lazy']):,.0f}"
    return (*cells, names, ran, f"{less:.2f}", f"{less / seconds:.2f}")
