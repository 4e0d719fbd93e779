"""Rule: whatever mounts an access point mounts it at one path, and is told of paths under it."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from ..reading.findings import Findings, Report, doubt
from ..reading.graph import Stack
from ..reading.values import UNKNOWN
from .consumer import Consumer, Mount
from .consumers import Sharing, by_access_point, read_consumers
from .paths import Path, lies_under, paths_under_mnt

NAME = "one-access-point-one-path"
DESCRIPTION = (
    "Whatever shares an EFS access point mounts it at the same path, and the paths under /mnt in "
    "its environment, command and entry point lie under its own mounts."
)


def judge(stack: Stack) -> Findings:
    """Compare the consumers of each access point, and each consumer's texts with its mounts."""
    reading = stack.once(read_consumers)
    sharers = stack.once(by_access_point)
    violations: list[Report] = []
    not_judged = list(reading.not_judged)
    for mounts in sharers.values():
        violations.extend(_disagreements(mounts))
    for report, certain in _left_open_by_preview(reading.consumers, sharers):
        (violations if certain else not_judged).append(report)
    for consumer in reading.consumers:
        violations.extend(_stray_paths(consumer, sharers))
        not_judged.extend(_unknown_texts(consumer))
    judged = sum(1 for consumer in reading.consumers if consumer.mounts)
    return Findings(judged, violations, not_judged)


def _disagreements(mounts: Sharing) -> Iterator[Report]:
    """One report per mount that is not where most of the others are (the first ones, on a tie)."""
    (expected, _), *_ = Counter(mount.path for _, mount in mounts).most_common(1)
    other = next(consumer for consumer, mount in mounts if mount.path == expected)
    for consumer, mount in mounts:
        if mount.path != expected:
            yield Report(
                f"{consumer.label} mounts {mount.access_point_label} at {mount.path}, but "
                f"{other.label} mounts it at {expected}: what one writes under its path the other "
                f"does not find. Give {consumer.path_property} of {consumer.label} and "
                f"{other.path_property} of {other.label} the same value.",
                consumer.resource.urn,
            )


def _left_open_by_preview(
    consumers: list[Consumer], sharers: dict[str, Sharing]
) -> Iterator[tuple[Report, bool]]:
    """Mounts of which only the creation tells the access point: (report, whether it is certain)."""
    undecided = [
        (consumer, mount)
        for consumer in consumers
        for mount in consumer.mounts
        if mount.access_point is None
    ]
    companions: dict[frozenset[str], set[str]] = defaultdict(set)
    for _, mount in undecided:
        companions[_keys(mount)].add(mount.path)
    for consumer, mount in undecided:
        settled = [{at.path for _, at in sharers.get(key, [])} for key in _keys(mount)]
        known = set().union(*settled)
        if known | companions[_keys(mount)] == {mount.path}:
            continue
        what = f"{consumer.label} mounts {mount.access_point_label} at {mount.path}"
        if all(settled) and mount.path not in known:
            yield (
                Report(
                    f"{what}, but the others mount them at {', '.join(sorted(known))}: whichever "
                    "it is, they do not find each other's files. Give all that mount one access "
                    "point the same path.",
                    consumer.resource.urn,
                ),
                True,
            )
        else:
            yield (
                doubt(
                    f"{what}; which of them is unknown. Where only one volume of the task "
                    "definition has an access point, it is known.",
                    consumer.resource.urn,
                    preview=True,
                ),
                False,
            )


def _keys(mount: Mount) -> frozenset[str]:
    return frozenset(candidate.key for candidate in mount.candidates)


def _stray_paths(consumer: Consumer, sharers: dict[str, Sharing]) -> Iterator[Report]:
    """Paths under /mnt that a consumer is told of and has nothing mounted at."""
    mounted = {mount.access_point.key for mount in consumer.mounts if mount.access_point}
    within_reach = {point.key for point in consumer.within_reach} - mounted
    # Under another's path for an access point that both mount: `_disagreements` has said so.
    told = [mount.path for _, mount in _all_at(mounted, sharers)]
    unmounted = _all_at(within_reach, sharers)
    for text in consumer.texts:
        for path in paths_under_mnt(text.value) if text.value is not UNKNOWN else ():
            if any(lies_under(path.resolved, at) for at in (*consumer.mounted_paths, *told)):
                continue
            there = [pair for pair in unmounted if lies_under(path.resolved, pair[1].path)]
            # A container beside the one that mounts may have a /mnt of its own.
            if consumer.mounts or there or not unmounted:
                yield _stray(consumer, text.holder, path, there)


def _all_at(keys: set[str], sharers: dict[str, Sharing]) -> Sharing:
    return [pair for key in sorted(keys) for pair in sharers.get(key, [])]


def _stray(consumer: Consumer, holder: str, path: Path, there: Sharing) -> Report:
    if consumer.mounts:
        mounts = " and ".join(f"{at.access_point_label} at {at.path}" for at in consumer.mounts)
        under = " or ".join(at.path for at in consumer.mounts)
        remedy = f"Let it name a path under {under}, or mount there what it needs."
    else:
        mounts = "no access point"
        reach = " or ".join(point.label for point in consumer.within_reach)
        remedy = f"Add a mount point for the volume on {reach}, or let it name another path."
    for other, at in there[:1]:
        mounts += f", while {other.label} mounts {at.access_point_label} at {at.path}"
    return Report(
        f"{holder} of {consumer.label} names {path}, where nothing is mounted: {consumer.label} "
        f"mounts {mounts}. {remedy}",
        consumer.resource.urn,
    )


def _unknown_texts(consumer: Consumer) -> Iterator[Report]:
    unknown = [text.holder for text in consumer.texts if text.value is UNKNOWN]
    if consumer.mounts and unknown:
        paths = " or ".join(mount.path for mount in consumer.mounts)
        yield doubt(
            f"whether {', '.join(unknown)} of {consumer.label} names paths under {paths} only; it "
            "is unknown. Give paths values known in preview.",
            consumer.resource.urn,
            preview=True,
        )
