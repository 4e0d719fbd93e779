"""The simulated EFS: what a request costs, and how it is built and mounted.

`python -m benchmarks.simulator --preset central BACKING MOUNTPOINT [-- COMMAND...]` mounts BACKING
at MOUNTPOINT until Ctrl-C, or for the command alone. What is modelled: main.c.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parent
BUILD = SOURCE.parents[1] / "build"
UNAVAILABLE = 69
"""Exit code where no EFS can be simulated: EX_UNAVAILABLE of sysexits.h."""

COUNTERS = ".counters"
"""File of the mount with the counters as JSON."""

REQUESTS = (
    *("lookup", "missing", "getattr", "access", "open", "close", "readdir", "readlink", "read"),
    *("statfs", "create", "mkdir", "symlink", "write", "commit", "setattr", "link", "rename"),
    "remove",
)
"""The kinds of requests, as the simulator counts them. `missing` is a lookup that finds nothing."""
MAKE = ("create", "mkdir", "symlink")
CHANGE = ("write", "commit", "setattr", "link", "rename", "remove")
STAT = ("lookup", "missing", "getattr", "statfs", "readlink")


class UnavailableError(Exception):
    """No EFS can be simulated on this machine; the message says what is missing and the remedy."""


@dataclass(frozen=True)
class Preset:
    """Latencies in milliseconds by kind of request, megabytes a second, creations a second.

    A limit of 0 is none. What has no latency costs nothing, and ACCESS is then not asked.
    """

    latency: dict[str, float]
    bandwidth: float = 300.0
    creations: float = 0.0
    source: str = ""


def _latencies(*, stat: float, read: float, make: float, change: float) -> dict[str, float]:
    return {
        **dict.fromkeys((*STAT, "open", "close", "readdir"), stat),
        **dict.fromkeys(MAKE, make),
        **dict.fromkeys(CHANGE, change),
        "read": read,
    }


_CENTRAL = _latencies(stat=1.1, read=1.1, make=5.6, change=2.7)
_CENTRAL |= {"open": 1.35, "close": 1.35, "readdir": 1.35}
_PESSIMISTIC = _latencies(stat=2.42, read=2.5, make=11, change=5)
_PESSIMISTIC |= {"getattr": 1.27, "access": 1.88, "open": 5.64, "close": 0.63, "readdir": 6.46}

PRESETS = {
    "zero": Preset({}, bandwidth=0, source="no latency, no limit: what FUSE itself costs"),
    "optimistic": Preset(
        _latencies(stat=0.3, read=0.3, make=2.7, change=2.7),
        source="EFS User Guide, performance: a Regional file system reads in as low as 0.25 ms "
        "and writes in as low as 2.7 ms",
    ),
    "central": Preset(
        _CENTRAL,
        source="assumed, so that a file that is made, written, closed, and given mode and times "
        "takes 15 ms, as users of Fargate report",
    ),
    "pessimistic": Preset(
        _PESSIMISTIC, source="assumed, two to five times central for what an import asks"
    ),
    "ceiling": Preset(
        _CENTRAL,
        creations=180,
        source="central, and the server makes at most 180 files a second whatever the "
        "parallelism, as users of Fargate with TLS report",
    ),
}
"""By name. The bandwidth is assumed; EFS allows one client 500 MiB/s, the elastic mode 1,500."""


@dataclass(frozen=True, kw_only=True)
class Efs:
    """One way to mount it.

    `cache` in seconds, `read_ahead` in KiB (None: the kernel's 128). With `creating`, looking for
    a name that is not there costs nothing: before a creation NFS does not ask for it.
    """

    preset: Preset
    read_only: bool = False
    creating: bool = False
    cache: float = 60.0
    read_ahead: int | None = None

    def command(self, backing: Path, mountpoint: Path, inner: Sequence[str]) -> list[str]:
        """The command that runs `inner` where the backing directory is mounted so.

        The mount is seen by `inner` alone and is gone with it. Raises UnavailableError.
        """
        latency = self.preset.latency | ({"missing": 0.0} if self.creating else {})
        options = ["-b", f"{self.preset.bandwidth:g}", "-c", f"{self.preset.creations:g}"]
        options += ["-t", f"{self.cache:g}"]
        if latency:
            options += ["-l", ",".join(f"{name}={value:g}" for name, value in latency.items())]
        options += ["-r"] if self.read_only else []
        options += ["-a", str(self.read_ahead)] if self.read_ahead else []
        tail = ["--", *inner] if inner else []
        return [str(build()), *options, str(backing), str(mountpoint), *tail]


def build(source: Path = SOURCE, folder: Path = BUILD) -> Path:
    """Compile the simulator unless this very source is compiled already. Returns the program.

    Raises UnavailableError where a compiler, libfuse or FUSE itself is missing.
    """
    if missing := lacking():
        raise UnavailableError(
            f"EFS cannot be simulated here: {'; '.join(missing)} missing. On Debian or Ubuntu: "
            "apt-get install gcc pkg-config libfuse3-dev fuse3. In a container: --device /dev/fuse "
            "--cap-add SYS_ADMIN."
        )
    parts = sorted(source.glob("*.c"))
    texts = b"".join(part.read_bytes() for part in [*parts, source / "efs.h"])
    program = folder / f"efs-{hashlib.sha256(texts).hexdigest()[:12]}"
    if program.exists():
        return program
    folder.mkdir(parents=True, exist_ok=True)
    made = program.with_suffix(f".{os.getpid()}")
    flags = shlex.split(_output("pkg-config", "--cflags", "--libs", "fuse3"))
    warnings = ["-std=c17", "-O2", "-Wall", "-Wextra"]
    try:
        _output("gcc", *warnings, *map(str, parts), "-o", str(made), *flags, "-pthread")
        made.rename(program)
    except subprocess.CalledProcessError as error:
        raise UnavailableError(f"{source} does not compile:\n{error.stderr}") from error
    return program


def lacking() -> list[str]:
    """What is missing for the simulator, in words."""
    missing = [tool for tool in ("gcc", "pkg-config", "fusermount3") if shutil.which(tool) is None]
    if "pkg-config" not in missing:
        # 3.12 is the first whose loop takes the number of threads.
        found = subprocess.run(["pkg-config", "--atleast-version=3.12", "fuse3"], check=False)
        missing += ["libfuse3-dev 3.12 or later"] if found.returncode else []
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
    except OSError as error:
        missing.append(f"/dev/fuse ({error.strerror})")
    return missing


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


def main(arguments: list[str] | None = None) -> int:
    """Become the simulator."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulator", description=__doc__)
    parser.add_argument("--preset", choices=PRESETS, default="central")
    parser.add_argument("--read-only", action="store_true")
    parser.add_argument("--creating", action="store_true", help="names that are not there are free")
    parser.add_argument("--cache", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("--read-ahead", type=int, metavar="KIB")
    parser.add_argument("--bandwidth", type=float, metavar="MB_PER_SECOND")
    parser.add_argument("backing", type=Path)
    parser.add_argument("mountpoint", type=Path)
    parser.add_argument("inner", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    options = parser.parse_args(arguments)
    preset = PRESETS[options.preset]
    if options.bandwidth is not None:
        preset = Preset(preset.latency, options.bandwidth, preset.creations)
    efs = Efs(
        preset=preset,
        read_only=options.read_only,
        creating=options.creating,
        cache=options.cache,
        read_ahead=options.read_ahead,
    )
    try:
        command = efs.command(options.backing, options.mountpoint, _inner(options.inner))
    except UnavailableError as error:
        print(error, file=sys.stderr)
        return UNAVAILABLE
    return os.execv(command[0], command)  # noqa: S606


def _inner(words: list[str]) -> list[str]:
    return words[1:] if words[:1] == ["--"] else words
