"""The proof before publication: a fresh interpreter imports the staged release and uses it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ...layout import LOCK_AGAIN, ExitCode, InstallError
from ...lazy import Lazy
from ..child import child
from ..storage.removal import remove
from ..storage.tree import prove_room
from .confine import HOME, confine
from .proof import CONTRACT

LINES = 20
"""Lines of the traceback that an error message shows."""
TEXT = 4_000
"""Characters of it, at most."""

RECORD = "import.json"
"""File of what the import touches."""
RECORD_EXACT = "exact.json"
"""File of what a second one touches, where libraries are looked at in the end alone."""

TRACE = "trace"
"""In place of the file with what waits: nothing does, and what uses what is traced."""

NOT_ENDED = "model.py had not ended after"

GRACE = 30.0
"""Seconds after its limit in which the interpreter can still say where it is."""

SOCKET = 32
"""Characters of the name that multiprocessing gives a socket below TMPDIR; a path of one has 107
at most (unix(7))."""

NAME = 8
"""Characters of a name that tempfile makes."""

PROGRAM = """
import sys
site_packages, program, artifacts, record, end, nonce, limit, lazy = sys.argv[1:]
del sys.argv[1:]
sys.path.insert(0, program)
from release.installation.trial.proof import prove
limit = float(limit) if limit else None
prove(site_packages, program, artifacts, record, end, nonce, limit, lazy)
"""

Listing = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Smoke:
    """The smoke import of a staged release, which may be made several times.

    The interpreter sees the standard library, these two directories and nothing else; as on
    Lambda, it can write to neither of them and has no home. ``limit`` are the seconds that an
    import may take, ``artifacts`` is the release of them that the model loads.
    """

    site_packages: Path
    program: Path
    scratch: Path
    limit: float | None = None
    artifacts: Path | None = None
    before: Listing = field(init=False)
    loaded: Listing = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "before", listing(self.site_packages))
        object.__setattr__(self, "loaded", listing(self.artifacts) if self.artifacts else {})

    def run(self, record: str = RECORD, lazy: Lazy | None = None, *, trace: bool = False) -> str:
        """Import ``model`` from the program folder with the staged libraries, and try it.

        What it touches is recorded in the scratch folder, or with ``trace`` which modules use
        which; modules that are ``lazy`` wait for their first use. Returns what there is to say of
        it. Raises InstallError with the end of the traceback, or if it takes longer than ``limit``
        seconds, and OSError if the disk is full.
        """
        nonce = secrets.token_hex()
        output, end = self.scratch / "import.out", self.scratch / "import.end"
        for path in (end, self.scratch / record):
            path.write_bytes(b"")
            path.chmod(0o666)
        command = [sys.executable, "-I", "-S", "-B", "-W", "ignore", "-c", PROGRAM]
        command += map(str, (self.site_packages, self.program, self.artifacts or ""))
        command += map(str, (self.scratch / record, end, nonce))
        command.append("" if self.limit is None else f"{self.limit:g}")
        waiting = self.scratch / "lazy.json"
        waiting.write_text(json.dumps(lazy))
        command.append(TRACE if trace else str(waiting) if lazy else "")
        late = False
        with (
            output.open("wb") as stream,
            _temporary(self.scratch.parent) as temporary,
            child(
                command,
                output=stream.fileno(),
                environment=os.environ
                | {"HOME": HOME, "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"},
                folder=self.program,
                confine=confine(
                    [self.site_packages, self.program], [self.artifacts] if self.artifacts else []
                ),
            ) as process,
        ):
            try:
                status = process.wait(None if self.limit is None else self.limit + GRACE)
            except subprocess.TimeoutExpired:
                late, status = True, 1
        kind, text = _ending(end, nonce)
        if kind == "proven":
            return text
        prove_room(self.scratch)  # on a full disk the interpreter could not even say what is wrong
        if late:
            kind, text = "not-ended", ""
        elif not kind:
            text = _tail(output)
        raise InstallError(ExitCode.IMPORT, self._failure(kind, text, status))

    def restored(self, paths: Iterable[Path]) -> None:
        """What the installer itself has changed and restored is no change by an import."""
        for path in paths:
            name = str(path.relative_to(self.site_packages))
            with contextlib.suppress(OSError, KeyError):
                self.before[name] = (*self.before[name][:-1], path.lstat().st_ctime_ns)

    def compare(self) -> None:
        """Raise InstallError if a release is not what it was before the imports."""
        if found := _changes(self.before, listing(self.site_packages)):
            raise InstallError(
                ExitCode.IMPORT,
                f"the import of model.py changed the staged release: {found}. {_READ_ONLY}",
            )
        if self.artifacts and (found := _changes(self.loaded, listing(self.artifacts))):
            raise InstallError(
                ExitCode.IMPORT,
                f"model.py changed the artifacts in {self.artifacts}, which it may only read: "
                f"{found}. Let it write to /tmp, and publish them again: `pulumi config set "
                "releaseSalt <any new word>`.",
            )

    def _failure(self, kind: str, text: str, status: int) -> str:
        lines = text.rstrip().splitlines()[-LINES:]
        if kind == "contract":
            return f"model.py breaks its contract: {text}.\n{CONTRACT}. Nothing was published."
        if kind == "not-ended":
            where = "" if lines else ", in a library that holds Python's lock"
            lines.append(f"{NOT_ENDED} {self.limit:g} s{where}")
            remedy = (
                "That is half of the time a populate may take, and the import is made twice. If it "
                "only takes long, raise populatorTimeoutMinutes. If it waits for a thread or "
                "process that needs model.py, start that in load(), when the import of model.py "
                "has ended."
            )
        else:
            remedy = _remedy(lines[-1] if lines else "", status)
        if kind:
            how = "it said:"
        elif status < 0:
            how = f"it was ended by {signal.Signals(-status).name}; the last that it printed:"
        else:
            how = (
                f"its process ended with status {status} before the proof had (by os._exit, "
                "os.execv or the like); the last that it printed:"
            )
        said = "\n".join([how, *(lines or ["nothing"])])
        return f"model.py does not run with the staged libraries; {said}\n{remedy}"


_READ_ONLY = (
    "As on Lambda, the release and the code are read-only, and only /tmp can be written: let the "
    "package write there (most have a variable for it, which model.py can set before the import)"
    ", or leave it out."
)


def _changes(before: Listing, now: Listing) -> str:
    """In what a tree differs from what it was, empty if in nothing."""
    changed = {path for path, entry in before.items() if now.get(path, entry) != entry}
    found = [f"new is {path}" for path in now.keys() - before.keys()]
    found += [f"gone is {path}" for path in before.keys() - now.keys()]
    found += [f"changed is {path}" for path in changed]
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    return ", ".join(sorted(found)[:5]) + more


def listing(root: Path) -> Listing:
    """What is below a directory: of each path the mode, of all but directories size and times.

    The last is the time that nobody can set.
    """
    found: dict[str, tuple[int, ...]] = {}
    folders = [""]
    while folders:
        folder = folders.pop()
        with contextlib.suppress(FileNotFoundError), os.scandir(root / folder) as entries:
            for entry in entries:
                path = f"{folder}/{entry.name}".lstrip("/")
                status = entry.stat(follow_symlinks=False)
                times = status.st_mtime_ns, status.st_ctime_ns
                found[path] = (status.st_mode, status.st_size, *times)
                if stat.S_ISDIR(status.st_mode):
                    folders.append(path)
                    found[path] = (status.st_mode,)
    return found


@contextlib.contextmanager
def _temporary(folder: Path) -> Iterator[Path]:
    """A new, empty directory in place of Lambda's /tmp, in which a socket can be made."""
    near = len(f"{folder}/") + NAME + SOCKET <= 107
    path = Path(tempfile.mkdtemp(prefix="", dir=folder if near else None))
    try:
        path.chmod(0o1777)
        yield path
    finally:
        with contextlib.suppress(OSError):  # the next import has another one
            remove(path)


def _ending(end: Path, nonce: str) -> tuple[str, str]:
    """Kind and text that the end of the proof has written, both empty if it was not reached."""
    try:
        found, kind, text = json.loads(end.read_bytes())
    except (OSError, ValueError, TypeError):
        return "", ""
    return (str(kind), str(text)) if found == nonce else ("", "")


def _tail(output: Path) -> str:
    with output.open("rb") as stream:
        stream.seek(max(0, output.stat().st_size - TEXT))
        return stream.read(TEXT).decode(errors="replace")


def _remedy(last: str, status: int) -> str:
    if status == -signal.SIGKILL:
        return "That is mostly a lack of memory: raise populatorMemoryMb."
    if "ModuleNotFoundError" in last:
        return f"Add the package to requirements.in and {LOCK_AGAIN}."
    if "PermissionError" in last or "Read-only file system" in last:
        return _READ_ONLY
    if HOME in last:
        return "On Lambda there is no HOME: write to /tmp, or set the package's variable to it."
    return f"Nothing was published. Correct model.py, or requirements.in and then {LOCK_AGAIN}."
