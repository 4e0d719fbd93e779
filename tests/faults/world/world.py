"""A mount with releases, installers that meet faults, a reader, and what has to hold afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lambda_src.release.bundle import BUNDLE
from lambda_src.release.installation.storage.housekeeping import GRACE
from lambda_src.release.installation.storage.verify import verify
from lambda_src.release.layout import (
    IN_USE,
    INCOMING_PREFIX,
    KEEP,
    LOCK_SUFFIX,
    OWNER,
    RELEASE_ID,
    RELEASES,
    REMOVING_PREFIX,
    STACKS,
    Manifest,
)

from ...lambda_src.conftest import SHAPES, Index, Populate, Run
from ...lambda_src.fetching import Fetching
from ...processes import eventually
from .contents import BYTECODE, COMPLETE, FETCHED, offer
from .disk import Disk, small_disk
from .fault import Fault
from .made import MADE

HERE = Path(__file__).parent
IDS = tuple(f"{number:016x}" for number in range(1, 17))
BYSTANDER = "f" * 16
"""A release that is there from the beginning, which nobody has to touch."""
PUBLISHED = ("published", "already-published")
STACK = "world"
"""The stack for which installers run."""
STAGING_PREFIX = ".staging-"


@dataclass
class Counts:
    """What was seen."""

    cases: int = 0
    verified: int = 0
    next_runs: int = 0
    reads: int = 0

    def add(self, other: Counts) -> None:
        """Add what was seen elsewhere."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass
class World:
    """One mount and one staging disk; installers on them, one after the other or at once."""

    folder: Path
    index: Index
    counts: Counts = field(default_factory=Counts)
    artifacts: bool = False
    """Whether its installers make releases of artifacts."""

    def __post_init__(self) -> None:
        kind = Fetching if self.artifacts else Populate
        self.populate: Populate = kind(self.folder, self.index)
        self.complete = FETCHED if self.artifacts else COMPLETE | BYTECODE
        # What a killed one leaves in a temporary directory goes with the world.
        temporary = self.folder / "tmp"
        temporary.mkdir()
        self._environment = self.populate.environment | {"TMPDIR": str(temporary)}
        self.disk: Disk | None = None
        self.keep(None)
        self.seconds = 1.0  # how long an installer takes, for kills at random moments
        self._before: dict[str, dict[str, tuple[int, int, int]]] = {}

    @property
    def releases(self) -> Path:
        """The folder of the releases, as it is reached from here."""
        return self.seen(self.populate.mount / RELEASES)

    def seen(self, path: Path) -> Path:
        """A path of the installers as it is reached from here."""
        return self.disk.view / path.relative_to("/") if self.disk else path

    @contextmanager
    def small_disk(self, place: str) -> Iterator[None]:
        """A small disk as ``mount`` or ``staging``, for everything that runs meanwhile."""
        populate = self.populate
        with small_disk(self.folder / "disk", getattr(populate, place)) as self.disk:
            # Enter first: the working folder has to be reached in the namespace.
            go = ("sh", "-c", 'cd "$0" && exec "$@"', str(populate.program))
            populate.prefix = (*self.disk.enter, *go)
            yield

    # Installers

    def start(self, release_id: str, fault: Fault | None = None) -> subprocess.Popen[str]:
        """Start an installer of the release."""
        populate = self.populate
        populate.release_id = release_id
        where = (populate.mount, populate.staging)
        populate.prelude = fault.prelude(self.folder / "struck", *where) if fault else ()
        return populate.start(start_new_session=True)

    def finish(self, *processes: subprocess.Popen[str]) -> list[Run]:
        """Wait for installers, and for what they started."""
        runs = [self.populate.finish(process) for process in processes]
        self.populate.all_ended()
        return runs

    def run(self, release_id: str, fault: Fault | None = None) -> Run:
        """Run an installer to its end."""
        return self.finish(self.start(release_id, fault))[0]

    def struck(self) -> str:
        """Where a fault has met an installer since the last call; empty if nowhere."""
        word = self.folder / "struck"
        text = word.read_text() if word.exists() else ""
        word.unlink(missing_ok=True)
        return text

    def paused(self, release_id: str, fault: Fault) -> subprocess.Popen[str] | None:
        """Start an installer that stops (SIGSTOP) where the fault says; None if it came nowhere."""
        process = self.start(release_id, fault)
        state = Path(f"/proc/{process.pid}/stat")
        eventually(
            lambda: (
                process.poll() is not None or state.read_text().rpartition(")")[2].split()[0] == "T"
            )
        )
        return process if process.poll() is None else None

    def resume(self, process: subprocess.Popen[str]) -> Run:
        """Let it go on to its end."""
        process.send_signal(signal.SIGCONT)
        return self.finish(process)[0]

    def cut_power(self, release_id: str, fault: Fault) -> bool:
        """Run an installer until the power is cut: what it has not synced is empty."""
        run = self.run(release_id, fault)
        struck = self.struck()
        assert (run.code == -signal.SIGKILL) == bool(struck), run
        lost = set(json.loads(struck.rpartition("unsynced ")[2])) if struck else set()
        for path in (*self.seen(self.populate.mount).rglob("*"),):
            if path.is_file() and path.lstat().st_ino in lost:
                os.truncate(path, 0)
        return bool(struck)

    def kill_in_phase(self, release_id: str, phase: str) -> Run:
        """Run an installer until it logs the phase."""
        self.populate.release_id, self.populate.prelude = release_id, ()
        run = self.populate.signal_at(phase, signal.SIGKILL)
        self.populate.all_ended()
        return run

    def next_run(self, *release_ids: str) -> None:
        """The releases again, without faults: all succeed, and nothing else is left."""
        for run in self.finish(*[self.start(release_id) for release_id in release_ids]):
            assert (run.code, run.last.get("outcome") in PUBLISHED) == (0, True), run
            self.counts.next_runs += 1
        assert set(release_ids) <= self.check()

    def set_times(self, seconds: float) -> None:
        """Shift the times of everything that is no release."""
        for folder in (self.releases, self.seen(self.populate.staging)):
            for rest in folder.glob(".*"):
                for path in (rest, *rest.rglob("*")):
                    with suppress(FileNotFoundError):  # pip may still be at work in there
                        moment = path.lstat().st_mtime + seconds
                        os.utime(path, (moment, moment), follow_symlinks=False)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A reader in a process of its own meanwhile, who finds no partial release."""
        command = [*self.populate.prefix, sys.executable, "-I", "-S", str(HERE / "reader.py")]
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            assert process.stdin is not None
            process.stdin.write(f"{self.populate.mount / RELEASES}\n")
            process.stdin.flush()
            try:
                yield
            finally:
                output, _ = process.communicate()
        found = json.loads(output)
        assert found["partial"] == []
        self.counts.reads += found["reads"]

    # What has to hold

    def check(self, dead: int = 0) -> set[str]:
        """Look at the whole file system. Returns the ids of the releases, all of them whole.

        ``dead`` is how many installers were killed since the last one that succeeded: each may
        have left one directory on the mount and one on the staging disk, with locks, and no more.
        """
        assert {path.name for path in self.seen(self.populate.mount).iterdir()} <= {RELEASES}
        names = {path.name for path in self.releases.iterdir()} if self.releases.exists() else set()
        published = {name for name in names if RELEASE_ID.fullmatch(name)}
        staged = [path.name for path in self.seen(self.populate.staging).iterdir()]
        for rests, prefixes in (
            (sorted(names - published), (INCOMING_PREFIX, REMOVING_PREFIX)),
            (staged, (STAGING_PREFIX,)),
        ):
            assert [name for name in rests if not name.startswith(prefixes)] == []
            claims = {name.removesuffix(LOCK_SUFFIX).partition("~")[0] for name in rests}
            assert len(claims) <= dead, f"{dead} installers died, they left {claims}"
        for name in sorted(published):
            assert verify(self.releases / name, "all") == []
            manifest = Manifest.read(self.releases / name)
            if manifest.created != MADE:
                # A release whose bundle could not be made is whole without it.
                found = {file.path for file in manifest.files}
                assert found - {BUNDLE} == self.complete
            self._compare_with_before(self.releases / name)
            self.counts.verified += 1
        gone = self._before.keys() - published
        assert not gone & self._staying(gone), gone
        for release_id in gone:
            del self._before[release_id]
        return published

    def _staying(self, release_ids: set[str]) -> set[str]:
        """Those that no installer may remove."""
        environment = self.populate.environment
        if KEEP not in environment:
            return release_ids
        return {*environment[IN_USE].split(), *self.recent, BYSTANDER}

    @property
    def recent(self) -> set[str]:
        """What has been asked for within a day."""
        marks = self.releases.glob(f"[!.]*/{STACKS}/{STACK}~*")
        return {path.parts[-3] for path in marks if path.stat().st_mtime > time.time() - GRACE}

    def keep(self, releases: int | None, *in_use: str) -> None:
        """From now on installers remove all but so many releases, and those in use."""
        wanted = {} if releases is None else {KEEP: str(releases), IN_USE: " ".join(in_use)}
        self.populate.environment = self._environment | wanted | {OWNER: STACK}

    def pass_a_day(self) -> None:
        """Whatever was published or asked for, it was a day earlier."""
        releases = self.releases
        files = [*releases.glob(f"[!.]*/{STACKS}/*"), *releases.glob("[!.]*/manifest.json")]
        for path in files:
            moment = path.stat().st_mtime - GRACE - 60
            os.utime(path, (moment, moment))
        self._before.clear()

    def _compare_with_before(self, release: Path) -> None:
        now = {
            str(path.relative_to(release)): (status.st_ino, status.st_size, status.st_mtime_ns)
            for path in [release, *release.rglob("*")]
            if STACKS not in path.parts
            for status in [path.lstat()]
        }
        assert self._before.setdefault(release.name, now) == now, f"{release} was touched"


@contextmanager
def world(
    folder: Path, counts: Counts | None = None, *, artifacts: bool = False
) -> Iterator[World]:
    """A new world in an empty folder, with an index, or with a server of artifacts."""
    with Index(SHAPES) as index, ExitStack() as stack:
        made = World(folder, index, counts or Counts(), artifacts)
        if isinstance(made.populate, Fetching):
            stack.callback(made.populate.web.close)
            offer(made.populate)
        yield made
