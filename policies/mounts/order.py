"""Rule: who mounts at creation comes after its mount targets, and after the populate run."""

from collections.abc import Iterator

from ..reading.findings import Answer, Open, Report, any_of, doubt, negated, verdict
from ..reading.graph import Resource, Stack
from ..reading.kinds import DEFAULT_SECURITY_GROUP, SECURITY_GROUP
from ..reading.naming import Several
from ..reading.network import relevant
from ..reading.pack import Parameters, Rule
from .parts.consumer import Consumer, Mount, Pair
from .parts.launches import Launch, places
from .parts.populators import mounting, runs_of, suppliers
from .parts.storage import MountTarget, targets_of
from .reach import groups_of, groups_of_target

_NFS = 2049


def _judge(stack: Stack, pair: Pair, _: Parameters) -> Iterator[Report]:
    consumer, mount = pair
    if consumer.is_function:
        found: list[Launch | None] = [*places(stack, consumer.resource)]
        for place in found or [None]:
            yield from _targets(stack, consumer, mount, consumer.resource, place)
            yield from _rules(stack, consumer, mount, consumer.resource, place)
        yield from _runs(stack, consumer, mount)
        return
    for launch in places(stack, consumer.resource):
        if launch.is_run is not False:
            late = [
                *_targets(stack, consumer, mount, launch.resource, launch),
                *_rules(stack, consumer, mount, launch.resource, launch),
            ]
            yield from late if launch.is_run is True else _unproven(launch, late)


def _unproven(launch: Launch, late: list[Report]) -> Iterator[Report]:
    """What would be wrong if it runs the task."""
    if late and isinstance(launch.is_run, Open):
        what = f"whether {launch.resource.label}, which does not depend on what it mounts, runs it"
        yield Report(what, launch.resource.urn, launch.is_run)


def _targets(
    stack: Stack, consumer: Consumer, mount: Mount, made: Resource, place: Launch | None
) -> Iterator[Report]:
    system = mount.system
    for target in targets_of(stack, system) if system else ():
        if stack.is_before(target.resource, made):
            continue
        who, refuses = made.label, "Lambda refuses the function"
        if made is not consumer.resource:
            who, refuses = f"{who}, which runs {consumer.label},", "the task cannot mount it"
        yield from verdict(
            negated(_uses(target, place)),
            made.urn,
            what=f"whether {who} uses {target.label}, on which it does not depend (dependsOn)",
            wrong=f"{who} mounts {mount.label}, but does not depend on {target.label} of the same "
            f"{system.label if system else 'file system'}: {refuses} while the mount target "
            f"is not available. Let {made.label} depend on {target.label} (dependsOn).",
        )


def _uses(target: MountTarget, place: Launch | None) -> Answer:
    """Whether what runs at a place runs in the mount target's zone."""
    if place is None or not place.subnets.names or not place.subnets.certain:
        return True
    return any_of(target.serves(subnet) for subnet in place.subnets.names)


def _rules(
    stack: Stack, consumer: Consumer, mount: Mount, made: Resource, place: Launch | None
) -> Iterator[Report]:
    """Rules of the groups between the two that are resources of their own, and not before it."""
    if place is None or mount.system is None:
        return
    late: dict[str, Resource] = {}
    for target in targets_of(stack, mount.system):
        if _uses(target, place) is not True:
            continue
        near, far = groups_of(stack, place), groups_of_target(stack, target)
        for mine, theirs, ingress in ((near, far, False), (far, near, True)):
            late |= _late(stack, mine, theirs, made, ingress=ingress)
    if not late:
        return
    named = ", ".join(resource.label for resource in late.values())
    if made is consumer.resource:
        yield doubt(
            f"whether anything invokes {made.label} before it can mount {mount.label}",
            consumer.urn,
            f"it does not depend on {named}, which opens TCP {_NFS} for it (dependsOn)",
        )
    else:
        yield Report(
            f"{made.label} runs {consumer.label}, but does not depend on {named}, which opens TCP "
            f"{_NFS} for it: the mount times out until that is there. Let {made.label} depend on "
            "it (dependsOn).",
            made.urn,
        )


def _late(
    stack: Stack, mine: Several, theirs: Several, made: Resource, *, ingress: bool
) -> dict[str, Resource]:
    """What opens the way and may come too late, where nothing that comes in time opens it."""
    found: dict[str, Resource] = {}
    if not mine.certain:
        return found
    for opening in relevant(stack, mine, theirs, _NFS, ingress=ingress):
        resource = opening.resource
        if resource.type in {SECURITY_GROUP, DEFAULT_SECURITY_GROUP}:
            return {}
        if stack.is_before(resource, made):
            return {}
        if not stack.is_before(made, resource):
            found[resource.urn] = resource
    return found


def _runs(stack: Stack, consumer: Consumer, mount: Mount) -> Iterator[Report]:
    function = consumer.resource
    for writer in suppliers(stack, consumer, mount):
        for run in runs_of(stack, writer):
            # What waits for the function cannot be what the function waits for.
            if stack.is_before(run, function) or stack.is_before(function, run):
                continue
            yield Report(
                f"{function.label} reads what {writer.consumer.label} writes, but does not depend "
                f"on {run.label}, which runs it: the function may serve before anything is there. "
                f"Let {function.label} depend on {run.label} (dependsOn).",
                function.urn,
            )


RULE = Rule(
    name="function-comes-after-what-it-mounts",
    description=(
        "A function and a populate run depend on every mount target that they use, and a function, "
        "where the stack has a populate run, on that run, through any chain of dependencies."
    ),
    subjects=lambda stack: stack.once(mounting),
    judge=_judge,
)
