"""Fetches the populate task's program from S3, checks its SHA-256 and becomes it.

The text of aws.py and of this file, without the imports of their own package, is what the container
runs, ``python3 -c <text> <URL> install ...``, before anything else is there. The program is a zip
whose name is its SHA-256.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import http.client
import json
import os
import signal
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import BinaryIO, NoReturn

from .aws import AnswerError, CredentialsError, FetchError, attempts, get

EXIT_CODES = {"error": 1, "disk": 14, "program": 18, "stopped": 143}
"""Those of ``layout.ExitCode`` that are used here, by their kinds."""

_ATTEMPTS = 8
_LONGEST_PAUSE = 15.0
_CHUNK = 1 << 20


class Stopped(BaseException):
    """A signal ends the program. No Exception, so that nothing on the way swallows it."""


def download(url: str, target: BinaryIO) -> str:
    """Write an object to ``target``; returns its SHA-256. What passes is tried again.

    Raises FetchError, and OSError where ``target`` cannot be written.
    """
    last = attempts(_ATTEMPTS)
    attempt = 1
    while True:
        target.seek(0)
        target.truncate()
        try:
            return _copied(url, target)
        except AnswerError as error:
            trouble = str(error)
            if attempt == last or not error.passes:
                raise FetchError("program", _refused(url, error)) from None
        except CredentialsError as error:
            trouble = f"the task gets no credentials from {error}"
            if attempt == last:
                raise FetchError("program", f"{trouble}. Run `pulumi up` again.") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            if getattr(error, "errno", None) in _DISK:
                raise
            trouble = str(error) or type(error).__name__
            if attempt == last:
                raise FetchError("program", _unreachable(url, trouble)) from None
        pause = min(2.0 ** (attempt - 1), _LONGEST_PAUSE)
        log("program", f"{trouble}; the next attempt is in {pause:g} s")
        time.sleep(pause)
        attempt += 1


_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


def _copied(url: str, target: BinaryIO) -> str:
    digest = hashlib.sha256()
    with get(url) as answer:
        while block := answer.read(_CHUNK):
            digest.update(block)
            target.write(block)
        if answer.length:
            raise http.client.IncompleteRead(b"", answer.length)
    target.flush()
    return digest.hexdigest()


def _refused(url: str, error: AnswerError) -> str:
    if error.gone:
        gone = "It is gone"
    elif error.status // 100 == 3:
        gone = "The bucket is not in the region that this URL names"
    else:
        # Who may not list a bucket is refused what is not there: S3 API, GetObject, permissions.
        gone = (
            "It is gone, or the task role may not read it (s3:GetObject in its policies and "
            "permissions boundary, the bucket's policy, and kms:Decrypt where a key encrypts it)"
        )
    return (
        f"S3 does not give the task its program {url} ({error}). {gone}. `pulumi refresh` and "
        "then `pulumi up` put back what is missing."
    )


def _unreachable(url: str, trouble: str) -> str:
    return (
        f"S3 did not answer for the task's program {url} ({trouble}). See that the task reaches "
        "S3 (egress or a gateway endpoint, egress ports, proxy), then run `pulumi up` again."
    )


def unpack(archive: BinaryIO, folder: Path) -> None:
    """Unpack the program; every file gets its own mode, and everybody may read it.

    Raises FetchError where it is no zip, and OSError.
    """
    folder.chmod(0o755)
    try:
        with zipfile.ZipFile(archive) as files:
            for entry in files.infolist():
                made = Path(files.extract(entry, folder))
                made.chmod(0o755 if entry.external_attr >> 16 & 0o100 else 0o644)
    except OSError:
        raise
    except Exception as error:  # of many kinds, none of them named by zipfile
        what = f"{type(error).__name__}: {error}"
        raise FetchError("program", f"the task's program is no whole zip ({what})") from error


def log(phase: str, message: str, **fields: object) -> None:
    """Print one line in the installer's form."""
    line = {"phase": phase, "message": message} | fields
    with contextlib.suppress(OSError):  # a reader who has gone away fails nothing
        print(json.dumps(line, separators=(",", ":")), flush=True)


def failed(kind: str, message: str) -> int:
    """Print the last line; returns the exit code."""
    log("failure", message, kind=kind)
    return EXIT_CODES[kind]


def prepare(url: str, folder: Path) -> None:
    """Put the program into the folder. Raises FetchError and OSError."""
    name = url.rpartition("/")[2].partition(".")[0]
    log("program", f"from {url}")
    with tempfile.TemporaryFile() as archive:
        found = download(url, archive)
        if found != name:
            raise FetchError(
                "program",
                f"the task's program {url} has {archive.tell():,} bytes and the SHA-256 {found}, "
                "and its name says another one: it was overwritten. Delete it; `pulumi refresh` "
                "and then `pulumi up` upload it again.",
            )
        unpack(archive, folder)


_STOPS = {
    signal.SIGTERM: "SIGTERM",
    signal.SIGINT: "SIGINT",
    signal.SIGALRM: "its own deadline (--timeout)",
}


def _stop(number: int, _frame: object) -> NoReturn:
    for each in _STOPS:
        signal.signal(each, signal.SIG_IGN)
    raise Stopped(_STOPS[signal.Signals(number)])


def become(url: str, command: list[str]) -> NoReturn:
    """Become the program, which gets what is left of the time that the command names.

    Raises FetchError, OSError and Stopped.
    """
    for number in _STOPS:
        # The container's first process has no default for them.
        signal.signal(number, _stop)
    at = command.index("--timeout") + 1 if "--timeout" in command else 0
    if at:
        signal.setitimer(signal.ITIMER_REAL, int(command[at]))
    os.umask(0o022)
    folder = Path(tempfile.mkdtemp(prefix="program-"))
    prepare(url, folder)
    os.chdir(folder)
    # What comes from here on waits for the program, which takes it as soon as it can.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    if at:
        left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
        command[at] = str(max(1, round(left)))
    os.execv(sys.executable, [sys.executable, "-m", "release", *command])  # noqa: S606


def main(arguments: list[str]) -> int:
    """Become the program; what it returns is the exit code of a failure."""
    try:
        become(arguments[0], arguments[1:])
    except FetchError as error:
        return failed(error.kind, str(error))
    except Stopped as stopped:
        return failed("stopped", f"stopped by {stopped} before the end; run it again.")
    except Exception as error:
        kind = "disk" if getattr(error, "errno", None) in _DISK else "error"
        what = f"{type(error).__name__}: {error}"
        remedy = " Raise populatorEphemeralStorageGib." if kind == "disk" else ""
        return failed(kind, f"the task cannot become its program: {what}.{remedy}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
