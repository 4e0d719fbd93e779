"""Many faults on many releases: `make soak`, or `python -m tests.faults.soak --help`.

The whole matrix at every operation, random histories, then kills at random moments, with readers
and other installers meanwhile. The counts go to a file from which docs/releases.md is rendered.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
import os
import platform
import secrets
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import TypeVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from . import kills
from .cases.case import Case
from .cases.matrix import CASES
from .machine import Releases
from .world import disk
from .world.world import Counts, world

ROOT = Path(__file__).resolve().parents[2]
COUNTS = ROOT / "docs" / "reliability.json"
WORKERS = 2
RANDOM_KILLS = "SIGKILL at a random moment"
HISTORIES = "Random histories"
Work = TypeVar("Work")


@dataclass
class Soak:
    """One soak: what to do, and what was seen so far."""

    seed: int
    quick: bool
    rows: dict[str, tuple[Counts, list[str]]] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def matrix(self, done: Callable[[str], None]) -> None:
        """Every case, at each of its operations."""
        cases = [case for case in CASES if not (case.disk and disk.refused())]
        # The long sweeps first, so that no worker has one left at the end.
        cases.sort(key=lambda case: not case.sweep)
        self._spread(lambda case: self._sweep(case, done), cases)

    def _sweep(self, case: Case, done: Callable[[str], None]) -> None:
        numbers: Iterable[int] = case.quick if self.quick or not case.sweep else count(1)
        for number in numbers:
            met = False
            with self._counting(case.fault, f"{case.name} {number}") as (counts, folder):
                with world(folder, counts, artifacts=case.artifacts) as new:
                    met = case.run(new, number)
                if not met:
                    counts.cases -= 1
            done(f"{case.fault}: {case.name}")
            if self.stop.is_set() or not met:
                return

    def histories(self, examples: int, done: Callable[[str], None]) -> None:
        """Random histories of one mount, by Hypothesis."""
        with self._counting(HISTORIES, f"seed {self.seed}") as (counts, _):
            Releases.counts = counts
            Releases.done = done
            options = settings(
                max_examples=examples,
                stateful_step_count=12,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            run_state_machine_as_test(seed(self.seed)(Releases), settings=options)

    def kills(self, wanted: int, done: Callable[[str], None]) -> None:
        """So many kills at random moments."""
        shares = [wanted // WORKERS + (number < wanted % WORKERS) for number in range(WORKERS)]
        self._spread(lambda share: self._kill(share[0], share[1], done), list(enumerate(shares)))

    def _kill(self, worker: int, wanted: int, done: Callable[[str], None]) -> None:
        random = Random(f"{self.seed} {worker}")
        dead = 0
        for turn in count():
            if dead >= wanted or self.stop.is_set():
                return
            with (
                self._counting(RANDOM_KILLS, f"worker {worker}") as (counts, folder),
                world(folder, counts, artifacts=turn % 3 == 2) as new,
                new.reading(),
            ):
                kills.prepare(new)
                # A new world now and then: one that went wrong would stay wrong.
                end = min(wanted, dead + 25)
                while dead < end and not self.stop.is_set():
                    died = kills.kill_some(new, random)
                    dead += died
                    for _ in range(died):
                        done(RANDOM_KILLS)

    def _spread(self, function: Callable[[Work], None], work: list[Work]) -> None:
        with ThreadPoolExecutor(WORKERS) as pool:
            try:
                list(pool.map(function, work))
            except BaseException:
                self.stop.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    @contextmanager
    def _counting(self, fault: str, name: str) -> Iterator[tuple[Counts, Path]]:
        """Counts and a folder for some cases; what does not hold is a violation."""
        counts = Counts()
        violation = ""
        try:
            with tempfile.TemporaryDirectory(prefix="soak-") as folder:
                yield counts, Path(folder)
        except Exception:
            violation = f"{name}\n{traceback.format_exc()}"
            if not self.stop.is_set():
                print(f"VIOLATION: {fault}: {violation}", file=sys.stderr, flush=True)
        with self.lock:
            total, violations = self.rows.setdefault(fault, (Counts(), []))
            total.add(counts)
            if violation:
                violations.append(violation)


def document(soak: Soak, begin: float) -> dict[str, object]:
    """The counts, and what they come from."""
    git = ["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    order = list(dict.fromkeys([*(case.fault for case in CASES), RANDOM_KILLS, HISTORIES]))
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "commit": commit or "unknown",
        "python": platform.python_version(),
        "machine": f"Linux {platform.machine()}, {len(os.sched_getaffinity(0))} CPUs",
        "seconds": round(time.monotonic() - begin),
        "seed": soak.seed,
        "reads": sum(counts.reads for counts, _ in soak.rows.values()),
        "faults": [
            {
                "fault": fault,
                "cases": counts.cases,
                "next_runs": counts.next_runs,
                "verified": counts.verified,
                "violations": len(violations),
            }
            for fault in order
            if fault in soak.rows
            for counts, violations in [soak.rows[fault]]
        ],
    }


@contextmanager
def shown(name: str, total: int | None) -> Iterator[Callable[[str], None]]:
    """Progress of one part: a bar on a terminal, else a line now and then."""
    console = Console(stderr=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(name, total=total)
        numbers = count(1)

        def done(what: str) -> None:
            number = next(numbers)
            progress.update(task, advance=1, description=what)
            if not console.is_terminal and number % 25 == 0:
                of = f" of {total}" if total else ""
                print(f"{name}: {number}{of}, {what}", flush=True)

        yield done


def main(arguments: list[str] | None = None) -> int:
    """Soak; exit status 1 when something did not hold, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000, help="at random moments")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9))
    parser.add_argument("--quick", action="store_true", help="the matrix as in `make test`")
    parser.add_argument("--output", type=Path, default=COUNTS, help="file for the counts (JSON)")
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}", flush=True)
    if reason := disk.refused():
        print(f"without full disks: {reason}", flush=True)
    soak, begin = Soak(options.seed, options.quick), time.monotonic()
    try:
        with shown("matrix", None) as done:
            soak.matrix(done)
        examples = 5 if options.quick else 25
        with shown("histories", examples) as done:
            soak.histories(examples, done)
        with shown("kills", options.kills) as done:
            soak.kills(options.kills, done)
    except KeyboardInterrupt:
        print("stopped; nothing is written", flush=True)
        return 130
    counts = document(soak, begin)
    options.output.write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")
    for row in soak.rows:
        total, violations = soak.rows[row]
        print(f"{row}: {dataclasses.asdict(total)}, {len(violations)} violations")
    return 1 if any(violations for _, violations in soak.rows.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
