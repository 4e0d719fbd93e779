"""A small disk of its own for a world: a tmpfs in a mount namespace that others can enter."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
_HOLD = """
mount -t tmpfs -o size=4m,nr_inodes=1000 tmpfs "$DISK" && mkdir "$DISK/inner" &&
mount --bind "$DISK/inner" "$PLACE" && echo mounted && read -r _
"""


@functools.cache
def refused() -> str:
    """Why no disk can be made here; empty where it can."""
    for tool in ("unshare", "nsenter"):
        if shutil.which(tool) is None:
            return f"util-linux's {tool} is not installed"
    done = subprocess.run(
        ["unshare", "-Urm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
        capture_output=True,
        text=True,
        check=False,
    )
    return f"mounts are refused here: {done.stderr.strip()}" if done.returncode else ""


@dataclass(frozen=True)
class Disk:
    """A disk that can be filled.

    Attributes:
        root: Its root, as it is reached from here.
        view: Root of the file system of the processes that see it.
        enter: Command that runs another one there.
    """

    root: Path
    view: Path
    enter: tuple[str, ...]

    def fill(self, unit: str, left: int) -> None:
        """Fill it, up to so many ``pages`` or ``inodes``."""
        status = os.statvfs(self.root)
        if unit == "pages":
            with (self.root / "ballast").open("wb") as stream:
                os.posix_fallocate(stream.fileno(), 0, (status.f_bavail - left) * PAGE)
        else:
            for number in range(status.f_favail - left):
                (self.root / f"ballast-{number}").touch()

    def free(self) -> None:
        """Remove what fills it."""
        for path in self.root.glob("ballast*"):
            path.unlink()


@contextmanager
def small_disk(scratch: Path, place: Path) -> Iterator[Disk]:
    """Mount a disk at the place, in a new namespace; ``scratch`` is a folder that is not there."""
    scratch.mkdir()
    with subprocess.Popen(
        ["unshare", "-Urm", "sh", "-c", _HOLD],
        env=os.environ | {"DISK": str(scratch), "PLACE": str(place)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as hold:
        assert hold.stdout is not None
        assert hold.stdout.readline() == "mounted\n"
        view = Path(f"/proc/{hold.pid}/root")
        enter = ("nsenter", "--preserve-credentials", "-U", "-m", "-t", str(hold.pid))
        yield Disk(view / scratch.relative_to("/"), view, enter)
        hold.communicate()
