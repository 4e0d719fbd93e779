"""What runs leave on disk in `.local/<stack>`: who may use it, and what of it may be removed.

Removed is only what this program made. Run as a script, this file removes all stacks' folders; it
imports the standard library alone, because it has to work without an environment.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

EFS, SCRATCH, _LOCK = "efs", "efs-scratch", ".lock"
CONTROL = "control"
"""A socket in the scratch folder: a stack that is kept open is called there."""
_BENCHMARKS = "benchmarks"  # `make bench` keeps its releases there
LOCAL = ".local"
_ATTEMPTS = 100


class StateError(Exception):
    """A folder that cannot be used or removed; the message says why and what to do."""


# --- the folder of a stack ------------------------------------------------------------------------


@contextlib.contextmanager
def hold(folder: Path, command: str) -> Iterator[None]:
    """Use the folder of a stack alone; it is made, and removed again if nothing is in it.

    Args:
        folder: `.local/<stack>`.
        command: Who uses it; shown to others that want to.

    Raises:
        StateError: Somebody else uses it, or it is not a folder of ours.
    """
    number = _lock(folder)
    try:
        os.ftruncate(number, 0)
        os.pwrite(number, f"`{command}`, process {os.getpid()}".encode(), 0)
        yield
    finally:
        _leave(folder)
        os.close(number)


def _lock(folder: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    for _ in range(_ATTEMPTS):
        # Or whoever used it has just removed it.
        with contextlib.suppress(FileNotFoundError, FileExistsError):
            _check_folder(folder)
            folder.mkdir(parents=True, exist_ok=True)
            number = os.open(folder / _LOCK, flags, 0o644)
            try:
                if _take(number, folder):
                    return number
            except BaseException:
                os.close(number)
                raise
            os.close(number)
    raise StateError(f"{folder} cannot be made. Remedy: see whether {folder.parent} is a directory")


def _take(number: int, folder: Path) -> bool:
    """Lock the folder's file; whether it is still the folder's, and was not removed meanwhile."""
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(number, 200, 0).decode(errors="replace") or "another process"
        raise StateError(
            f"{folder} is in use by {holder}. Remedy: wait until that has ended, or end it with "
            "Ctrl-C; or use another stack, --stack NAME"
        ) from None
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(number), (folder / _LOCK).lstat())
    return False


def _leave(folder: Path) -> None:
    with contextlib.suppress(OSError):  # somebody else begins to use it, or has removed it
        if [path.name for path in folder.iterdir()] == [_LOCK]:
            (folder / _LOCK).unlink()
            folder.rmdir()
            if folder.parent.name == LOCAL:
                folder.parent.rmdir()


def _check_folder(folder: Path) -> None:
    for path in (folder, folder / EFS, folder / SCRATCH):
        if os.path.lexists(path) and not stat.S_ISDIR(path.lstat().st_mode):
            raise StateError(
                f"{path} is not a directory but a link or a file, and what it leads to may be "
                "something else's. Remedy: move it away"
            )


def remove(folder: Path) -> tuple[int, int]:
    """Remove the folder of a stack, if there is nothing in it but what runs leave.

    Returns:
        How many files that were, and their size in bytes.

    Raises:
        StateError: Somebody uses it, it holds something else, or it cannot be removed.
    """
    with hold(folder, "python -m local clean"):
        foreign = {path.name for path in folder.iterdir()} - {EFS, SCRATCH, _LOCK}
        if foreign:
            raise StateError(
                f"{folder} holds what no run made: {', '.join(sorted(foreign))}. Nothing was "
                "removed. Remedy: move that away"
            )
        files, size = _measure(folder)
        try:
            for name in (EFS, SCRATCH):
                if (folder / name).exists():
                    shutil.rmtree(folder / name)
        except OSError as error:
            raise StateError(f"{folder} could not be removed: {error}") from error
    return files, size


def _measure(folder: Path) -> tuple[int, int]:
    """Files and bytes; a StateError where another file system is mounted within."""
    device, files, size = folder.lstat().st_dev, 0, 0
    for place, _, names in os.walk(folder, onerror=_raise):
        if Path(place).lstat().st_dev != device:
            raise StateError(
                f"another file system is mounted at {place}. Nothing was removed. "
                "Remedy: unmount it"
            )
        for name in names:
            known = Path(place, name).lstat()
            if stat.S_ISREG(known.st_mode) and Path(place, name) != folder / _LOCK:
                files, size = files + 1, size + known.st_size
    return files, size


def _raise(error: OSError) -> None:
    raise StateError(f"{error.filename} cannot be read: {error.strerror}") from error


def _main() -> int:
    """Remove what the runs of all stacks and the benchmarks left in the project in this folder."""
    failed = 0
    for folder in sorted(Path(LOCAL).glob("*")):
        try:
            if folder.name == _BENCHMARKS and not (folder / _LOCK).exists():
                _check_folder(folder)
                files, size = _measure(folder)
                shutil.rmtree(folder)
            else:
                files, size = remove(folder)
            print(f"removed {folder}: {files:,} files, {size:,} bytes")
        except (StateError, OSError) as error:
            print(f"error: {error}", file=sys.stderr)
            failed = 1
    with contextlib.suppress(OSError):  # it is not there, or something stays
        Path(LOCAL).rmdir()
    return failed


if __name__ == "__main__":
    sys.exit(_main())
