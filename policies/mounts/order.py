"""Rule: who mounts at creation comes after its mount targets, and after the populate run."""

from ..reading.findings import Answer, Open, Report, any_of, doubt, negated, verdict
from ..reading.graph import Resource
from ..reading.kinds import DEFAULT_SECURITY_GROUP, SECURITY_GROUP
from ..reading.naming import Several
from ..reading.network import relevant
from ..reading.pack import Reports, rule
from .parts.consumer import Mount
from .parts.launches import Launch, launches_of, places
from .parts.populators import mounting, suppliers
from .parts.storage import MountTarget, targets_of
from .reach import groups_of_target

_NFS = 2049


@rule(mounting)
def function_comes_after_what_it_mounts(mount: Mount) -> Reports:
    """A function and a populate run depend on every mount target that they use, and a
    function, where the stack has a populate run, on that run, through any chain of
    dependencies.
    """
    resource = mount.consumer.resource
    if mount.consumer.is_function:
        found: list[Launch | None] = [*places(resource)]
        for place in found or [None]:
            yield from _targets(mount, resource, place)
            yield from _rules(mount, resource, place)
        yield from _runs(mount)
        return
    for launch in (one for one in places(resource) if one.is_run is not False):
        made = launch.resource
        late = [*_targets(mount, made, launch), *_rules(mount, made, launch)]
        if late and isinstance(launch.is_run, Open):
            what = f"whether {made.label}, which does not depend on what it mounts, runs it"
            late = [Report(what, launch.is_run, made.urn)]
        yield from late


def _targets(mount: Mount, made: Resource, place: Launch | None) -> Reports:
    consumer = mount.consumer
    for target in targets_of(made.stack, mount.system):
        if made.stack.is_before(target.resource, made):
            continue
        who, refuses = made.label, "Lambda refuses the function"
        if made is not consumer.resource:
            who, refuses = f"{who}, which runs {consumer.label},", "the task cannot mount it"
        yield from verdict(
            negated(_uses(target, place)),
            urn=made.urn,
            what=f"whether {who} uses {target.label}, on which it does not depend (dependsOn)",
            wrong=f"{who} mounts {mount.label}, but does not depend on {target.label} of the same "
            f"{mount.whole}: {refuses} while the mount target is not available. Let {made.label} "
            f"depend on {target.label} (dependsOn).",
        )


def _uses(target: MountTarget, place: Launch | None) -> Answer:
    """Whether what runs at a place runs in the mount target's zone."""
    if place is None or not place.subnets.names or not place.subnets.certain:
        return True
    return any_of(target.serves(subnet) for subnet in place.subnets.names)


def _rules(mount: Mount, made: Resource, place: Launch | None) -> Reports:
    """Rules of the groups between the two that are resources of their own, and not before it."""
    late: dict[str, Resource] = {}
    for target in targets_of(made.stack, mount.system) if place else ():
        if place and _uses(target, place) is True:
            near, far = place.groups, groups_of_target(target)
            late |= _late(near, far, made, ingress=False) | _late(far, near, made, ingress=True)
    if not late:
        return
    named = ", ".join(resource.label for resource in late.values())
    consumer = mount.consumer
    if made is consumer.resource:
        yield doubt(
            f"whether anything invokes {made.label} before it can mount {mount.label}",
            f"it does not depend on {named}, which opens TCP {_NFS} for it (dependsOn)",
        )
    else:
        yield Report(
            f"{made.label} runs {consumer.label}, but does not depend on {named}, which opens TCP "
            f"{_NFS} for it: the mount times out until that is there. Let {made.label} depend on "
            "it (dependsOn).",
            urn=made.urn,
        )


def _late(mine: Several, theirs: Several, made: Resource, *, ingress: bool) -> dict[str, Resource]:
    """What opens the way and may come too late, where nothing that comes in time opens it."""
    found: dict[str, Resource] = {}
    stack = made.stack
    for opening in relevant(stack, mine, theirs, _NFS, ingress=ingress) if mine.certain else ():
        resource = opening.resource
        inline = resource.type in {SECURITY_GROUP, DEFAULT_SECURITY_GROUP}
        if inline or stack.is_before(resource, made):
            return {}
        if not stack.is_before(made, resource):
            found[resource.urn] = resource
    return found


def _runs(mount: Mount) -> Reports:
    function, stack = mount.consumer.resource, mount.stack
    for writer in suppliers(mount):
        for run in launches_of(writer.consumer.resource):
            made = run.resource
            # What waits for the function cannot be what the function waits for.
            waits = stack.is_before(made, function) or stack.is_before(function, made)
            if run.is_run is True and not waits:
                yield Report(
                    f"{function.label} reads what {writer.consumer.label} writes, but does not "
                    f"depend on {made.label}, which runs it: the function may serve before "
                    f"anything is there. Let {function.label} depend on {made.label} (dependsOn)."
                )
