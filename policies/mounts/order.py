"""Rule: a function is created after its mount targets and after the populate run."""

from collections import defaultdict
from collections.abc import Iterator

from ..reading.findings import Findings, Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.identity import SUBNETS, register
from .consumer import Consumer
from .consumers import read_consumers
from .launches import launches, populators
from .storage import MountTarget, file_system_of, targets_of, zone_of

NAME = "function-comes-after-what-it-mounts"
DESCRIPTION = (
    "A function depends on every mount target that it uses and, where the stack has a populate "
    "run, on that run, through any chain of dependencies."
)


class Order:
    """What is created before what: each resource's predecessors as a set of bits."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._bit = {resource.urn: 1 << n for n, resource in enumerate(stack.resources)}
        self._before: dict[str, int] = {}

    def is_before(self, first: Resource, second: Resource) -> bool:
        """Whether `second` is created only when `first` is there."""
        return bool(self._predecessors(second.urn) & self._bit[first.urn])

    def _predecessors(self, urn: str) -> int:
        """Everything that a resource waits for; computed without recursion, chains are long."""
        pending = [urn]
        while pending:
            current = pending[-1]
            if current in self._before:
                pending.pop()
                continue
            needed = self._needed(current)
            missing = [n for n in needed if n not in self._before and n not in pending]
            if missing:
                pending.extend(missing)
                continue
            bits = 0
            for known in needed:
                bits |= self._before.get(known, 0)
            for direct in self._direct(current):
                bits |= self._bit.get(direct, 0)
            self._before[current] = bits
            pending.pop()
        return self._before[urn]

    def _needed(self, urn: str) -> list[str]:
        resource = self._stack.by_urn.get(urn)
        parent = [resource.parent] if resource is not None and resource.parent else []
        return [*self._direct(urn), *parent]

    def _direct(self, urn: str) -> list[str]:
        """What a resource depends on by itself; a component stands for all that is in it."""
        resource = self._stack.by_urn.get(urn)
        if resource is None:
            return []
        found = dict.fromkeys(resource.dependencies)
        for origins in resource.property_dependencies.values():
            found |= dict.fromkeys(origins)
        pending = list(found)
        while pending:
            for child in self._stack.parts(pending.pop()):
                if child not in found:
                    found[child] = None
                    pending.append(child)
        return list(found)


def judge(stack: Stack) -> Findings:
    """Each function that mounts an access point."""
    reports: list[Report] = []
    judged = 0
    for consumer in stack.once(read_consumers).consumers:
        if not consumer.is_function:
            continue
        judged += 1
        reports.extend(_targets(stack, consumer))
        reports.extend(_runs(stack, consumer))
    return Findings.of(judged, reports)


def _targets(stack: Stack, consumer: Consumer) -> Iterator[Report]:
    order = stack.once(Order)
    function = consumer.resource
    for mount in consumer.mounts:
        file_system = file_system_of(stack, mount.access_point)
        if file_system is None:
            continue
        for target in targets_of(stack, file_system):
            if order.is_before(target.resource, function):
                continue
            used = _uses(stack, function, target)
            if used is False:
                continue
            if used is None:
                yield doubt(
                    f"whether {function.label} uses {target.label}, on which it does not depend; "
                    "their zones are not known. Let the function depend on it (dependsOn).",
                    function.urn,
                    preview=False,
                )
                continue
            yield Report(
                f"{function.label} mounts {mount.access_point_label}, but does not depend on "
                f"{target.label} of the same {file_system.label}: Lambda refuses the function "
                f"while the mount target is not available. Let {function.label} depend on "
                f"{target.label} (dependsOn).",
                function.urn,
            )


def _uses(stack: Stack, function: Resource, target: MountTarget) -> bool | None:
    """Whether the function runs in the mount target's zone; None where that is not known."""
    subnets = register(stack, SUBNETS).listed(
        function.get("vpcConfig", "subnetIds"), function, "vpcConfig"
    )
    if not subnets.entities or not subnets.certain:
        return True
    if set(subnets.entities) & set(target.subnets):
        return True
    same = [zone_of(subnet).is_same(target.zone) for subnet in subnets.entities]
    if True in same:
        return True
    return None if None in same else False


def _runs(stack: Stack, consumer: Consumer) -> Iterator[Report]:
    order = stack.once(Order)
    function = consumer.resource
    mounted = {mount.access_point.key for mount in consumer.mounts if mount.access_point}
    told = set()
    for key in sorted(mounted):
        for writer, run in stack.once(_populate_runs).get(key, []):
            if run.urn in told or order.is_before(run, function):
                continue
            if order.is_before(function, run):
                continue  # it waits for the function, so it cannot be what the function waits for
            told.add(run.urn)
            yield Report(
                f"{function.label} reads what {writer.label} writes, but does not depend on "
                f"{run.label}, which runs it: the function may serve before anything is there. "
                f"Let {function.label} depend on {run.label} (dependsOn).",
                function.urn,
            )


def _populate_runs(stack: Stack) -> dict[str, list[tuple[Consumer, Resource]]]:
    """By the key of an access point, who writes to it, and what runs that at creation."""
    writers: dict[str, list[Consumer]] = defaultdict(list)
    for writer in stack.once(populators):
        writers[writer.resource.urn].append(writer)
    found: dict[str, list[tuple[Consumer, Resource]]] = defaultdict(list)
    for launch in stack.once(launches):
        for task in launch.task_definitions if launch.is_run else ():
            for writer in writers.get(task.key, []):
                for mount in writer.mounts:
                    if mount.access_point is not None and not mount.read_only:
                        found[mount.access_point.key].append((writer, launch.resource))
    return found
