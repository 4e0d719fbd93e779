"""What the container of the populate task runs: ``python3 -m release install|verify|... ...``.

Standard output is JSON lines, the last one a summary or a failure; the exit codes are those of
``layout.ExitCode``.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from pathlib import Path

from ..layout import ExitCode, InstallError, ReleaseError
from . import job
from .install import MOUNT_ERRORS, install
from .log import log
from .stop import Stopped, deadline, forget_stops, raise_on_stop_signals
from .storage import verify

_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return the exit code."""
    wanted: job.Job | job.Inspection | job.Measurement | None = None
    try:
        forget_stops()
        raise_on_stop_signals()
        os.umask(0o022)
        wanted = job.parse(arguments)
        summary = _run(wanted)
    except InstallError as error:
        return _failed(error.code, str(error))
    except ReleaseError as error:
        return _failed(ExitCode.DAMAGED, str(error))
    except Stopped as stopped:
        return _failed(ExitCode.STOPPED, f"stopped by {stopped} before the end; run it again.")
    except OSError as error:
        return _failed(*_explain(error, getattr(wanted, "mount", None)))
    except Exception as error:
        trace = traceback.format_tb(error.__traceback__)[-1].strip().replace("\n", " | ")
        return _failed(ExitCode.ERROR, f"{type(error).__name__}: {error}, at {trace}")
    log("summary", **summary)
    return ExitCode.PUBLISHED


def _run(wanted: job.Job | job.Inspection | job.Measurement) -> dict[str, object]:
    if isinstance(wanted, job.Measurement):
        from . import measure  # the task of artifacts has nothing to activate

        return measure.report(wanted)
    if not isinstance(wanted, job.Job):
        return verify.report(wanted)
    with deadline(wanted.timeout):
        return install(wanted)


def _explain(error: OSError, mount: Path | None) -> tuple[ExitCode, str]:
    name = error.filename
    what = f"{name or 'a file'}: {error.strerror}"
    staged = isinstance(name, str) and mount is not None and not Path(name).is_relative_to(mount)
    if error.errno in _DISK or (staged and error.errno in MOUNT_ERRORS):
        return ExitCode.DISK, (
            f"{what}. Free the disk, raise populatorEphemeralStorageGib if it is the task's, or "
            "look at the file system: staging needs links, renames, and modes of its own."
        )
    if error.errno in MOUNT_ERRORS:
        return ExitCode.MOUNT, (
            f"{what}. Check the mount, the role's elasticfilesystem:ClientWrite, and the access "
            "point's user."
        )
    return ExitCode.ERROR, f"{type(error).__name__}: {error}"


def _failed(code: ExitCode, message: str) -> int:
    log("failure", message, kind=code.kind)
    return code


if __name__ == "__main__":
    sys.exit(main())
