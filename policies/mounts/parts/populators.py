"""Who puts libraries where functions load them: proven by an install command, or by a run."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from ...reading.findings import Answer, all_of, any_of
from ...reading.graph import Resource, Stack
from ...reading.kinds import TASK_DEFINITION
from ...reading.naming import Here
from ...reading.values import UNKNOWN
from ..paths import lies_under, normalise
from .consumer import Consumer, Mount, Pair, Reading
from .functions import read_functions
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


def read_all(stack: Stack) -> Reading:
    """All consumers of file systems in a stack, and what cannot be read of others."""
    return [*read_containers(stack), *read_functions(stack)]


def consumers(stack: Stack) -> list[Consumer]:
    """Functions and containers that mount a file system, or could."""
    return [one for one in stack.once(read_all) if isinstance(one, Consumer)]


def mounting(stack: Stack) -> list[Pair]:
    """Each consumer with each place that it mounts."""
    return [(one, mount) for one in stack.once(consumers) for mount in one.mounts]


def by_space(stack: Stack) -> dict[str, list[Pair]]:
    """Who mounts what of a space."""
    found: dict[str, list[Pair]] = defaultdict(list)
    for consumer, mount in stack.once(mounting):
        if mount.location is not None:
            found[mount.location.space].append((consumer, mount))
    return found


@dataclass(frozen=True, eq=False)
class Writer:
    """A container that populates a place, or may (`proof` is then open)."""

    consumer: Consumer
    mount: Mount
    proof: Answer
    installs: bool


def writers(stack: Stack) -> dict[str, list[Writer]]:
    """By the space, who populates it or may."""
    found: dict[str, list[Writer]] = defaultdict(list)
    for consumer, mount in stack.once(mounting):
        if consumer.is_function or mount.read_only or mount.location is None:
            continue
        if consumer.resource.urn in stack.once(replaced):
            continue
        installs = any(lies_under(path, mount.path) for path in install_targets(consumer))
        launches = launches_of(stack, consumer.resource)
        proof = installs or any_of(launch.is_run for launch in launches)
        named = [name for launch in launches for name in launch.task]
        if proof is True and named and Here(consumer.resource) not in named:
            proof = all_of(name.open for name in named if not isinstance(name, Here))
        if proof is not False:
            found[mount.location.space].append(Writer(consumer, mount, proof, installs))
    return found


def replaced(stack: Stack) -> set[str]:
    """Task definitions that nothing runs, of a family of which another one is run."""
    families: dict[str, list[Resource]] = defaultdict(list)
    for task in stack.of_type(TASK_DEFINITION):
        if isinstance(family := task.get("family"), str):
            families[family].append(task)
    return {
        task.urn
        for tasks in families.values()
        for task in tasks
        if not launches_of(stack, task) and any(launches_of(stack, other) for other in tasks)
    }


def populating(stack: Stack) -> set[tuple[str, str]]:
    """(URN of the task definition, label) of the containers that certainly populate a place."""
    return {
        (writer.consumer.urn, writer.consumer.label)
        for several in stack.once(writers).values()
        for writer in several
        if writer.proof is True
    }


def writers_for(stack: Stack, mount: Mount) -> list[Writer]:
    """Who populates what is seen through a mount, or may."""
    if mount.location is None:
        return []
    there = stack.once(writers).get(mount.location.space, [])
    return [w for w in there if w.mount.location and w.mount.location.meets(mount.location)]


def suppliers(stack: Stack, function: Consumer, mount: Mount) -> list[Writer]:
    """Who populates what the function loads; all of them where no path tells.

    Releases for several Pythons lie side by side on one access point, as in a migration.
    """
    found = writers_for(stack, mount)
    wanted = [path for _, path in function.named_below(mount)]
    named = [
        writer
        for writer in found
        if any(
            related(path, mine)
            for _, path in writer.consumer.named_below(writer.mount)
            for mine in wanted
        )
    ]
    return named or found


def related(path: str, other: str) -> bool:
    """Whether one of two paths lies under the other."""
    return lies_under(path, other) or lies_under(other, path)


def runs_of(stack: Stack, writer: Writer) -> list[Resource]:
    """What certainly runs it while the stack is created."""
    return [
        launch.resource
        for launch in launches_of(stack, writer.consumer.resource)
        if launch.is_run is True
    ]


def command_of(consumer: Consumer) -> str:
    """Entry point and command as one line, with the variables of its environment filled in."""
    given = {
        one.holder.removeprefix("environment variable ").partition(" ")[0]: one.value
        for one in consumer.texts
        if one.holder.startswith("environment variable ") and one.value is not UNKNOWN
    }
    said = [
        one.value
        for one in consumer.texts
        if not one.holder.startswith("environment") and one.value is not UNKNOWN
    ]
    return _VARIABLE.sub(lambda m: given.get(m[1], m[0]), " ".join(said))


def install_targets(consumer: Consumer) -> Iterator[str]:
    """Where the container's install commands put what they install, normalised."""
    line = command_of(consumer)
    for found in _INSTALL.finditer(line):
        before = line[: found.start()]
        folders = [consumer.folder, *(m["path"] for m in _FOLDER.finditer(before))]
        folder = folders[-1] if isinstance(folders[-1], str) else "/"
        targets = [m["path"] for m in _TARGET.finditer(found["rest"])]
        targets += [m["path"] for m in _ACTIVATE.finditer(before)]
        if found["folder"] and found["folder"].startswith("/"):
            targets.append(found["folder"])
        targets += [
            one.value
            for one in consumer.texts
            if one.value is not UNKNOWN
            and one.holder.removeprefix("environment variable ").partition(" ")[0] in _TARGETS
        ]
        for target in targets:
            yield normalise(posixpath.join(folder, target.strip("\"'")))
