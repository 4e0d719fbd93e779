"""Rule: whatever mounts an access point mounts it at one path, and gets paths under it."""

from collections import Counter, defaultdict

from ..reading.findings import Report, doubt
from ..reading.graph import Stack, once
from ..reading.naming import candidates
from ..reading.pack import Reports, rule
from ..reading.values import UNKNOWN
from .parts.consumer import Consumer, Mount
from .parts.populators import consumers, mounting, populating, read_all, sharers
from .parts.strangers import strangers
from .paths import MNT, Path, lies_under, paths_under_mnt


def _subjects(stack: Stack) -> list[Consumer | Report]:
    mounts = [one for one in consumers(stack) if one.mounts or one.within_reach]
    unread = [one for one in read_all(stack) if isinstance(one, Report)]
    return [*mounts, *unread, *strangers(stack)]


@rule(_subjects)
def one_access_point_one_path(one: Consumer) -> Reports:
    """Whatever shares an EFS access point mounts it at the same path, and the paths under /mnt
    in its environment, command and entry point lie under its own mounts.
    """
    for mount in one.mounts:
        yield from _disagreement(mount) if mount.key else _left_open(mount)
    yield from _stray_paths(one)
    unknown = [text.holder for text in one.texts if text.value is UNKNOWN]
    if one.mounts and unknown:
        paths = " or ".join(dict.fromkeys(mount.path for mount in one.mounts))
        yield doubt(
            f"whether {', '.join(unknown)} of {one.label} names paths under {paths} only",
            "it is unknown. Give paths values known in preview",
            preview=True,
        )


@once
def _expected(stack: Stack) -> dict[str, Mount]:
    """By the key of a mount, where most have it, the first ones on a tie.

    A container that only serves or reads may have it at a document root: that counts for itself.
    """
    found = {}
    for key, mounts in sharers(stack).items():
        counted = [one for one in mounts if _counts(one) or _in_mnt(one)] or mounts
        [(path, _)] = Counter(mount.path for mount in counted).most_common(1)
        found[key] = next(mount for mount in counted if mount.path == path)
    return found


def _counts(mount: Mount) -> bool:
    return mount.consumer.is_function or mount.consumer in populating(mount.stack)


def _in_mnt(mount: Mount) -> bool:
    return lies_under(mount.path, MNT)


def _disagreement(mount: Mount) -> Reports:
    other = _expected(mount.stack)[mount.key]
    if mount.path == other.path:
        return
    consumer, their = mount.consumer, other.consumer
    what = f"{consumer.label} mounts {mount.label} at {mount.path}"
    where = f"{their.label} mounts it at {other.path}"
    only_serves = not (_counts(mount) or _in_mnt(mount))
    if only_serves and not their.is_function and not _in_mnt(other):
        return
    if only_serves:
        because = "outside /mnt a container serves or reads files, and may need no common path"
        yield doubt(f"whether {what} on purpose, while {where}", because)
        return
    yield Report(
        f"{what}, but {where}: what one writes under its path the other does not find. Give "
        f"{_property(consumer)} and {_property(their)} the same value."
    )


def _property(consumer: Consumer) -> str:
    name = "fileSystemConfig.localMountPath" if consumer.is_function else "containerPath"
    return f"{name} of {consumer.label}"


@once
def _undecided(stack: Stack) -> dict[frozenset[str], set[str]]:
    """The paths of mounts of which only the creation tells the access point."""
    found: dict[frozenset[str], set[str]] = defaultdict(set)
    for mount in mounting(stack):
        if not mount.key:
            found[_keys(mount)].add(mount.path)
    return found


def _keys(mount: Mount) -> frozenset[str]:
    return frozenset(candidate.key for candidate in candidates(mount.point))


def _left_open(mount: Mount) -> Reports:
    stack = mount.stack
    settled = [{one.path for one in sharers(stack).get(key, [])} for key in _keys(mount)]
    known = set().union(*settled)
    if not settled or known | _undecided(stack)[_keys(mount)] == {mount.path}:
        return
    what = f"{mount.consumer.label} mounts {mount.label} at {mount.path}"
    if all(settled) and mount.path not in known:
        yield Report(
            f"{what}, but the others mount them at {', '.join(sorted(known))}: whichever it is, "
            "they do not find each other's files. Give all that mount one access point the same "
            "path."
        )
    else:
        because = "which of them is unknown. Where only one volume of the task definition has an "
        yield doubt(what, because + "access point, it is known", preview=True)


def _stray_paths(consumer: Consumer) -> Reports:
    """Paths under /mnt that a consumer gets and has nothing mounted at."""
    stack = consumer.stack
    mounted = {mount.key for mount in consumer.mounts if mount.key}
    # Under another's path for an access point that both mount: `_disagreement` has said so.
    said = [one.path for key in mounted for one in sharers(stack)[key]]
    reached = {volume.key for volume in consumer.within_reach} - mounted
    unmounted = [_expected(stack)[key] for key in sorted(reached & {*_expected(stack)})]
    for text in consumer.texts:
        for path in paths_under_mnt(text.value) if text.value is not UNKNOWN else ():
            if any(lies_under(path.resolved, at) for at in (*consumer.mounted_paths, *said)):
                continue
            there = [one for one in unmounted if lies_under(path.resolved, one.path)]
            # A container beside the one that mounts, or outside /mnt, may have a /mnt of its own.
            if any(map(_in_mnt, consumer.mounts)) or there:
                yield _stray(consumer, text.holder, path, there)


@once
def _places(stack: Stack) -> dict[tuple[str, str], Mount]:
    """Where something is mounted, one for each (space, path)."""
    return {(mount.space, mount.path): mount for mount in mounting(stack)}


def _stray(consumer: Consumer, holder: str, path: Path, there: list[Mount]) -> Report:
    what = f"{holder} of {consumer.label} names {path}"
    if consumer.mounts:
        mounts = " and ".join(f"{at.label} at {at.path}" for at in consumer.mounts)
        under = " or ".join(dict.fromkeys(at.path for at in consumer.mounts))
        remedy = f"Let it name a path under {under}, or mount there what it needs."
    else:
        mounts = "no access point"
        reach = " or ".join(volume.label for volume in consumer.within_reach)
        remedy = f"Add a mount point for the volume on {reach}, or let it name another path."
    for other in there[:1]:
        mounts += f", while {other.consumer.label} mounts {other.label} at {other.path}"
    from_image = consumer.resource.get("packageType") == "Image" or not consumer.is_function
    if from_image and not there and consumer not in populating(consumer.stack):
        because = f"it mounts {mounts}, and its image may have that path itself"
        return doubt(f"whether {what} on purpose", because)
    mine = {mount.space for mount in (*consumer.mounts, *there)}
    for (space, at), other in _places(consumer.stack).items():
        if space not in mine and lies_under(path.resolved, at):
            # It may name the path for that one.
            because = f"it mounts {mounts}; {other.consumer.label} has {other.label} there"
            return doubt(f"whether {what} on purpose", because)
    return Report(f"{what}, where nothing is mounted: {consumer.label} mounts {mounts}. {remedy}")
