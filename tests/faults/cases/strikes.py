"""Kills, stops and power cuts, in installers of whatever kind."""

from __future__ import annotations

import signal

from lambda_src.release.layout import ExitCode

from ..world.fault import Fault
from ..world.world import World
from .case import ID, INCOMING, Case


def kill_in_phase(phase: str) -> Case:
    def happen(world: World, _: int) -> bool:
        run = world.kill_in_phase(ID, phase)
        world.check(dead=1)
        return run.code == -signal.SIGKILL

    return Case("SIGKILL in each phase", phase, happen)


def kill_at_operation(world: World, number: int) -> bool:
    run = world.run(ID, Fault(at=number))
    assert (run.code == -signal.SIGKILL) == bool(world.struck())
    world.check(dead=1)
    return run.code == -signal.SIGKILL


def stop_at_operation(world: World, number: int) -> bool:
    run = world.run(ID, Fault(action="SIGTERM", at=number))
    assert run.code in (ExitCode.STOPPED, ExitCode.PUBLISHED), run
    assert (ID in world.check(dead=0)) == (run.code == ExitCode.PUBLISHED)
    return bool(world.struck())


def power_cut(world: World, number: int) -> bool:
    """What an installer has published is on the disk, whenever the power goes."""
    met = world.cut_power(ID, Fault(action="POWERCUT", at=number, path=f"{INCOMING}|/releases"))
    world.check(dead=1)
    return met
