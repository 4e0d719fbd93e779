"""Comparing a release with its manifest. Reads only.

    python3 -m release verify --release <mount path>/releases/<id> [--sha256 none|sample|all]

Every file's size is compared, and the SHA-256 of those that are asked for. Directories count only
as the places of files and links: the manifest does not list them.
"""

from __future__ import annotations

import hashlib
import os
import stat
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

from ...layout import (
    MANIFEST,
    RELEASE_ID,
    STACKS,
    ExitCode,
    File,
    InstallError,
    Manifest,
    ReleaseError,
    check_mount,
)
from ..job import Inspection
from ..log import log, throttled
from ..parallel import THREADS, spread
from .tree import SLICE

SAMPLE = 300
"""Files in a sample, by chance: damage to one file in a hundred is found with a probability of
95 % (1 - 0.99 ** 300)."""
CHUNK = 1 << 20
"""Bytes read at once, by each thread."""
SHOWN = 10
"""Differences of one kind that are logged."""
REMEDY = (
    "A release never changes, so it is made again under another id: `pulumi config set "
    "releaseSalt <any new word>`, then `pulumi up`."
)
_KINDS = {stat.S_IFDIR: "a directory", stat.S_IFLNK: "a link", stat.S_IFREG: "a file"}


@dataclass(frozen=True, order=True)
class Difference:
    """Something in which a release differs from its manifest.

    ``kind`` is ``missing``, ``extra``, ``truncated`` (smaller), ``size`` (larger), ``changed``
    (another SHA-256), ``link`` (another target), ``type`` (such as a file in a directory's
    place), ``unreadable``, or ``manifest`` (damaged, or of another release).
    """

    kind: str
    path: str
    detail: str

    def __str__(self) -> str:
        path = self.path if self.path.isprintable() else ascii(self.path)
        return f"{self.kind}: {path}: {self.detail}"


def verify(release: Path, sha256: str = "sample", name: str = "") -> list[Difference]:
    """Every difference between a release and its manifest, by kind and path; none if intact.

    ``name`` is the release's id where its directory has another name yet.
    """
    return Verification(release, sha256, name).run()


class Verification:
    """One comparison; ``files`` and ``bytes`` are the manifest's, ``hashed`` counts files."""

    def __init__(self, release: Path, sha256: str = "sample", name: str = "") -> None:
        self._release = str(release)
        self._name = name or release.name
        self._differences: list[Difference] = []
        self._stop = threading.Event()
        self._done: list[int] = []
        self._manifest = self._read_manifest(release)
        self.files = len(self._manifest.files) if self._manifest else 0
        self.bytes = self._manifest.bytes if self._manifest else 0
        self._hashed = self._chosen(sha256)

    @property
    def hashed(self) -> int:
        """How many files' SHA-256 is compared."""
        return len(self._hashed)

    def run(self, progress: Callable[[int, int], None] | None = None) -> list[Difference]:
        """Compare, with many threads; ``progress`` is called with files and bytes done."""

        def tick() -> None:
            if progress is not None:
                progress(len(self._done), sum(self._done))

        if self._manifest is not None:
            # First, because listing a directory makes an NFS client ask the file server.
            self._look_for_more(self._manifest)
            # Every piece has big and small files.
            files = sorted(self._manifest.files, key=lambda file: file.size, reverse=True)
            count = max(min(THREADS, len(files)), len(files) // SLICE)
            pieces = [files[start::count] for start in range(count)]
            spread(self._compare, pieces, tick, self._stop)
            spread(self._compare_link, list(self._manifest.links.items()), tick, self._stop)
        return sorted(self._differences)

    def _read_manifest(self, release: Path) -> Manifest | None:
        try:
            manifest = Manifest.read(release)
        except (FileNotFoundError, NotADirectoryError):
            there = "without it there is no release" if release.is_dir() else "nothing is there"
            self._add("missing", MANIFEST, there)
        except ReleaseError as error:
            self._add("manifest", MANIFEST, str(error))
        except OSError as error:
            self._add("unreadable", MANIFEST, _reason(error))
        else:
            if manifest.release == self._name:
                return manifest
            self._add("manifest", MANIFEST, f"it is that of release {manifest.release}")
        return None

    def _chosen(self, sha256: str) -> frozenset[str]:
        names = [file.path for file in self._manifest.files] if self._manifest else []
        if sha256 == "sample":
            names = SystemRandom().sample(names, min(SAMPLE, len(names)))
        return frozenset(names if sha256 != "none" else ())

    def _add(self, kind: str, path: str, detail: str) -> None:
        self._differences.append(Difference(kind, path, detail))

    def _compare(self, files: Sequence[File]) -> None:
        for file in files:
            if self._stop.is_set():
                return
            self._guarded(file.path, self._compare_file, file)
            self._done.append(file.size)

    def _compare_file(self, file: File) -> None:
        path = f"{self._release}/{file.path}"
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode):
            self._add("type", file.path, f"it is {_kind(status.st_mode)}, not a file")
        elif status.st_size != file.size:
            kind = "truncated" if status.st_size < file.size else "size"
            self._add(kind, file.path, f"{status.st_size} bytes instead of {file.size}")
        elif file.path in self._hashed:
            found = self._sha256(path)
            if found != file.sha256 and not self._stop.is_set():
                self._add("changed", file.path, f"SHA-256 {found} instead of {file.sha256}")

    def _compare_link(self, link: tuple[str, str]) -> None:
        self._guarded(link[0], self._compare_target, *link)

    def _compare_target(self, path: str, wanted: str) -> None:
        status = os.lstat(f"{self._release}/{path}")
        if not stat.S_ISLNK(status.st_mode):
            self._add("type", path, f"it is {_kind(status.st_mode)}, not a link")
            return
        target = os.readlink(f"{self._release}/{path}")  # noqa: PTH115 (strings, and many)
        if target != wanted:
            self._add("link", path, f"it points to {target!r} instead of {wanted!r}")

    def _guarded(self, path: str, compare: Callable[..., None], *arguments: object) -> None:
        try:
            compare(*arguments)
        except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: no file's name
            self._add("missing", path, "it is not there")
        except OSError as error:
            self._add("unreadable", path, _reason(error))

    def _sha256(self, path: str) -> str:
        digest = hashlib.sha256()
        with open(path, "rb", buffering=0) as stream:  # noqa: PTH123
            while (chunk := stream.read(CHUNK)) and not self._stop.is_set():
                digest.update(chunk)
        return digest.hexdigest()

    def _look_for_more(self, manifest: Manifest) -> None:
        """Find what the manifest does not name, level by level."""
        named = {MANIFEST, *(file.path for file in manifest.files), *manifest.links}
        places = set()
        for path in named:
            while (path := path.rpartition("/")[0]) and path not in places:
                places.add(path)
        level = [""]
        while level:
            deeper: list[str] = []

            def look(directory: str, deeper: list[str] = deeper) -> None:
                for path, is_directory in self._entries(directory):
                    if path == STACKS:
                        continue
                    if is_directory:
                        deeper.append(path)
                    elif path in places:
                        self._add("type", path, "it is no directory")
                    elif path not in named:
                        self._add("extra", path, "the manifest does not name it")

            spread(look, level, stop=self._stop)
            level = deeper

    def _entries(self, directory: str) -> list[tuple[str, bool]]:
        prefix = f"{directory}/" if directory else ""
        try:
            with os.scandir(f"{self._release}/{directory}") as entries:
                return [(prefix + e.name, e.is_dir(follow_symlinks=False)) for e in entries]
        except OSError as error:
            self._add("unreadable", directory or ".", _reason(error))
            return []


def report(wanted: Inspection) -> dict[str, object]:
    """Verify and log what differs. Returns the summary's fields; raises InstallError."""
    check_mount(wanted.release.parent.parent)
    _check_there(wanted.release)
    begin = time.monotonic()
    check = Verification(wanted.release, wanted.sha256)
    log("verify", f"{wanted.release}: {check.files} files, SHA-256 of {check.hashed} of them")
    differences = check.run(throttled("verify", check.files, check.bytes))
    for line in shown(differences):
        log("verify", line)
    if differences:
        message = f"{wanted.release}: {counted(differences)}. {REMEDY}"
        raise InstallError(ExitCode.DAMAGED, message)
    return {
        "release": wanted.release.name,
        "outcome": "intact",
        "files": check.files,
        "bytes": check.bytes,
        "hashed": check.hashed,
        "seconds": {"total": round(time.monotonic() - begin, 2)},
    }


def _check_there(release: Path) -> None:
    """Raise InstallError where nothing lies: what never was is not damaged."""
    if os.path.lexists(release):
        return
    try:
        names = sorted(filter(RELEASE_ID.fullmatch, os.listdir(release.parent)))  # noqa: PTH208
    except FileNotFoundError:
        names = []
    there = f"the releases there are {', '.join(names)}" if names else "no release is there yet"
    raise InstallError(ExitCode.ABSENT, f"{release}: nothing lies there; {there}.")


def shown(differences: Iterable[Difference]) -> list[str]:
    """Differences as lines, of each kind a few and how many more there are."""
    lines: list[str] = []
    seen: Counter[str] = Counter()
    for difference in differences:
        seen[difference.kind] += 1
        if seen[difference.kind] <= SHOWN:
            lines.append(str(difference))
    more = {kind: count - SHOWN for kind, count in seen.items() if count > SHOWN}
    return lines + [f"{kind}: {count} more" for kind, count in more.items()]


def counted(differences: Sequence[Difference]) -> str:
    """Such as ``3 differences from the manifest: 2 missing, 1 changed``."""
    kinds = Counter(difference.kind for difference in differences)
    each = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    number = f"{len(differences)} difference{'s' * (len(differences) != 1)}"
    return f"{number} from the manifest: {each}"


def _kind(mode: int) -> str:
    return _KINDS.get(stat.S_IFMT(mode), "something else")


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
