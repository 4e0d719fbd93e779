"""Running pip, and telling from what it writes why it failed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from ...layout import LOCK_AGAIN, ExitCode, InstallError
from ..child import child
from ..job import LibrariesJob
from ..log import log
from . import codeartifact, credentials
from .options import indexes
from .requirements import Pin
from .wheels import fetch_wheels

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
        "off, too: run it again. If the index has another file now and that is meant, "
        f"{LOCK_AGAIN}; if not, do not install it.",
    ),
    (
        ExitCode.NETWORK,
        r"\b401 (?:Client )?Error|\b403 Client Error",
        "The index wants other credentials than it was given: look at the secret that "
        "indexSecretArn names, and at what its user may read.",
    ),
    (
        ExitCode.NETWORK,
        r"NewConnectionError|NameResolutionError|Failed to establish a new connection"
        r"|Name or service not known|[Nn]ame resolution|No address associated"
        r"|Connection refused|Connection reset|Connection aborted"
        r"|ConnectTimeoutError|ReadTimeoutError|[Rr]ead timed out|timed out"
        r"|Max retries exceeded|too many \d+ error responses|\b5\d\d Server Error"
        r"|\b(?:407|429) Client Error|ProxyError|SSLError|SSLCertVerificationError"
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
        "The index has no wheel of that version for this Python and architecture. Check indexUrl, "
        f"or {LOCK_AGAIN} for the stack's runtime and architecture.",
    ),
)
"""Exit code, phrases of pip's output and log, remedy; the first row that is found counts.
Disk and hash come first, because pip's retries are in the output as well; network comes before
resolution, because pip says "no matching distribution" when it could not ask the index."""


def install(
    job: LibrariesJob,
    target: Path,
    scratch: Path,
    pins: Mapping[str, Pin],
    options: Mapping[str, str],
) -> None:
    """Install the lock's wheels into ``target`` with pip, without building anything.

    The job's index is that of all packages but those for which the lock's ``options`` name one.
    pip asks every index that it is given for every package, so each gets a run of its own, for its
    own packages alone. With a wheel cache no index is asked. ``scratch`` is an empty directory for
    pip's own files on the same file system as the target, so that pip's last step is a rename.
    Raises InstallError.
    """
    wheels = scratch / "wheels"
    wheels.mkdir()
    if job.wheels:
        fetch_wheels(job.wheels, pins, wheels)
        pip = Pip(scratch, len(pins), environment(os.environ, scratch))
    else:
        index_urls = dict.fromkeys(pins, job.index_url) | indexes(options)
        urls = sorted(set(index_urls.values()))
        netrc = "\n".join(filter(None, [job.netrc, *map(codeartifact.netrc, urls)]))
        with credentials.file(netrc, scratch, urls) as variables:
            pip = Pip(scratch, len(pins), environment(os.environ, scratch) | variables)
            if urls == [job.index_url]:
                source = [*_from(job.index_url), "-r", str(job.requirements)]
                pip.run("install", *_into(target), *source)
                return
            for url in urls:
                lines = [pin.line for name, pin in pins.items() if index_urls[name] == url]
                source = [*_from(url), "-r", _file(scratch, lines)]
                pip.run("download", "--dest", str(wheels), *source)
    # By name, as what pip is given by URL it would fetch again.
    lines = [f"{name}=={pin.version} {pin.hashes}" for name, pin in pins.items()]
    source = ["--no-index", "--find-links", str(wheels), "-r", _file(scratch, lines)]
    pip.run("install", *_into(target), *source)
    shutil.rmtree(wheels, ignore_errors=True)  # it goes with the staging folder anyway


def _into(target: Path) -> list[str]:
    return ["--target", str(target), "--no-compile", "--no-warn-conflicts"]


def _from(index_url: str) -> list[str]:
    return ["--index-url", index_url]


def _file(scratch: Path, lines: Iterable[str]) -> str:
    path = scratch / "part.txt"
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return str(path)


class Pip:
    """Runs pip, and counts the wheels that it fetches."""

    def __init__(self, scratch: Path, wheels: int, environment: Mapping[str, str]) -> None:
        self._scratch, self._environment = scratch, environment
        self._wheels, self._fetched, self._runs = wheels, 0, 0

    def run(self, *arguments: str) -> None:
        """Run a command of pip's. Raises InstallError."""
        self._runs += 1
        record = self._scratch / f"pip-{self._runs}.log"
        command = [sys.executable, "-P", "-m", "pip", *arguments]
        command += ["--require-hashes", "--only-binary=:all:", "--no-deps"]
        command += ["--no-input", "--progress-bar=off"]
        command += ["--no-color", "--disable-pip-version-check", "--log", str(record)]
        lines: list[str] = []
        with child(command, output=subprocess.PIPE, environment=self._environment) as process:
            assert process.stdout is not None
            for line in map(str.rstrip, process.stdout):
                lines.append(line)
                if message := _progress(line):
                    self._fetched += 1
                    log("install", message, done=self._fetched, of=self._wheels)
            status = process.wait()
        if status != 0:
            text = record.read_text(encoding="utf-8", errors="replace") if record.exists() else ""
            given = "--index-url" in arguments
            index = arguments[arguments.index("--index-url") + 1] if given else "its own downloads"
            raise failure(status, lines, text.splitlines(), index)


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
        f"pip ended with status {status}: {_without_credentials(tail).rstrip(' |.')}. See its "
        "lines in the log, "
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
        # pip lists every version that the index has, the newest last.
        text = re.sub(r"\(from versions: .*, (?=[^,]+,[^,]+,[^,]+\))", "(the newest there: ", text)
    return _without_credentials(text if len(text) <= 500 else text[:497] + "...").rstrip(".")


def _progress(line: str) -> str | None:
    """What to say about a line of pip's: one message for each wheel, none for the rest."""
    found = re.match(r"\s*(?:Downloading|Using cached) (?:\S*/)?(\S+\.whl)( \(.+\))?$", line)
    return f"{found[1]}{found[2] or ''}" if found else None


def _without_credentials(text: str) -> str:
    return re.sub(r"://[^/\s@]+@", "://", text)
