"""Kills at random moments: two installers at once, and one of them or both die."""

from __future__ import annotations

import signal
import time
from random import Random

from lambda_src.release.layout import ExitCode

from .world.fault import Fault
from .world.made import make_release
from .world.world import BYSTANDER, IDS, World

OPERATIONS = 150
"""Operations of an installer with its housekeeping, about."""
KEEP_RELEASES = 3


def prepare(world: World) -> None:
    """Make the release that has to stay."""
    make_release(world.releases / BYSTANDER)


def kill_some(world: World, random: Random) -> int:
    """Start two installers, kill, look, and let the next runs succeed. Returns how many died."""
    first, second = random.sample(IDS, 2)
    ids = (first, random.choice((first, second)))
    # As the gate does: what is asked for is in use, so neither removes the other's.
    world.keep(KEEP_RELEASES, BYSTANDER, *ids)
    world.pass_a_day()  # or nothing would ever be removed
    begin = time.monotonic()
    victims = random.choice(((True, True), (True, False), (False, True)))
    at_operation = [random.random() < 0.5 for _ in ids]
    processes = [
        world.start(name, Fault(at=random.randint(1, OPERATIONS)) if dies and early else None)
        for name, dies, early in zip(ids, victims, at_operation, strict=True)
    ]
    moments = sorted(
        (begin + random.uniform(0, world.seconds), number)
        for number, (dies, early) in enumerate(zip(victims, at_operation, strict=True))
        if dies and not early
    )
    for moment, number in moments:
        time.sleep(max(0.0, moment - time.monotonic()))
        processes[number].kill()
    runs = world.finish(*processes)
    for run, dies in zip(runs, victims, strict=True):
        assert run.code == ExitCode.PUBLISHED or (dies and run.code == -signal.SIGKILL), run
    dead = sum(run.code == -signal.SIGKILL for run in runs)
    world.check(dead)
    begin = time.monotonic()
    world.next_run(*dict.fromkeys(ids))
    world.seconds = time.monotonic() - begin
    world.counts.cases += dead
    return dead
