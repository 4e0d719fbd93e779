"""The proof before publication: a fresh interpreter imports the staged release and uses it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from ..layout import ExitCode, InstallError
from .child import child
from .tree import prove_room

LINES = 20
"""Lines of the traceback that an error message shows."""

RECORD = "import.json"
"""File of what the import touches."""
RECORD_CLOSER = "closer.json"
"""File of what a second one touches, where libraries are looked at in the end alone."""
PYCACHE = "pycache"
"""Folder with the bytecode that was pruned, as below ``sys.pycache_prefix``; the second import has
it from there, as the function has it from the bundle."""

NOT_ENDED = "model.py had not ended after"

GRACE = 30.0
"""Seconds after its limit in which the interpreter can still say where it is."""

PROGRAM = """
import os, sys, threading, traceback
site_packages, program, target, limit, not_ended = sys.argv[1:]
sys.path.insert(0, program)
from release.installation.record import Record
sys.path.insert(0, site_packages)
record = Record(site_packages, target.endswith('closer.json'))
failed = []
def use():
    try:
        import model
        if not str(model.__file__).startswith(program + "/"):
            raise ImportError(f"a package brings its own module 'model': {model.__file__}")
        if hasattr(model, "load"):
            model.load()
        if hasattr(model, "demonstrate"):
            print("demonstration:", model.demonstrate(), flush=True)
    except BaseException:
        failed.append(traceback.format_exc())
thread = threading.Thread(target=use, name="import")
status = 1
try:
    thread.start()
    thread.join(float(limit) if limit else None)
    if thread.is_alive():
        stack = traceback.format_stack(sys._current_frames()[thread.ident])
        failed.append("".join(stack) + f"{not_ended} {limit} s")
    if not failed:
        record.write(target)
        status = 0
    print(*failed, file=sys.__stdout__, flush=True)
finally:
    os._exit(status)
"""
"""Does what the function does: the release first on sys.path, the import in a thread. It ends
without waiting for threads and processes of the model, as the function does."""


def smoke(
    site_packages: Path,
    program: Path,
    scratch: Path,
    limit: float | None = None,
    record: str = RECORD,
) -> str:
    """Import ``model`` from the program folder with the staged libraries; load and demonstrate.

    The interpreter sees the standard library, these two directories and nothing else. What it
    touches is recorded in the scratch folder. Returns the last line that it printed. Raises
    InstallError with the end of the traceback, or if it takes longer than ``limit`` seconds, and
    OSError if the disk is full.
    """
    output = scratch / "import.out"
    command = [sys.executable, "-I", "-S", "-B", "-W", "ignore"]
    if (scratch / PYCACHE).exists():
        command += ["-X", f"pycache_prefix={scratch / PYCACHE}"]
    command += ["-c", PROGRAM]
    command += [str(site_packages), str(program), str(scratch / record)]
    command += ["" if limit is None else f"{limit:g}", NOT_ENDED]
    with (
        output.open("w") as stream,
        child(command, output=stream, folder=program) as process,
    ):
        try:
            status = process.wait(None if limit is None else limit + GRACE)
        except subprocess.TimeoutExpired:
            status = 1
            stream.write(f"\n{NOT_ENDED} {limit:g} s, in a library that holds Python's lock")
    lines = output.read_text(errors="replace").rstrip().splitlines()
    if status == 0:
        return lines[-1] if lines else ""
    prove_room(scratch)  # on a full disk the interpreter could not even say what is wrong
    if status < 0:
        reason = f"it was ended by {signal.Signals(-status).name}"
    else:
        reason = "\n".join(["it said:", *lines[-LINES:]])
    raise InstallError(
        ExitCode.IMPORT,
        f"model.py does not run with the staged libraries; {reason}\n{_remedy(lines, status)}",
    )


def _remedy(lines: list[str], status: int) -> str:
    if status == -signal.SIGKILL:
        return "That is mostly a lack of memory: raise populatorMemoryMb."
    if lines and lines[-1].startswith(NOT_ENDED):
        return (
            "That is half of the time a populate may take, and the import is made twice. If it "
            "only takes long, raise populatorTimeoutMinutes. If it waits for a thread or process "
            "that needs model.py, start that in load(), when the import of model.py has ended."
        )
    if lines and "ModuleNotFoundError" in lines[-1]:
        return "Add the package to requirements.in and run `make lock`."
    return "Nothing was published. Correct model.py or requirements.in, and run `make lock`."
