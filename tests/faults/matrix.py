"""The faults, case by case. Each case ends with the next run, which succeeds."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from lambda_src.release.layout import INCOMING_PREFIX, ExitCode

from ..lambda_src.conftest import PHASES, SHAPES, Wheel
from .world import BYSTANDER, IDS, Fault, World, make_release

ID = IDS[0]
HOURS = 3600.0
INCOMING = r"/\.incoming-[^/]*"
STAGING = r"/\.staging-[^/]*"


@dataclass(frozen=True)
class Case:
    """One kind of fault; its number says at which operation, or with how much room.

    Attributes:
        fault: Class of faults, a row of the table of reliability.
        name: Which of the class.
        happen: Lets fault number n happen in a new world and returns whether it met an installer.
        quick: Numbers for the tests.
        sweep: Whether a soak takes all numbers from 1 to the first that meets nothing.
        disk: ``mount`` or ``staging``, if that is a small disk of its own.
    """

    fault: str
    name: str
    happen: Callable[[World, int], bool]
    quick: tuple[int, ...] = (1,)
    sweep: bool = False
    disk: str = ""

    def run(self, world: World, number: int) -> bool:
        """Let it happen while somebody reads; then the next run. Whether it met an installer."""
        with ExitStack() as stack:
            if self.disk:
                stack.enter_context(world.small_disk(self.disk))
            make_release(world.releases / BYSTANDER)
            stack.enter_context(world.reading())
            met = self.happen(world, number)
            world.next_run(ID)
        world.counts.cases += 1
        return met


def _kill_in_phase(phase: str) -> Case:
    def happen(world: World, _: int) -> bool:
        run = world.kill_in_phase(ID, phase)
        world.check(dead=1)
        return run.code == -signal.SIGKILL

    return Case("SIGKILL in each phase", phase, happen)


def _kill_at_operation(world: World, number: int) -> bool:
    run = world.run(ID, Fault(at=number))
    assert (run.code == -signal.SIGKILL) == bool(world.struck())
    world.check(dead=1)
    return run.code == -signal.SIGKILL


def _kill_while_tidying(world: World, number: int) -> bool:
    """The first installer dies when it publishes, the second when it removes what that one left."""
    world.run(ID, Fault(kind="write", path="manifest"))
    assert world.struck()
    run = world.run(IDS[1], Fault(at=number, path=ID))
    assert (run.code == -signal.SIGKILL) == bool(world.struck())
    world.check(dead=2)
    return run.code == -signal.SIGKILL


def _kill_while_housekeeping(world: World, number: int) -> bool:
    for release_id in IDS[1:4]:
        make_release(world.releases / release_id)
    world.keep(1, BYSTANDER)
    run = world.run(ID, Fault(at=number, path=r"/\.removing-"))
    assert (run.code == -signal.SIGKILL) == bool(world.struck())
    assert {ID, BYSTANDER} <= world.check(dead=1)
    world.next_run(ID)
    assert world.check() == {ID, BYSTANDER}
    return run.code == -signal.SIGKILL


def _stop_at_operation(world: World, number: int) -> bool:
    run = world.run(ID, Fault(action="SIGTERM", at=number))
    assert run.code in (ExitCode.STOPPED, ExitCode.PUBLISHED), run
    world.check(dead=0)
    return bool(world.struck())


def _kill_child(process: str, code: ExitCode, number: int) -> Case:
    def happen(world: World, number: int) -> bool:
        run = world.run(ID, Fault(process=process, at=number))
        met = bool(world.struck())
        assert run.code == (code if met else ExitCode.PUBLISHED), run
        assert (ID in world.check(dead=0)) != met
        return met

    return Case("SIGKILL of a child process", process, happen, (number,), sweep=True)


def _error(action: str, process: str, kind: str, path: str, numbers: tuple[int, ...]) -> Case:
    """An error of the disk where it matters: the run fails and leaves nothing of its own."""

    def happen(world: World, number: int) -> bool:
        run = world.run(ID, Fault(action=action, at=number, process=process, kind=kind, path=path))
        met = bool(world.struck())
        published = ID in world.check(dead=0)
        if process == "pip" and run.code == ExitCode.PUBLISHED:
            # pip goes on without its log, and where it cannot rename it copies.
            return met
        assert run.code == (ExitCode.DISK if met else ExitCode.PUBLISHED), run
        # After the rename only the sync of the releases' folder can fail.
        assert published == (not met) or path == "/releases$"
        return met

    name = f"{process} {kind} {path}"
    return Case(f"{action} at a write", name, happen, numbers, sweep=True)


def _error_while_removing(kind: str, path: str) -> Case:
    """What is published stays published; the next run removes the rest."""

    def happen(world: World, number: int) -> bool:
        run = world.run(ID, Fault(action="EIO", at=number, kind=kind, path=path))
        assert run.code == ExitCode.PUBLISHED, run
        assert ID in world.check(dead=1)
        return bool(world.struck())

    return Case("EIO while removing", f"{kind} {path}", happen, sweep=True)


def _full(place: str, unit: str, quick: tuple[int, ...]) -> Case:
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


def _index(name: str, code: ExitCode, spoil: Callable[[World], None]) -> Case:
    """Index or lock are bad at first and good afterwards."""

    def happen(world: World, _: int) -> bool:
        good = vars(world.index).copy()
        spoil(world)
        run = world.run(ID)
        assert run.code == code, run
        assert (ID in world.check(dead=0)) == (code == ExitCode.PUBLISHED)
        vars(world.index).update(good)
        world.populate.write_lock(SHAPES.pin)
        return True

    return Case("A wrong hash, a bad index", name, happen)


def _wrong_hash(world: World) -> None:
    world.populate.write_lock(Wheel(SHAPES.filename, b"locked").pin)


def _slow(world: World) -> None:
    world.index.pieces = 50


def _answers_500(world: World) -> None:
    world.index.status = 500


def _truncated(world: World) -> None:
    world.index.keep = 0.5


def _gone(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        world.index.url = f"http://127.0.0.1:{server.getsockname()[1]}/simple"


def _clock(hours: float) -> Case:
    """A dead and a living installer with other clocks; only the dead one's rests are removed."""

    def happen(world: World, _: int) -> bool:
        wrong, right = Fault(at=0, clock=hours * HOURS), Fault(at=0, clock=-hours * HOURS)
        died = world.run(IDS[1], Fault(kind="write", path="manifest", clock=hours * HOURS))
        assert died.code == -signal.SIGKILL
        living = world.start(IDS[2], wrong)
        assert living.stdout is not None
        while '"install"' not in living.stdout.readline():
            pass
        living.send_signal(signal.SIGSTOP)
        world.set_times(hours * HOURS)
        assert world.populate.finish(world.start(ID, right)).code == ExitCode.PUBLISHED
        rests = [path.name for path in world.releases.glob(f"{INCOMING_PREFIX}*")]
        assert {name.split("-")[1] for name in rests} == {IDS[2]}, rests
        living.send_signal(signal.SIGCONT)
        assert world.finish(living)[0].code == ExitCode.PUBLISHED
        return world.check(dead=0) == {BYSTANDER, ID, IDS[2]}

    return Case("Clocks hours apart", f"{hours:+} h", happen)


def _at_once(name: str, ids: tuple[str, ...]) -> Case:
    def happen(world: World, _: int) -> bool:
        runs = world.finish(*[world.start(release_id) for release_id in ids])
        assert [run.code for run in runs] == [ExitCode.PUBLISHED] * len(ids), runs
        outcomes = [(run.last["release"], run.last["outcome"]) for run in runs]
        assert sum(outcome == "published" for _, outcome in outcomes) == len(set(ids))
        return world.check(dead=0) == {BYSTANDER, *ids}

    return Case("Installers at once", name, happen)


_OF_RELEASE = (
    ("create", rf"{INCOMING}\.lock$"),
    ("mkdir", INCOMING),
    ("create", f"{INCOMING}/site-packages/"),
    ("write", f"{INCOMING}/site-packages/"),
    ("close", f"{INCOMING}/site-packages/"),
    ("create", f"{INCOMING}/manifest.json"),
    ("write", f"{INCOMING}/manifest.json"),
    ("fsync", f"{INCOMING}/manifest.json"),
    ("fsync", f"{INCOMING}$"),
    ("rename", f"{INCOMING}$"),
    ("fsync", "/releases$"),
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
"""Where a full tmpfs never fails, but other file systems do."""

CASES = (
    *map(_kill_in_phase, PHASES),
    Case(
        "SIGKILL at each operation",
        "release",
        _kill_at_operation,
        (1, 9, 30, 60, 110, 120),
        sweep=True,
    ),
    Case("SIGKILL at each operation", "tidying", _kill_while_tidying, (1, 12), sweep=True),
    Case("SIGKILL at each operation", "housekeeping", _kill_while_housekeeping, (3, 8), sweep=True),
    Case("SIGTERM at each operation", "release", _stop_at_operation, (5, 110), sweep=True),
    _kill_child("pip", ExitCode.ERROR, 20),
    _kill_child("compileall", ExitCode.ERROR, 3),
    _kill_child("import", ExitCode.IMPORT, 1),
    *(_error("EIO", "release", kind, path, (1,)) for kind, path in _OF_RELEASE),
    *(_error("EIO", process, kind, STAGING, numbers) for process, kind, numbers in _OF_CHILDREN),
    *(
        _error("ENOSPC", "release", kind, path, (1,) if (kind, path) in _NOT_OF_TMPFS else ())
        for kind, path in _OF_RELEASE
    ),
    *(
        _error_while_removing(kind, path)
        for kind, path in (
            ("remove", rf"{INCOMING}\.lock"),
            ("remove", f"{STAGING}/"),
            ("rmdir", STAGING),
        )
    ),
    _full("mount", "pages", (8, 10)),
    _full("mount", "inodes", (9,)),
    _full("staging", "pages", (9, 16)),
    _full("staging", "inodes", (12,)),
    _index("wrong hash", ExitCode.HASH_MISMATCH, _wrong_hash),
    _index("slow", ExitCode.PUBLISHED, _slow),
    _index("answers 500", ExitCode.NETWORK, _answers_500),
    _index("truncated wheel", ExitCode.NETWORK, _truncated),
    _index("not there", ExitCode.NETWORK, _gone),
    _clock(12.0),
    _clock(-12.0),
    _at_once("two of one id", (ID, ID)),
    _at_once("two of different ids", IDS[:2]),
    _at_once("ten of one id", (ID,) * 10),
    _at_once("ten of different ids", IDS[:10]),
)
