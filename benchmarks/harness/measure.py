"""Measuring ways of doing the same thing against each other.

The ways take turns, so that whatever else the machine does hits all of them alike, and a ratio is
taken within one turn before the median over the turns (report/). Every run is a fresh process
with a fresh mount; the files behind the mount are in memory.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..simulator import COUNTERS, REQUESTS, Efs
from .memory import SCRATCH, memory, ready

ROUNDS = 5
PROBE = Path(__file__).with_name("probe.py")


class FailedRunError(Exception):
    """A run did not end well; the message has its command and what it said."""


@dataclass(frozen=True)
class Run:
    """One run: seconds within the process, requests by kind, bytes, a warm answer; and bytes that
    came from this machine's disk, which should be none."""

    seconds: float
    requests: dict[str, int] = field(default_factory=dict)
    bytes_read: int = 0
    bytes_written: int = 0
    warm_ms: float = 0.0
    from_disk: int = 0

    @property
    def round_trips(self) -> int:
        return sum(self.requests.values())


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way of doing it.

    `release` is where it finds or makes its files. With `efs` the directory `backing`, above
    it, is mounted over itself, so that the paths are those of the local runs.
    `labels` are what tables are made of; `reference` is the name of the variant that ratios are
    to. What takes long takes part in so many rounds alone, `turns`. It takes so many bytes of new
    memory, `scratch`, that they are made free before.
    """

    name: str
    labels: dict[str, str]
    way: str
    program: Path
    release: Path
    backing: Path
    reference: str
    efs: Efs | None = None
    turns: int | None = None
    scratch: int = 1 << 30
    arguments: dict[str, object] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self) -> Run:
        """Run it once. Raises FailedRunError, UnavailableError."""
        with tempfile.TemporaryDirectory(prefix="bench-", dir=memory(SCRATCH)) as scratch:
            result = Path(scratch, "result.json")
            work = {
                "way": self.way,
                "result": str(result),
                "counters": str(self.backing / COUNTERS) if self.efs else None,
                "program": str(self.program),
                "release": str(self.release),
                **self.arguments,
            }
            command = [sys.executable, "-I", "-S", "-B", str(PROBE), json.dumps(work)]
            if self.efs:
                command = self.efs.command(self.backing, self.backing, command)
            before = _from_disk()
            _run(command, {**os.environ, **self.environment}, scratch)
            run = _read(result, free=("missing",) if self.efs and self.efs.creating else ())
            return replace(run, from_disk=_from_disk() - before)


def _run(command: Sequence[str], environment: Mapping[str, str], folder: str) -> None:
    output = Path(folder, "output")
    with (
        output.open("w") as stream,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=folder,
            start_new_session=True,
        ) as process,
    ):
        try:
            status = process.wait()
        except BaseException:
            # The simulator ends its command; any other process is alone in its group.
            os.killpg(process.pid, signal.SIGTERM)
            raise
    if status != 0:
        said = output.read_text(errors="replace")[-4000:]
        raise FailedRunError(f"{' '.join(command)}\nended with {status}:\n{said}")


def _from_disk() -> int:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_inblock * 512


def _read(result: Path, free: Sequence[str]) -> Run:
    measured = json.loads(result.read_text(encoding="ascii"))
    counted = measured.get("requests", {})
    return Run(
        seconds=round(measured["seconds"], 4),
        requests={
            name: counted[name] for name in REQUESTS if counted.get(name) and name not in free
        },
        bytes_read=counted.get("bytes_read", 0),
        bytes_written=counted.get("bytes_written", 0),
        warm_ms=round(measured.get("warm", 0.0) * 1e3, 3),
    )


def measure(
    variants: Sequence[Variant],
    rounds: int,
    progress: Callable[[Variant, int, Run], None] = lambda *_: None,
    prepare: Callable[[Variant], None] = lambda variant: ready(
        variant.backing, variant.program, scratch=variant.scratch
    ),
) -> dict[str, list[Run]]:
    """Run all variants in turn, `rounds` times. `prepare` is called before each run."""
    runs: dict[str, list[Run]] = {variant.name: [] for variant in variants}
    for number in range(rounds):
        for variant in variants:
            if variant.turns is not None and number >= variant.turns:
                continue
            prepare(variant)
            run = variant.run()
            runs[variant.name].append(run)
            progress(variant, number, run)
    return runs
