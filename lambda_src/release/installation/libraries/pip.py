"""Running pip, and telling from what it writes why it failed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from ...layout import ExitCode, InstallError
from ..child import child
from ..log import log

PASSED_ON = frozenset(
    {
        "PIP_CACHE_DIR",
        "PIP_CERT",
        "PIP_CLIENT_CERT",
        "PIP_CONFIG_FILE",
        "PIP_DEFAULT_TIMEOUT",
        "PIP_KEYRING_PROVIDER",
        "PIP_NO_CACHE_DIR",
        "PIP_PROXY",
        "PIP_RESUME_RETRIES",
        "PIP_RETRIES",
        "PIP_TIMEOUT",
        "PIP_TRUSTED_HOST",
        "PIP_USE_DEPRECATED",
        "PIP_USE_FEATURE",
    }
)
"""pip's environment variables that say how the index is reached. All others, such as
PIP_EXTRA_INDEX_URL, PIP_FIND_LINKS or PIP_TARGET, would change what is installed or where."""

_CAUSES: tuple[tuple[ExitCode, str, str], ...] = (
    (
        ExitCode.DISK,
        r"No space left on device|Disk quota exceeded|\[Errno 5\] Input/output error",
        "Staging needs about three times the size of the wheels: raise "
        "populatorEphemeralStorageGib, or free the disk.",
    ),
    (
        ExitCode.HASH_MISMATCH,
        r"DO NOT MATCH THE HASHES",
        "The file is not the one that was locked. An older pip says so of a download that broke "
        "off, too: run it again. If the index has another file now and that is meant, run `make "
        "lock`; if not, do not install it.",
    ),
    (
        ExitCode.NETWORK,
        r"NewConnectionError|NameResolutionError|Failed to establish a new connection"
        r"|Name or service not known|[Nn]ame resolution|No address associated"
        r"|Connection refused|Connection reset|Connection aborted"
        r"|ConnectTimeoutError|ReadTimeoutError|[Rr]ead timed out|timed out"
        r"|Max retries exceeded|too many \d+ error responses|\b5\d\d Server Error"
        r"|\b(?:401|403|407|429) Client Error|ProxyError|SSLError|SSLCertVerificationError"
        r"|confirming the ssl certificate|IncompleteRead|ProtocolError|Connection broken"
        r"|Download failed|not enough bytes|RemoteDisconnected|not a trusted or secure host",
        "Check that the task reaches the index by https (indexUrl, egress, proxy), then run it "
        "again.",
    ),
    (
        ExitCode.RESOLUTION,
        r"No matching distribution found|Could not find a version that satisfies"
        r"|is not a supported wheel|Wheel '.+' located at .+ is invalid|requires a different Python"
        r"|all requirements must have their versions pinned|Hashes are required"
        r"|Invalid requirement|\b404 Client Error",
        "The index has no wheel of that version for this Python and architecture. Run `make "
        "lock` for the stack's runtime and architecture, and check indexUrl.",
    ),
)
"""Exit code, phrases of pip's output and log, remedy; the first row that is found counts.
Disk and hash come first, because pip's retries are in the output as well; network comes before
resolution, because pip says "no matching distribution" when it could not ask the index."""


def install(requirements: Path, target: Path, index_url: str, scratch: Path, count: int) -> None:
    """Install the lock's ``count`` wheels into ``target`` with pip, without building anything.

    ``scratch`` is an empty directory for pip's own files on the same file system as the target,
    so that pip's last step is a rename. Raises InstallError.
    """
    record = scratch / "pip.log"
    command = [sys.executable, "-P", "-m", "pip", "install"]
    command += ["--target", str(target), "--requirement", str(requirements)]
    command += ["--index-url", index_url, "--require-hashes", "--only-binary=:all:", "--no-deps"]
    command += ["--no-compile", "--no-input", "--no-warn-conflicts", "--progress-bar=off"]
    command += ["--no-color", "--disable-pip-version-check", "--log", str(record)]
    lines: list[str] = []
    fetched = 0
    with child(
        command, output=subprocess.PIPE, environment=environment(os.environ, scratch)
    ) as process:
        assert process.stdout is not None
        for line in map(str.rstrip, process.stdout):
            lines.append(line)
            if message := _progress(line):
                fetched += 1
                log("install", message, done=fetched, of=count)
        status = process.wait()
    if status != 0:
        details = record.read_text(encoding="utf-8", errors="replace") if record.exists() else ""
        raise failure(status, lines, details.splitlines(), index_url)


def environment(inherited: Mapping[str, str], scratch: Path) -> dict[str, str]:
    """The environment for pip: its own settings that change what is installed are left out."""
    kept = {
        name: value
        for name, value in inherited.items()
        if not name.startswith(("PIP_", "PYTHON")) or name in PASSED_ON
    }
    return kept | {"TMPDIR": str(scratch), "PYTHONUNBUFFERED": "1"}


def failure(status: int, output: list[str], details: list[str], index_url: str) -> InstallError:
    """Why pip failed, from its output, its verbose log, and the index that it was given."""
    lines = [line for line in output + details if "Retrying (Retry(" not in line]
    index = _without_credentials(index_url)
    for code, phrases, remedy in _CAUSES:
        evidence = next((line for line in lines if re.search(phrases, line)), None)
        if evidence is not None:
            found = _evidence(code, evidence, output)
            return InstallError(code, f"pip could not install from {index}: {found}. {remedy}")
    tail = " | ".join(line.strip() for line in output[-3:])
    return InstallError(
        ExitCode.ERROR,
        f"pip ended with status {status}: {_without_credentials(tail)}. See its lines in the log, "
        "and try the same lock with pip by hand.",
    )


def _evidence(code: ExitCode, line: str, output: list[str]) -> str:
    """The line that decided; where it says too little, those that name the file."""
    if code is ExitCode.HASH_MISMATCH:
        named = (" from http", "Expected sha256", " Got ")
        lines = [re.sub(r"\s+", " ", other) for other in output if any(x in other for x in named)]
        text = "wrong hash," + ";".join(lines[-3:])
    else:
        text = re.sub(r"^[\d:,.TZ+ -]*\s*(?:ERROR: |WARNING: |error: |× )?", "", line).strip()
    return _without_credentials(text if len(text) <= 500 else text[:497] + "...").rstrip(".")


def _progress(line: str) -> str | None:
    """What to say about a line of pip's: one message for each wheel, none for the rest."""
    found = re.match(r"\s*(?:Downloading|Using cached) (?:\S*/)?(\S+\.whl)( \(.+\))?$", line)
    return f"{found[1]}{found[2] or ''}" if found else None


def _without_credentials(text: str) -> str:
    return re.sub(r"://[^/\s@]+@", "://", text)
