"""What the benchmarks' commands have in common."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console

from . import releases
from .efs import UNAVAILABLE, UnavailableError
from .measure import QUIET, RESULTS, ROUNDS, FailedRunError, Run, Variant, save


def parser(
    benchmark: str, description: str | None, rounds: int = ROUNDS
) -> argparse.ArgumentParser:
    """The options that every benchmark on the simulated EFS has."""
    made = argparse.ArgumentParser(
        prog=f"python -m benchmarks.{benchmark}", description=description
    )
    made.add_argument("--rounds", type=int, default=rounds, metavar="N")
    made.add_argument("--index-url", default=releases.INDEX, metavar="URL")
    return made


def run(measuring: Callable[[], int]) -> int:
    """Run it, and say in one message what keeps it from measuring. Returns the exit status."""
    try:
        return measuring()
    except UnavailableError as error:
        print(error, file=sys.stderr)
        return UNAVAILABLE
    except (FailedRunError, releases.InstallationError) as error:
        print(error, file=sys.stderr)
        return 1


def described(variant: Variant, number: int, run: Run) -> str:
    """One line about a run."""
    read = f"{run.round_trips:>7,} round trips {run.bytes_read / 1e6:>6,.0f} MB read"
    return f"{number + 1}: {variant.name:<42} {run.seconds:>7.2f} s {read if variant.efs else ''}"


def keep(results: Mapping[str, Any], screen: Console, *, whole: bool = True) -> None:
    """Write the raw results, to where docs/ takes them from if they may stand there."""
    busy = results["load"] > QUIET
    if busy:
        screen.print(
            f"not for docs/: the machine's load was {results['load']} when measuring began, and "
            f"may be {QUIET}"
        )
    path = save(results, releases.KEPT if busy or not whole else RESULTS)
    screen.print(f"raw results: {path}")
