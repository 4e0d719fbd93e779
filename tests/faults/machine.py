"""Random histories of one mount: publish, kill, roll back, collect, read, verify."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from .kills import OPERATIONS
from .world.fault import Fault
from .world.made import make_release
from .world.world import BYSTANDER, IDS, Counts, World, world

ids = st.sampled_from(IDS[:4])


class Releases(RuleBasedStateMachine):
    """What has to be there is kept beside what is there."""

    counts: ClassVar[Counts] = Counts()
    done: ClassVar[Callable[[str], object]] = str
    """Called at the end of each history."""

    @initialize()
    def begin(self) -> None:
        """An empty mount with one release, and a reader who stays to the end."""
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.world: World = self.stack.enter_context(world(folder, self.counts))
        make_release(self.world.releases / BYSTANDER)
        self.stack.enter_context(self.world.reading())
        self.published = {BYSTANDER}
        self.dead = 0

    @rule(release_id=ids)
    def publish(self, release_id: str) -> None:
        """A new release, or one that is there; whatever was left goes."""
        self.world.next_run(release_id)
        self.published.add(release_id)
        self.dead = 0

    @rule(release_id=ids, at=st.integers(1, OPERATIONS))
    def kill(self, release_id: str, at: int) -> None:
        """An installer dies at one of its operations."""
        before = release_id in self.published
        run = self.world.run(release_id, Fault(at=at))
        assert run.code in (0, -signal.SIGKILL), run
        # It has removed what others left before it can publish.
        found = self.world.check(self.dead + 1)
        if run.code == 0 or (release_id in found and not before):
            self.published.add(release_id)
        self.dead = 0 if run.code == 0 else self.dead + 1

    @precondition(lambda self: len(self.published) > 1)
    @rule(data=st.data())
    def roll_back(self, data: st.DataObject) -> None:
        """A release that is there is asked for again; nothing is installed."""
        release_id = data.draw(st.sampled_from(sorted(self.published - {BYSTANDER})))
        run = self.world.run(release_id)
        assert (run.code, run.last["outcome"]) == (0, "already-published")
        self.dead = 0

    @rule()
    def pass_a_day(self) -> None:
        """What was promised is to be named by a version by now."""
        self.world.pass_a_day()

    @rule(release_id=ids, keep=st.integers(1, 3))
    def collect(self, release_id: str, keep: int) -> None:
        """A publication with housekeeping: it, the newest, and what is not the stack's own stay."""
        recent = self.world.recent & self.published
        self.world.keep(keep)
        self.world.next_run(release_id)
        found = self.world.check()
        self.world.keep(None)
        assert {release_id, BYSTANDER, *recent} <= found <= self.published | {release_id}
        assert len(found) >= min(keep, len(self.published | {release_id}))
        assert len(found - {release_id, BYSTANDER, *recent}) <= keep
        self.published = found
        self.dead = 0

    @invariant()
    def whole(self) -> None:
        """Exactly the published releases are there, each as its manifest says."""
        assert self.world.check(self.dead) == self.published

    def teardown(self) -> None:
        """The reader has seen no half of a release."""
        self.counts.cases += 1
        self.stack.close()
        type(self).done("Random histories")
