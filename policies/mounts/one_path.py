"""Rule: whatever mounts an access point mounts it at one path, and gets paths under it."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from ..reading.findings import Report, doubt
from ..reading.graph import Stack
from ..reading.naming import candidates
from ..reading.pack import Parameters, Rule
from ..reading.values import UNKNOWN
from .parts.consumer import Consumer, Mount, Pair
from .parts.populators import consumers, mounting, populating, read_all
from .parts.strangers import strangers
from .paths import MNT, Path, lies_under, paths_under_mnt


def _judge(stack: Stack, one: Consumer | Report, _: Parameters) -> Iterator[Report]:
    if isinstance(one, Report):
        yield one
        return
    for mount in one.mounts:
        if mount.key:
            yield from _disagreement(stack, one, mount)
        else:
            yield from _left_open(stack, one, mount)
    yield from _stray_paths(stack, one)
    unknown = [text.holder for text in one.texts if text.value is UNKNOWN]
    if one.mounts and unknown:
        paths = " or ".join(dict.fromkeys(mount.path for mount in one.mounts))
        yield doubt(
            f"whether {', '.join(unknown)} of {one.label} names paths under {paths} only",
            one.urn,
            "it is unknown. Give paths values known in preview",
            preview=True,
        )


def sharers(stack: Stack) -> dict[str, list[Pair]]:
    """Who mounts one thing, by its key; where that is unknown, not at all."""
    found: dict[str, list[Pair]] = defaultdict(list)
    for pair in stack.once(mounting):
        if pair[1].key:
            found[pair[1].key].append(pair)
    return found


def _populates(stack: Stack, consumer: Consumer) -> bool:
    return (consumer.urn, consumer.label) in stack.once(populating)


def expected(stack: Stack) -> dict[str, Pair]:
    """By the key of a mount, where most have it, the first ones on a tie.

    A container that only serves or reads may have it at a document root: that counts for itself.
    """
    found = {}
    for key, pairs in stack.once(sharers).items():
        counted = [
            (c, m) for c, m in pairs if c.is_function or _populates(stack, c) or _in_mnt(m)
        ] or pairs
        [(path, _)] = Counter(mount.path for _, mount in counted).most_common(1)
        found[key] = next(pair for pair in counted if pair[1].path == path)
    return found


def _in_mnt(mount: Mount) -> bool:
    return lies_under(mount.path, MNT)


def _disagreement(stack: Stack, consumer: Consumer, mount: Mount) -> Iterator[Report]:
    other, at = stack.once(expected)[mount.key]
    if mount.path == at.path:
        return
    what = f"{consumer.label} mounts {mount.label} at {mount.path}"
    where = f"{other.label} mounts it at {at.path}"
    only_serves = not (consumer.is_function or _populates(stack, consumer) or _in_mnt(mount))
    if only_serves and not other.is_function and not _in_mnt(at):
        return
    if only_serves:
        because = "outside /mnt a container serves or reads files, and may need no common path"
        yield doubt(f"whether {what} on purpose, while {where}", consumer.urn, because)
        return
    yield Report(
        f"{what}, but {where}: what one writes under its path the other does not find. Give "
        f"{consumer.path_property} of {consumer.label} and {other.path_property} of {other.label} "
        "the same value.",
        consumer.urn,
    )


def undecided(stack: Stack) -> dict[frozenset[str], set[str]]:
    """The paths of mounts of which only the creation tells the access point."""
    found: dict[frozenset[str], set[str]] = defaultdict(set)
    for _, mount in stack.once(mounting):
        if not mount.key:
            found[_keys(mount)].add(mount.path)
    return found


def _keys(mount: Mount) -> frozenset[str]:
    return frozenset(candidate.key for candidate in candidates(mount.point))


def _left_open(stack: Stack, consumer: Consumer, mount: Mount) -> Iterator[Report]:
    there = stack.once(sharers)
    settled = [{at.path for _, at in there.get(key, [])} for key in _keys(mount)]
    known = set().union(*settled)
    companions = stack.once(undecided)[_keys(mount)]
    if not settled or known | companions == {mount.path}:
        return
    what = f"{consumer.label} mounts {mount.label} at {mount.path}"
    if all(settled) and mount.path not in known:
        yield Report(
            f"{what}, but the others mount them at {', '.join(sorted(known))}: whichever it is, "
            "they do not find each other's files. Give all that mount one access point the same "
            "path.",
            consumer.urn,
        )
    else:
        because = "which of them is unknown. Where only one volume of the task definition has an "
        yield doubt(what, consumer.urn, because + "access point, it is known", preview=True)


def _stray_paths(stack: Stack, consumer: Consumer) -> Iterator[Report]:
    """Paths under /mnt that a consumer gets and has nothing mounted at."""
    mounted = {mount.key for mount in consumer.mounts if mount.key}
    within_reach = {mount.key for mount in consumer.within_reach if mount.key} - mounted
    # Under another's path for an access point that both mount: `_disagreement` has said so.
    said = [at.path for key in mounted for _, at in stack.once(sharers)[key]]
    unmounted = [
        stack.once(expected)[key] for key in sorted(within_reach & {*stack.once(expected)})
    ]
    for text in consumer.texts:
        for path in paths_under_mnt(text.value) if text.value is not UNKNOWN else ():
            if any(lies_under(path.resolved, at) for at in (*consumer.mounted_paths, *said)):
                continue
            there = [pair for pair in unmounted if lies_under(path.resolved, pair[1].path)]
            # A container beside the one that mounts, or outside /mnt, may have a /mnt of its own.
            if any(map(_in_mnt, consumer.mounts)) or there:
                yield _stray(stack, consumer, text.holder, path, there)


def _stray(stack: Stack, consumer: Consumer, holder: str, path: Path, there: list[Pair]) -> Report:
    what = f"{holder} of {consumer.label} names {path}"
    if consumer.mounts:
        mounts = " and ".join(f"{at.label} at {at.path}" for at in consumer.mounts)
        under = " or ".join(dict.fromkeys(at.path for at in consumer.mounts))
        remedy = f"Let it name a path under {under}, or mount there what it needs."
    else:
        mounts = "no access point"
        reach = " or ".join(point.label for point in consumer.within_reach)
        remedy = f"Add a mount point for the volume on {reach}, or let it name another path."
    for other, at in there[:1]:
        mounts += f", while {other.label} mounts {at.label} at {at.path}"
    from_image = consumer.resource.get("packageType") == "Image" or not consumer.is_function
    if from_image and not there and not _populates(stack, consumer):
        because = f"it mounts {mounts}, and its image may have that path itself"
        return doubt(f"whether {what} on purpose", consumer.urn, because)
    return Report(
        f"{what}, where nothing is mounted: {consumer.label} mounts {mounts}. {remedy}",
        consumer.urn,
    )


def _subjects(stack: Stack) -> list[Consumer | Report]:
    mounts = [one for one in stack.once(consumers) if one.mounts or one.within_reach]
    unread = [one for one in stack.once(read_all) if isinstance(one, Report)]
    return [*mounts, *unread, *stack.once(strangers)]


RULE = Rule(
    name="one-access-point-one-path",
    description=(
        "Whatever shares an EFS access point mounts it at the same path, and the paths under /mnt "
        "in its environment, command and entry point lie under its own mounts."
    ),
    subjects=_subjects,
    judge=_judge,
)
