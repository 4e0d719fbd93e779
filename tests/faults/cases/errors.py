"""Errors of the file system, each at every operation where it can come."""

from __future__ import annotations

from lambda_src.release.layout import ExitCode

from ..world.fault import Fault
from ..world.world import World
from .case import ID, INCOMING, STAGING, Case


def error(
    action: str, process: str, kind: str, path: str, numbers: tuple[int, ...], saved: bool = False
) -> Case:
    """An error of the disk where it matters: the run fails, and leaves nothing of its own.

    Or it is ``saved``: what it wanted is done, and it succeeds.
    """

    def happen(world: World, number: int) -> bool:
        run = world.run(ID, Fault(action=action, at=number, process=process, kind=kind, path=path))
        met = bool(world.struck())
        published = ID in world.check(dead=0)
        assert published == (run.code == ExitCode.PUBLISHED), run
        if process == "release":
            # pip goes on without its log, and where it cannot rename it copies.
            assert published == (saved or not met), run
        codes = (ExitCode.MOUNT, ExitCode.DISK) if action == "ESTALE" else (ExitCode.DISK,)
        assert published or run.code in codes, run
        return met

    name = f"{process} {kind} {path}"
    return Case(f"{action} at a write", name, happen, numbers, sweep=True)


def _stale(kind: str, path: str, numbers: tuple[int, ...]) -> Case:
    """A stale file handle where it is only asked: whole or not there, and nothing is left."""

    def happen(world: World, number: int) -> bool:
        run = world.run(ID, Fault(action="ESTALE", at=number, kind=kind, path=path))
        published = ID in world.check(dead=0)
        assert published == (run.code == ExitCode.PUBLISHED), run
        return bool(world.struck())

    return Case("ESTALE at a question", f"{kind} {path}", happen, numbers, sweep=True)


def error_while_removing(kind: str, path: str) -> Case:
    """What is published stays published, and what fails once is removed all the same."""

    def happen(world: World, number: int) -> bool:
        run = world.run(ID, Fault(action="EIO", at=number, kind=kind, path=path))
        assert run.code == ExitCode.PUBLISHED, run
        assert ID in world.check(dead=0)
        return bool(world.struck())

    return Case("EIO while removing", f"{kind} {path}", happen, sweep=True)


def full_disk(place: str, unit: str, quick: tuple[int, ...]) -> Case:
    """A disk that is full for real, with room for some pages or inodes."""

    def happen(world: World, number: int) -> bool:
        assert world.disk is not None
        world.disk.fill(unit, number - 1)
        run = world.run(ID)
        full = run.code != ExitCode.PUBLISHED
        assert run.code == (ExitCode.DISK if full else ExitCode.PUBLISHED), run
        assert (ID in world.check(dead=0)) != full
        world.disk.free()
        return full

    return Case("ENOSPC of a full disk", f"{place} {unit}", happen, quick, sweep=True, disk=place)


_OF_RELEASE = (
    ("create", rf"{INCOMING}\.lock$"),
    ("mkdir", INCOMING),
    ("create", f"{INCOMING}/site-packages/"),
    ("write", f"{INCOMING}/site-packages/"),
    ("close", f"{INCOMING}/site-packages/"),
    ("create", f"{INCOMING}/manifest.json"),
    ("write", f"{INCOMING}/manifest.json"),
    ("fsync", f"{INCOMING}/site-packages"),
    ("fsync", f"{INCOMING}/manifest.json"),
    ("fsync", f"{INCOMING}$"),
    ("rename", f"{INCOMING}$"),
    ("create", rf"{STAGING}\.lock$"),
    ("mkdir", STAGING),
    ("create", f"{STAGING}/scratch/"),
    ("write", f"{STAGING}/scratch/"),
)
"""Each kind of write of the installer itself, and where."""
_OF_CHILDREN = (
    ("pip", "mkdir", ()),
    ("pip", "create", (4,)),
    ("pip", "write", (2,)),
    ("pip", "rename", ()),
    ("compileall", "mkdir", ()),
    ("compileall", "create", (1,)),
    ("compileall", "rename", (1,)),
)
"""Each kind of write of its children, all of them to the staging disk, and some for the tests."""
_NOT_OF_TMPFS = (
    ("close", f"{INCOMING}/site-packages/"),
    ("fsync", f"{INCOMING}/manifest.json"),
    ("rename", f"{INCOMING}$"),
)
_DONE = (
    ("rename done", f"{INCOMING}$"),
    ("fsync", "/releases$"),
    ("close", rf"{INCOMING}\.lock \(deleted\)$"),
)
"""Where the release is there in spite of the error."""
_LOST = (("mkdir done", INCOMING), ("mkdir done", STAGING))
"""Where something is there in spite of the error, and has to go."""
_ASKED = (
    ("stat", rf"{INCOMING}\.lock$", (1, 2)),
    ("stat", f"{INCOMING}$", (1,)),
    ("stat", "/releases", (6,)),
    ("lock", rf"{INCOMING}\.lock$", (1,)),
    ("list", "/releases", (4,)),
)
"""Where" a full tmpfs never fails, but other file systems do."""


ERRORS = (
    *(error("EIO", "release", kind, path, (1,)) for kind, path in _OF_RELEASE),
    *(error("EIO", process, kind, STAGING, numbers) for process, kind, numbers in _OF_CHILDREN),
    *(
        error("ENOSPC", "release", kind, path, (1,) if (kind, path) in _NOT_OF_TMPFS else ())
        for kind, path in _OF_RELEASE
    ),
    *(
        error(action, "release", kind, path, (1,), saved=True)
        for action in ("EIO", "ESTALE")
        for kind, path in _DONE
    ),
    *(error("EIO", "release", kind, path, (1,)) for kind, path in _LOST),
    *(_stale(*asked) for asked in _ASKED),
    *(
        error_while_removing(kind, path)
        for kind, path in (
            ("remove", rf"{INCOMING}\.lock"),
            ("remove", f"{STAGING}/"),
            ("rmdir", STAGING),
        )
    ),
    full_disk("mount", "pages", (8, 10)),
    full_disk("mount", "inodes", (9,)),
    full_disk("staging", "pages", (9, 16)),
    full_disk("staging", "inodes", (12,)),
)
