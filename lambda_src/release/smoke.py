"""The proof before publication: a fresh interpreter imports the staged release and uses it."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from .child import child
from .layout import ExitCode, InstallError
from .tree import prove_room

LINES = 12
"""Lines of the traceback that an error message shows."""

RECORD = "import.json"
"""File of what the import touches."""
RECORD_CLOSER = "closer.json"
"""File of what a second one touches, where libraries are looked at in the end alone."""
PYCACHE = "pycache"
"""Folder with the bytecode that was pruned, as below ``sys.pycache_prefix``; the second import has
it from there, as the function has it from the bundle."""

PROGRAM = """
import sys, threading
site_packages, program, target = sys.argv[1:]
sys.path.insert(0, program)
from release.record import Record
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
            print("demonstration:", model.demonstrate())
    except BaseException:
        import traceback
        failed.append(traceback.format_exc())
thread = threading.Thread(target=use, name="import")
thread.start()
thread.join()
if failed:
    sys.exit(failed[0])
record.write(target)
"""
"""Does what the function does: the release first on sys.path, the import in a thread."""


def smoke(site_packages: Path, program: Path, scratch: Path, record: str = RECORD) -> str:
    """Import ``model`` from the program folder with the staged libraries; load and demonstrate.

    The interpreter sees the standard library, these two directories and nothing else. What it
    touches is recorded in the scratch folder. Returns the last line that it printed. Raises
    InstallError with the end of the traceback, OSError if the disk is full.
    """
    output = scratch / "import.out"
    command = [sys.executable, "-I", "-S", "-B", "-W", "ignore"]
    if (scratch / PYCACHE).exists():
        command += ["-X", f"pycache_prefix={scratch / PYCACHE}"]
    command += ["-c", PROGRAM]
    command += [str(site_packages), str(program), str(scratch / record)]
    with (
        output.open("w") as stream,
        child(command, output=stream, folder=program) as process,
    ):
        status = process.wait()
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
    if lines and "ModuleNotFoundError" in lines[-1]:
        return "Add the package to requirements.in and run `make lock`."
    return "Nothing was published. Correct model.py or requirements.in, and run `make lock`."
