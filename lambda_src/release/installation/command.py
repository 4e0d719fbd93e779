"""What the container of the populate task runs: ``python3 -m release install|verify ...``.

Standard output is JSON lines, the last one a summary or a failure; the exit codes are those of
``layout.ExitCode``.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback

from ..layout import ExitCode, InstallError, ReleaseError
from . import job, verify
from .install import MOUNT_ERRORS, install
from .log import log
from .stop import Stopped, raise_on_stop_signals

_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return the exit code."""
    raise_on_stop_signals()
    os.umask(0o022)
    try:
        wanted = job.parse(arguments)
        summary = install(wanted) if isinstance(wanted, job.Job) else verify.report(wanted)
    except InstallError as error:
        return _failed(error.code, str(error))
    except ReleaseError as error:
        return _failed(ExitCode.DAMAGED, str(error))
    except Stopped as stopped:
        return _failed(ExitCode.STOPPED, f"stopped by {stopped} before the end; run it again.")
    except OSError as error:
        return _failed(*_explain(error))
    except Exception as error:
        trace = traceback.format_tb(error.__traceback__)[-1].strip().replace("\n", " | ")
        return _failed(ExitCode.ERROR, f"{type(error).__name__}: {error}, at {trace}")
    log("summary", **summary)
    return ExitCode.PUBLISHED


def _explain(error: OSError) -> tuple[ExitCode, str]:
    if error.errno in _DISK:
        return ExitCode.DISK, (
            f"{error.filename or 'a file'}: {error.strerror}. Free the disk, raise "
            "populatorEphemeralStorageGib if it is the task's, or look at the file system."
        )
    if error.errno in MOUNT_ERRORS:
        return ExitCode.MOUNT, (
            f"{error.filename or 'a file'}: {error.strerror}. Check the mount, the role's "
            "elasticfilesystem:ClientWrite, and the access point's user."
        )
    return ExitCode.ERROR, f"{type(error).__name__}: {error}"


def _failed(code: ExitCode, message: str) -> int:
    log("failure", message, kind=code.kind)
    return code


if __name__ == "__main__":
    sys.exit(main())
