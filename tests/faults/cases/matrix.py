"""The faults, case by case. Each case ends with the next run, which succeeds."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable

from lambda_src.release.layout import ExitCode

from ...lambda_src.conftest import PHASES, SHAPES, Wheel
from ..world.fault import Fault
from ..world.made import make_release
from ..world.world import BYSTANDER, IDS, STACK, World
from .artifacts import OF_ARTIFACTS
from .case import ID, Case
from .errors import ERRORS
from .others import OTHERS
from .strikes import kill_at_operation, kill_in_phase, power_cut, stop_at_operation


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
        make_release(world.releases / release_id, STACK)
    world.pass_a_day()
    world.keep(1)
    run = world.run(ID, Fault(at=number, path=r"/\.removing-"))
    assert (run.code == -signal.SIGKILL) == bool(world.struck())
    assert {ID, BYSTANDER} <= world.check(dead=1)
    world.next_run(ID)
    assert world.check() == {ID, BYSTANDER}
    return run.code == -signal.SIGKILL


def _stop_while_housekeeping(world: World, number: int) -> bool:
    """What the summary says is removed is removed, and nothing else."""
    old = set(IDS[1:4])
    for release_id in old:
        make_release(world.releases / release_id, STACK)
    world.pass_a_day()
    world.keep(1)
    run = world.run(ID, Fault(action="SIGTERM", at=number, path=r"/\.removing-"))
    found = world.check(dead=0)
    assert run.code == ExitCode.PUBLISHED, run
    assert set(run.last["removed"]) == old - found
    return bool(world.struck())


def _kill_child(process: str, code: ExitCode, number: int) -> Case:
    def happen(world: World, number: int) -> bool:
        run = world.run(ID, Fault(process=process, at=number))
        met = bool(world.struck())
        assert run.code == (code if met else ExitCode.PUBLISHED), run
        assert (ID in world.check(dead=0)) != met
        return met

    return Case("SIGKILL of a child process", process, happen, (number,), sweep=True)


def _few_threads(world: World, number: int) -> bool:
    """So many threads and no more: the work is done all the same."""
    for release_id in IDS[1:3]:
        make_release(world.releases / release_id, STACK)
    world.pass_a_day()
    world.keep(1)
    run = world.run(ID, Fault(at=0, threads=number - 1))
    assert (run.code, run.last["removed"]) == (ExitCode.PUBLISHED, [*IDS[1:3]]), run
    assert world.check(dead=0) == {BYSTANDER, ID}
    return True


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


CASES = (
    *map(kill_in_phase, PHASES),
    Case(
        "SIGKILL at each operation",
        "release",
        kill_at_operation,
        (1, 9, 30, 60, 110, 120),
        sweep=True,
    ),
    Case("SIGKILL at each operation", "tidying", _kill_while_tidying, (1, 12), sweep=True),
    Case("SIGKILL at each operation", "housekeeping", _kill_while_housekeeping, (3, 8), sweep=True),
    Case("SIGTERM at each operation", "release", stop_at_operation, (5, 110), sweep=True),
    _kill_child("pip", ExitCode.ERROR, 20),
    _kill_child("compileall", ExitCode.ERROR, 3),
    _kill_child("import", ExitCode.IMPORT, 1),
    Case("SIGTERM at each operation", "housekeeping", _stop_while_housekeeping, (4,), sweep=True),
    Case("A power cut", "release", power_cut, (50, 72, 80), sweep=True),
    Case("No more threads", "release", _few_threads, (1, 2)),
    _index("wrong hash", ExitCode.HASH_MISMATCH, _wrong_hash),
    _index("slow", ExitCode.PUBLISHED, _slow),
    _index("answers 500", ExitCode.NETWORK, _answers_500),
    _index("truncated wheel", ExitCode.NETWORK, _truncated),
    _index("not there", ExitCode.NETWORK, _gone),
    *ERRORS,
    *OTHERS,
    *OF_ARTIFACTS,
)
