"""Byte-compiling a staged release for the place where it will lie."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from ...layout import ExitCode, InstallError
from ..child import child
from ..storage.tree import prove_room

_FAILED = "*** Error compiling"


def compile_tree(staged: Path, final: Path, scratch: Path) -> tuple[int, int]:
    """Compile every source under ``staged`` as if it lay under ``final``.

    Returns how many were compiled and how many do not compile (some packages carry templates,
    or code for other Pythons). The files are of the kind unchecked-hash: a release never
    changes, and times are not copied, so a file of the default kind would always look stale.
    One process for each CPU. Raises InstallError or OSError if the disk is full.
    """
    found = filter(Path.is_file, staged.rglob("*.py"))
    sources = sorted(found, key=lambda path: (-path.stat().st_size, path))
    listed = [name for path in sources if _can_be_listed(name := str(path.relative_to(staged)))]
    # Without a name, compileall would compile what is on sys.path.
    shards = min(len(listed), len(os.sched_getaffinity(0)))
    outputs = []
    with contextlib.ExitStack() as stack:
        running = []
        for number in range(shards):
            names = scratch / f"compile-{number}.in"
            text = "".join(f"{name}\n" for name in listed[number::shards])
            names.write_text(text, encoding="utf-8")
            outputs.append(scratch / f"compile-{number}.out")
            command = [sys.executable, "-I", "-S", "-W", "ignore", "-m", "compileall", "-q"]
            command += ["--invalidation-mode", "unchecked-hash", "-i", str(names)]
            command += ["-p", str(final)]
            stream = stack.enter_context(outputs[-1].open("w"))
            running.append(stack.enter_context(child(command, output=stream, folder=staged)))
        for process in running:
            process.wait()
    text = "".join(path.read_text(errors="replace") for path in outputs)
    if "[Errno 28]" in text or "[Errno 122]" in text or "[Errno 5]" in text:
        raise InstallError(
            ExitCode.DISK,
            f"staging in {scratch.parent} is full while the sources are compiled. Raise "
            "populatorEphemeralStorageGib, or free the disk.",
        )
    if any(process.returncode not in (0, 1) for process in running):
        prove_room(scratch)  # on a full disk compileall cannot even write what is wrong
        statuses = [process.returncode for process in running]
        raise InstallError(
            ExitCode.ERROR,
            f"compileall ended with status {statuses}: {text[-300:]}. A negative number is a "
            "signal; -9 is mostly a lack of memory, see populatorMemoryMb.",
        )
    failed = len(sources) - len(listed) + text.count(_FAILED)
    return len(sources) - failed, failed


def _can_be_listed(name: str) -> bool:
    """Whether compileall reads it from a list as it is: UTF-8, a line each, stripped."""
    line = name.encode(errors="ignore").decode().partition("\n")[0].partition("\r")[0]
    return line.strip() == name
