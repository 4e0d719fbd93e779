"""Who puts libraries where functions load them: proven by an install command, or by a run."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...reading.findings import Answer, Report, all_of, any_of
from ...reading.graph import Resource, Stack, once
from ...reading.kinds import TASK_DEFINITION
from ...reading.values import UNKNOWN
from ..paths import lies_under, normalise
from .consumer import Consumer, Mount, read_functions
from .launches import launches_of
from .task_definitions import read_containers

_INSTALL = re.compile(
    r"(?P<folder>\S*/)?(?:pip[\d.]*|uv(?:\s+pip)?|conda|mamba|npm|yarn|pnpm)"
    r"\s(?:[^;&|\n]*?\s)?(?:install|sync|ci|add|create)\b(?P<rest>[^;&|\n]*)"
)
_TARGET = re.compile(r"(?:^|\s)(?:--target|-t|--prefix|-p|--root)(?:[=\s]\s*)(?P<path>[^\s\"']+)")
_FOLDER = re.compile(r"(?:^|[\s;&|])(?:cd|pushd)\s+(?P<path>[^\s;&|]+)")
_ACTIVATE = re.compile(r"(?:source|\.)\s+(?P<path>/\S+)/bin/activate")
_TARGETS = {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PYTHONUSERBASE", "npm_config_prefix"}
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


@once
def read_all(stack: Stack) -> list[Consumer | Report]:
    """All consumers of file systems in a stack, and what cannot be read of others."""
    return [*read_containers(stack), *read_functions(stack)]


@once
def consumers(stack: Stack) -> list[Consumer]:
    """Functions and containers that mount a file system, or could."""
    return [one for one in read_all(stack) if not isinstance(one, Report)]


@once
def mounting(stack: Stack) -> list[Mount]:
    """Whatever is mounted, once for each who mounts it."""
    return [mount for one in consumers(stack) for mount in one.mounts]


def _mounts_by(key: Callable[[Mount], str]) -> Callable[[Stack], dict[str, list[Mount]]]:
    def grouped(stack: Stack) -> dict[str, list[Mount]]:
        found: dict[str, list[Mount]] = defaultdict(list)
        for mount in mounting(stack):
            if key(mount):
                found[key(mount)].append(mount)
        return found

    return once(grouped)


# Who mounts what of a space, and who mounts one thing; where that is not known, not at all.
by_space = _mounts_by(lambda mount: mount.space)
sharers = _mounts_by(lambda mount: mount.key)


@dataclass(frozen=True, eq=False)
class Writer:
    """The mount of a container that populates it, or may (`proof` is then open)."""

    mount: Mount
    proof: Answer
    installs: bool

    @property
    def consumer(self) -> Consumer:
        return self.mount.consumer


@once
def writers(stack: Stack) -> dict[str, list[Writer]]:
    """By the space, who populates it or may."""
    found: dict[str, list[Writer]] = defaultdict(list)
    for mount in mounting(stack):
        task = mount.consumer.resource
        unable = mount.consumer.is_function or mount.read_only or mount.location is None
        if unable or task.urn in _replaced(stack):
            continue
        installs = any(lies_under(path, mount.path) for path in _install_targets(mount.consumer))
        launches = launches_of(task)
        proof = installs or any_of(launch.is_run for launch in launches)
        named = [name for launch in launches for name in launch.task]
        if proof is True and named and task not in named:
            proof = all_of(name.open for name in named if not isinstance(name, Resource))
        if proof is not False:
            found[mount.space].append(Writer(mount, proof, installs))
    return found


@once
def _replaced(stack: Stack) -> set[str]:
    """Task definitions that nothing runs, of a family of which another one is run."""
    families: dict[str, list[Resource]] = defaultdict(list)
    for task in stack.of_type(TASK_DEFINITION):
        if isinstance(family := task.get("family"), str):
            families[family].append(task)
    run = [tasks for tasks in families.values() if any(map(launches_of, tasks))]
    return {task.urn for tasks in run for task in tasks if not launches_of(task)}


@once
def populating(stack: Stack) -> dict[Consumer, list[Mount]]:
    """The containers that certainly populate a place, and which."""
    found: dict[Consumer, list[Mount]] = defaultdict(list)
    for writer in (one for several in writers(stack).values() for one in several):
        if writer.proof is True:
            found[writer.consumer].append(writer.mount)
    return found


def writers_for(mount: Mount) -> list[Writer]:
    """Who populates what is seen through a mount, or may."""
    there = writers(mount.stack).get(mount.space, [])
    return [one for one in there if mount.location and mount.location.meets(one.mount.location)]


def suppliers(mount: Mount) -> list[Writer]:
    """Who populates what a function loads; all of them where no path tells.

    Releases for several Pythons lie side by side on one access point, as in a migration.
    """
    found = writers_for(mount)
    wanted = [path for _, path in mount.named_paths()]
    matching = {
        writer: None
        for writer in found
        for _, path in writer.mount.named_paths()
        if any(related(path, mine) for mine in wanted)
    }
    return list(matching) or found


def related(path: str, other: str) -> bool:
    """Whether one of two paths lies under the other."""
    return lies_under(path, other) or lies_under(other, path)


def command_of(consumer: Consumer) -> str:
    """Entry point and command as one line, with the variables of its environment filled in."""
    known = [(one.variable, one.value) for one in consumer.texts if isinstance(one.value, str)]
    given = {variable: value for variable, value in known if variable}
    said = " ".join(value for variable, value in known if not variable)
    return _VARIABLE.sub(lambda m: given.get(m[1], m[0]), said)


def _install_targets(consumer: Consumer) -> Iterator[str]:
    """Where the container's install commands put what they install, normalised."""
    line = command_of(consumer)
    by_variable = [one.value for one in consumer.texts if one.variable in _TARGETS]
    for found in _INSTALL.finditer(line):
        if "--dry-run" in found["rest"]:
            continue
        before, own = line[: found.start()], found["folder"] or ""
        folders = [consumer.folder, *(m["path"] for m in _FOLDER.finditer(before))]
        folder = folders[-1] if isinstance(folders[-1], str) else "/"
        targets = [m["path"] for m in _TARGET.finditer(found["rest"])]
        targets += [m["path"] for m in _ACTIVATE.finditer(before)]
        targets += [own] if own.startswith("/") else []
        for target in (*targets, *by_variable):
            if target is not UNKNOWN:
                yield normalise(posixpath.join(folder, target.strip("\"'")))
