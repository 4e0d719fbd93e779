"""A case of the fault matrix."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from ..world.made import make_release
from ..world.world import BYSTANDER, IDS, World

ID = IDS[0]
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
        artifacts: Whether the releases are of artifacts.
    """

    fault: str
    name: str
    happen: Callable[[World, int], bool]
    quick: tuple[int, ...] = (1,)
    sweep: bool = False
    disk: str = ""
    artifacts: bool = False

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
