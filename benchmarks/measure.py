"""Measuring ways of doing the same thing against each other.

The ways take turns, so that whatever else the machine does hits all of them alike, and a ratio is
taken within one turn before the median over the turns (report/). Every run is a fresh process
with a fresh mount; the files behind the mount are in memory.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lambda_src.release.layout import FORMAT

from .efs import COUNTERS, REQUESTS, ROOT, Efs

PROBE = Path(__file__).with_name("probe.py")
RESULTS = Path(__file__).with_name("results")
ROUNDS = 5
QUIET = 0.5
"""The machine's load over a minute, at most, when measuring begins. Results of a busier one are no
figures for docs/."""
SPREAD = 0.1
"""How far a run may be from the median of its row, as a part of it, for the row to be in docs/."""


MEMORY = Path("/dev/shm")  # noqa: S108 (only where a folder of our own is made)
SCRATCH = 4 << 30
"""Bytes that a run may write, at most: what people unpack to /tmp."""


class FailedRunError(Exception):
    """A run did not end well; the message has its command and what it said."""


@dataclass(frozen=True)
class Run:
    """One run: seconds within the process, requests by kind, bytes, a warm answer."""

    seconds: float
    requests: dict[str, int] = field(default_factory=dict)
    bytes_read: int = 0
    bytes_written: int = 0
    warm_ms: float = 0.0

    @property
    def round_trips(self) -> int:
        return sum(self.requests.values())


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way of doing it.

    `release` is where it finds or makes its files. With `efs` the directory `backing`, above
    it, is mounted over itself, so that the paths are those of the local runs.
    `labels` are what tables are made of; `reference` is the name of the variant that ratios are
    to. What takes long takes part in so many rounds alone, `turns`.
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
            _run(command, {**os.environ, **self.environment}, scratch)
            return _read(result, free=("missing",) if self.efs and self.efs.creating else ())


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
    prepare: Callable[[Variant], None] = lambda _: None,
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


def document(
    benchmark: str,
    variants: Sequence[Variant],
    runs: Mapping[str, Sequence[Run]],
    begun: Mapping[str, object],
    **more: object,
) -> dict[str, Any]:
    """The raw results with what one has to know of the machine."""
    return {
        "benchmark": benchmark,
        **begun,
        "machine": machine(),
        **more,
        "variants": [
            {
                "name": variant.name,
                "labels": variant.labels,
                "reference": variant.reference,
                "efs": asdict(variant.efs) if variant.efs else None,
                "runs": [asdict(run) for run in runs[variant.name]],
            }
            for variant in variants
        ],
    }


def memory(size: int) -> Path | None:
    """Where a folder of so many bytes can be made in memory, so that no disk is measured."""
    enough = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > size
    return MEMORY if enough else None


def begin(seconds: float = 600, pause: float = 2) -> dict[str, object]:
    """What a table says of its beginning: date, commit, release format, load over a minute.

    Making releases is work, so it waits that long for the machine to become quiet.
    """
    end = time.monotonic() + seconds
    while os.getloadavg()[0] > QUIET and time.monotonic() < end:
        time.sleep(pause)
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "format": FORMAT,
        "load": round(os.getloadavg()[0], 2),
    }


def commit() -> str:
    """The commit that is checked out, with a + if code differs from it; empty without Git."""
    code = ("benchmarks", "lambda_src", ":!benchmarks/results")
    try:
        found = _git("rev-parse", "--short=7", "HEAD")
        return f"{found}+" if _git("status", "--porcelain", "--", *code) else found
    except FileNotFoundError:
        return ""


def _git(*words: str) -> str:
    command = ["git", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def machine() -> dict[str, object]:
    """Processor, kernel, memory and Python of this machine."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    models = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": models[0] if models else platform.machine(),
        "cpus": len(os.sched_getaffinity(0)),
        "memory_gb": round(pages / 1e9, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def save(results: Mapping[str, Any], folder: Path = RESULTS) -> Path:
    """Write the results. Returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{results['benchmark']}.json"
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return path


def load(benchmark: str, folder: Path = RESULTS) -> dict[str, Any] | None:
    """Read the results, None if there are none."""
    path = folder / f"{benchmark}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
