"""Others at the same mount: installers, stacks, strangers, and what the dead left."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

from lambda_src.release.installation.storage.housekeeping import ask
from lambda_src.release.layout import INCOMING_PREFIX, OWNER, ExitCode
from tests.processes import heard

from ..world.fault import Fault
from ..world.made import make_release
from ..world.world import BYSTANDER, IDS, STACK, World
from .case import ID, INCOMING, STAGING, Case


def _lost_lock(
    name: str, path: str, lose: Callable[[World], None], numbers: tuple[int, ...]
) -> Case:
    """An installer loses its lock anywhere, and another one takes its directory for abandoned."""

    def happen(world: World, number: int) -> bool:
        first = world.paused(ID, Fault(action="SIGSTOP", at=number, path=path))
        lose(world)
        if first is None:
            world.struck()
            return False
        assert world.struck()
        run = world.resume(first)
        assert run.code == ExitCode.PUBLISHED or run.last["kind"] in ("error", "damaged"), run
        found = world.check(dead=0)
        assert (ID in found) == (run.code == ExitCode.PUBLISHED), run
        return True

    return Case("A lost lock", name, happen, numbers, sweep=True)


def _lock_files_go(world: World) -> None:
    for lock in world.releases.glob(f"{INCOMING_PREFIX}*.lock"):
        lock.unlink()
    world.populate.finish(world.start(IDS[1]))


def _locks_are_not_shared(world: World) -> None:
    world.populate.finish(world.start(IDS[1], Fault(at=0, locks=False)))


def _files_go(world: World) -> None:
    """Somebody who knows nothing of locks removes every other file, where it is."""
    for folder in world.releases.glob(f"{INCOMING_PREFIX}*"):
        for file in sorted(folder.rglob("*.py"))[::2]:
            file.unlink()


def _leftover(name: str, leave: Callable[[Path], None], stays: bool = False) -> Case:
    """Something odd is left beside what a dead installer left: that goes, whatever stays."""

    def happen(world: World, _: int) -> bool:
        world.run(IDS[1], Fault(kind="write", path="manifest"))
        assert world.struck()
        odd = world.releases / f"{INCOMING_PREFIX}{IDS[2]}-odd"
        leave(odd)
        assert world.run(ID).code == ExitCode.PUBLISHED
        rests = {path.name for path in world.releases.glob(".*")}
        assert rests == ({odd.name, f"{odd.name}.lock"} if stays else set()), rests
        if stays:
            (odd.parent / f"{odd.name}.lock").rmdir()
        return True

    return Case("Odd leftovers", name, happen)


def _lock_that_is_a_folder(path: Path) -> None:
    path.mkdir()
    path.with_name(f"{path.name}.lock").mkdir()


def _tree_of_odd_files(path: Path) -> None:
    (path / "closed").mkdir(parents=True)
    os.mkfifo(path / "closed" / "pipe")
    with socket.socket(socket.AF_UNIX) as unix:
        os.chdir(path)  # its name has at most 107 bytes
        unix.bind("socket")
        os.chdir("/")
    (path / "link").symlink_to(BYSTANDER)
    (path / ("x" * 255)).touch()
    (path / "closed").chmod(0o500)


def _recent(name: str, happens: Callable[[World], set[str]]) -> Case:
    """What was published or asked for within a day stays, however few are to be kept."""

    def happen(world: World, _: int) -> bool:
        staying = happens(world)
        assert world.check(dead=0) == staying | {BYSTANDER}
        return True

    return Case("Housekeeping of others", name, happen)


def _five_at_once(world: World) -> set[str]:
    world.keep(3)
    runs = world.finish(*[world.start(release_id) for release_id in IDS[:5]])
    assert [run.code for run in runs] == [ExitCode.PUBLISHED] * 5, runs
    return set(IDS[:5])


def _rollback_meanwhile(world: World) -> set[str]:
    make_release(world.releases / IDS[1], STACK)
    make_release(world.releases / IDS[2], STACK)
    world.pass_a_day()
    world.keep(1)
    staging = world.paused(ID, Fault(action="SIGSTOP", kind="mkdir", path=STAGING))
    assert staging is not None
    world.keep(None)
    rollback = world.populate.finish(world.start(IDS[1]))
    assert (rollback.code, rollback.last["outcome"]) == (0, "already-published")
    assert world.resume(staging).code == ExitCode.PUBLISHED
    world.keep(1)
    world.struck()
    return {ID, IDS[1]}


def _another_stack(world: World) -> set[str]:
    for release_id, stack in ((IDS[1], "other"), (IDS[2], STACK)):
        make_release(world.releases / release_id, stack)
    ask(world.releases / IDS[2], {OWNER: "other"})
    world.pass_a_day()
    world.keep(1)
    assert world.run(ID).last["removed"] == []
    return {ID, *IDS[1:3]}


HOURS = 3600.0


def _clock(hours: float) -> Case:
    """A dead and a living installer with other clocks; only the dead one's rests are removed."""

    def happen(world: World, _: int) -> bool:
        wrong, right = Fault(at=0, clock=hours * HOURS), Fault(at=0, clock=-hours * HOURS)
        died = world.run(IDS[1], Fault(kind="write", path="manifest", clock=hours * HOURS))
        assert died.code == -signal.SIGKILL
        alive = world.start(IDS[2], wrong)
        heard(alive, '"install"')
        alive.send_signal(signal.SIGSTOP)
        world.set_times(hours * HOURS)
        assert world.populate.finish(world.start(ID, right)).code == ExitCode.PUBLISHED
        rests = [path.name for path in world.releases.glob(f"{INCOMING_PREFIX}*")]
        assert {name.split("-")[1] for name in rests} == {IDS[2]}, rests
        alive.send_signal(signal.SIGCONT)
        assert world.finish(alive)[0].code == ExitCode.PUBLISHED
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


OTHERS = (
    _lost_lock("its file goes, at the copy", INCOMING, _lock_files_go, (6, 12)),
    _lost_lock("its file goes, at the manifest", "manifest|/releases$", _lock_files_go, (2, 3, 4)),
    _lost_lock("not shared", INCOMING, _locks_are_not_shared, (9,)),
    _lost_lock("not shared, at the end", "/releases$", _locks_are_not_shared, (2,)),
    _lost_lock("files go in their place", INCOMING, _files_go, (20, 31)),
    _leftover("a file", lambda path: path.touch()),
    _leftover("a pipe", os.mkfifo),
    _leftover("a broken link", lambda path: path.symlink_to("nowhere")),
    _leftover("a tree of pipes, sockets, links and closed folders", _tree_of_odd_files),
    _leftover("a lock that is a folder", _lock_that_is_a_folder, stays=True),
    _recent("five at once, three are kept", _five_at_once),
    _recent("a rollback while another one stages", _rollback_meanwhile),
    _recent("of another stack, or asked for by it", _another_stack),
    _clock(12.0),
    _clock(-12.0),
    _at_once("two of one id", (ID, ID)),
    _at_once("two of different ids", IDS[:2]),
    _at_once("ten of one id", (ID,) * 10),
    _at_once("ten of different ids", IDS[:10]),
)
