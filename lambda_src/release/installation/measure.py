"""How long a cold start takes on what the task mounts, whose memory has nothing of the release yet.

    python3 -m release measure --release DIR [--artifacts DIR] [--way on|off|local]

A fresh interpreter loads the model as the function does: with the cold start switched on or off, or
from a copy on the task's own disk. Each way needs a task of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..activation.activate import check_published
from ..activation.cold_start import SWITCH
from ..layout import ARTIFACTS_PATH, RELEASE_PATH, RELEASES, ExitCode, InstallError, check_mount
from .job import Measurement
from .log import log, throttled
from .storage import tree

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from release.activation.loading import Loading
Loading().model()
"""
SHOWN = 4_000
"""Characters of what an interpreter that failed has printed, which the error shows."""


def report(wanted: Measurement) -> dict[str, object]:
    """Measure one way. Returns the summary's fields.

    Raises InstallError where the model does not load, ReleaseError where there is no release.
    """
    check_mount(wanted.mount)
    check_published(wanted.release)
    with (
        tempfile.TemporaryDirectory(dir=wanted.staging) as scratch,
        _on(wanted, scratch) as release,
    ):
        log("measure", f"{wanted.way}: {release}")
        line = _loaded(wanted, release, scratch)
    names = {"total": "ColdStart", "activate": "Activate", "import": "Import", "load": "Load"}
    seconds = {name: line[f"{field}Duration"] for name, field in names.items()}
    return {
        "outcome": "loaded",
        "release": wanted.release.name,
        "imports": line["imports"],
        "seconds": seconds,
    }


@contextmanager
def _on(wanted: Measurement, scratch: str) -> Iterator[Path]:
    """The release, or a copy of it."""
    if wanted.way != "local":
        yield wanted.release
        return
    copy = Path(scratch, RELEASES, wanted.release.name)
    copy.mkdir(parents=True)
    found = tree.scan(wanted.release)
    tree.Copy(wanted.release, copy, found).run(throttled("copy", found.files, found.bytes))
    yield copy


def _loaded(wanted: Measurement, release: Path, scratch: str) -> dict[str, float | str]:
    """The line about the cold start. Raises InstallError if there is none."""
    environment = {
        **os.environ,
        "TMPDIR": scratch,
        RELEASE_PATH: str(release),
        SWITCH: "on" if wanted.way == "on" else "off",
    }
    if wanted.artifacts is not None:
        environment[ARTIFACTS_PATH] = str(wanted.artifacts)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", PROGRAM, str(wanted.program)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    for text in done.stdout.splitlines():
        if '"cold start"' in text and isinstance(line := json.loads(text), dict):
            return line
    raise InstallError(
        ExitCode.IMPORT,
        f"the model does not load from {release} (status {done.returncode}); it said:\n"
        f"{done.stdout[-SHOWN:]}",
    )
