"""Changes to the real program for the tests of a pack: what breaks a rule, and what must not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ..programs import Part, Program, judge_program, program
from ..wire import Said

Change: TypeAlias = Callable[[Program], None]

MOUNT = "elasticfilesystem:ClientMount"


@dataclass(frozen=True)
class Break:
    """A change, what its pack says of it, and when: always, or only once the program is created.

    What is `absent` in a preview may still be made, so there it is a note.
    """

    change: Change
    lines: tuple[Said, ...]
    only_created: bool
    absent: bool


@dataclass(frozen=True)
class Changes:
    """The changes by which the rules of one pack are tried."""

    pack: str
    breaking: list[Break] = field(default_factory=list)
    harmless: list[Change] = field(default_factory=list)

    def breaks(
        self, *lines: Said, only_created: bool = False, absent: bool = False
    ) -> Callable[[Change], Change]:
        """What the pack says of a change to the program, beside what it says anyway."""

        def note(change: Change) -> Change:
            self.breaking.append(Break(change, lines, only_created, absent))
            return change

        return note

    def allowed(self, change: Change) -> Change:
        """A change that no rule must mind."""
        self.harmless.append(change)
        return change

    def said_of(self, change: Change, *, created: bool, **config: str) -> list[Said]:
        """What the pack says of the changed program, beside what it says anyway."""
        whole = program(created=created, **config)
        change(whole)
        anyway = judge_program(program(created=created, **config), self.pack)
        return [line for line in judge_program(whole, self.pack) if line not in anyway]


def ids(given: object) -> str:
    """The name of a test's parameter."""
    if isinstance(given, Changes):
        return given.pack
    given = getattr(given, "change", given)
    if callable(given):
        return str(getattr(given, "__name__", ""))
    return "-".join(map(str, given.values())) if isinstance(given, dict) else ""


def wrong(policy: str, about: str, *message: str) -> Said:
    return Said(policy, True, about, "".join(message))


def function(p: Program) -> Part:
    return p["Function", "inference"]


def task(p: Program) -> Part:
    return p["TaskDefinition", "libraries"]


def run(p: Program) -> Part:
    return p["PopulatorRun", "libraries"]


def point(p: Program) -> Part:
    return p["AccessPoint", "store-access-point"]


def system(p: Program) -> Part:
    return p["FileSystem", "store"]


def target(p: Program, zone: str = "b") -> Part:
    return p["MountTarget", f"store-mount-target-us-east-1{zone}"]


def volume(p: Program) -> dict[str, Any]:
    found: dict[str, Any] = task(p).props["volumes"][0]["efsVolumeConfiguration"]
    return found
