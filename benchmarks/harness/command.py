"""What the parts' commands have in common."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console

from ..material import releases
from .measure import ROUNDS, Run, Variant, measure
from .results import KEPT, QUIET, RESULTS, begin, document, save


def parser(part: str, description: str | None, rounds: int = ROUNDS) -> argparse.ArgumentParser:
    """The options that every part on the simulated EFS has."""
    made = argparse.ArgumentParser(prog=f"python -m benchmarks {part}", description=description)
    text = "0 only makes what is measured on"
    made.add_argument("--rounds", type=int, default=rounds, metavar="N", help=text)
    made.add_argument("--index-url", default=releases.INDEX, metavar="URL")
    return made


def measured(
    part: str, ways: Sequence[Variant], rounds: int, screen: Console, **more: object
) -> dict[str, Any]:
    """Wait for a quiet machine and measure. Returns the raw results."""
    begun = begin()
    runs = measure(ways, rounds, progress(screen))
    return document(part, ways, runs, begun, rounds=rounds, **more)


def progress(screen: Console) -> Callable[[Variant, int, Run], None]:
    """Prints a line about each run."""

    def show(variant: Variant, number: int, run: Run) -> None:
        read = f"{run.round_trips:>7,} round trips {run.bytes_read / 1e6:>6,.0f} MB read"
        seconds = f"{number + 1}: {variant.name:<42} {run.seconds:>7.2f} s"
        disk = f", {run.from_disk / 1e6:,.0f} MB from the disk" if run.from_disk > 1e6 else ""
        screen.print(f"{seconds} {read if variant.efs else ''}{disk}")

    return show


def keep(results: Mapping[str, Any], screen: Console, *, whole: bool = True) -> None:
    """Write the raw results, to where docs/ takes them from if they may stand there."""
    busy = results["load"] > QUIET
    if busy:
        screen.print(
            f"not for docs/: the machine's load was {results['load']} when measuring began, and "
            f"may be {QUIET}"
        )
    path = save(results, KEPT if busy or not whole else RESULTS)
    screen.print(f"raw results: {path}")
