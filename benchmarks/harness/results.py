"""Raw results: what they hold beside the runs, and where they are kept."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lambda_src.release.layout import FORMAT

from .measure import Run, Variant

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results"
KEPT = ROOT / ".local" / "benchmarks" / "results"
"""Where raw results go that are not for docs/."""
QUIET = 0.5
"""The machine's load over a minute, at most, when measuring begins. Results of a busier one are no
figures for docs/."""
SPREAD = 0.1
"""How far a run may be from the median of its row, as a part of it, for the row to be in docs/."""


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
