"""Rule: an access point makes its own directory, and who comes through it may enter it."""

import re
from collections import defaultdict

from ..reading.findings import Report, doubt
from ..reading.graph import Resource, Stack, once
from ..reading.kinds import ACCESS_POINT
from ..reading.naming import NotYet
from ..reading.pack import Reports, of_type, rule
from ..reading.values import UNKNOWN, at, items, number
from .parts.consumer import Consumer
from .parts.populators import by_space, populating, sharers
from .parts.storage import Location, file_system_of, location_of, root_of
from .parts.strangers import strangers

# EFS's service model: RootDirectory.Path.
_ROOT = re.compile(r"(?=.{1,100}$)(?:/|(?:/(?!\.)[^$#<>;`|&?{}^*/\n]+){1,4}/?)")
_MODE = re.compile(r"[0-7]{3,4}")


@rule(of_type(ACCESS_POINT))
def access_point_owns_its_directory(point: Resource) -> Reports:
    """An access point has a POSIX user, makes its root directory or shows one that another
    makes, with permissions that let in who comes through it, and that root is not the file
    system's own where a populator shares it.
    """
    sharing = sharers(point.stack).get(point.urn, [])
    yield from _user(point, alone=len(sharing) <= 1)
    path, written = root_of(point), point.get("rootDirectory", "path")
    if path == "/":
        yield from _whole_file_system(point)
        return
    if isinstance(written, str) and not _ROOT.fullmatch(written):
        yield Report(
            f"rootDirectory.path of {point.label} is {written}, which EFS refuses: a root is an "
            "absolute path of four levels and 100 characters at most. Choose another one."
        )
    yield from _directory(point)


def _user(point: Resource, *, alone: bool) -> Reports:
    user = point.get("posixUser")
    ids = {name: number(at(user, name)) for name in ("uid", "gid")}
    if UNKNOWN in ids.values():
        what = f"as which user everybody comes to {point.label}"
        yield doubt(what, "posixUser is unknown", preview=True)
    missing = [name for name, value in ids.items() if value is None]
    what = f"{point.label} has no posixUser.{' and no posixUser.'.join(missing)}"
    if missing and alone:
        because = "it has one consumer in this stack, which comes as its own user"
        yield doubt(f"whether {what} on purpose", because)
    elif missing:
        yield Report(
            f"{what}: each consumer then comes as its own user, and what one writes the other may "
            "not read. Set posixUser.uid and posixUser.gid to one user for all."
        )


@once
def _proven(stack: Stack) -> dict[str, Consumer]:
    """By the key of an access point, the first that certainly populates it."""
    found: dict[str, Consumer] = {}
    for consumer, mounts in populating(stack).items():
        for mount in mounts:
            found.setdefault(mount.key, consumer)
    return found


def _whole_file_system(point: Resource) -> Reports:
    sharing = sharers(point.stack).get(point.urn, [])
    writing = [m.consumer for m in sharing if not m.consumer.is_function and not m.read_only]
    sure = _proven(point.stack).get(point.urn)
    others = [m.consumer for m in sharing if m.consumer not in ([sure] if sure else writing[:1])]
    if not writing or not others:
        return
    given = point.given("rootDirectory")
    said = "not set" if given is None or at(given, "path") is None else "/"
    what = f"{point.label} shows the whole file system (rootDirectory.path is {said})"
    if sure is None:
        because = f"{writing[0].label} may write through it while {others[0].label} shares it"
        yield doubt(f"whether {what} on purpose", because)
        return
    yield Report(
        f"{what}, and {sure.label} writes through it while {others[0].label} shares it: what "
        "it writes there it can also overwrite for everybody. Set rootDirectory.path to a "
        "directory of its own, with creationInfo."
    )


@once
def _makers(stack: Stack) -> dict[str, list[tuple[Location, Resource]]]:
    """By space, the directories that access points make at their first mount."""
    found: dict[str, list[tuple[Location, Resource]]] = defaultdict(list)
    for point in stack.of_type(ACCESS_POINT):
        location = location_of(point)
        if location is not None and items(point.get("rootDirectory", "creationInfo")):
            found[location.space].append((location, point))
    return found


def _directory(point: Resource) -> Reports:
    stack = point.stack
    location = location_of(point)
    creation = point.get("rootDirectory", "creationInfo")
    if creation is UNKNOWN or location is None or location.directory is None:
        because = "rootDirectory is unknown"
        yield doubt(f"for whom {point.label} makes its directory", because, preview=True)
        return
    made = _makers(stack).get(location.space, [])
    same = [maker for other, maker in made if other == location]
    # Who populates comes first, and its access point makes the directory for all.
    first = [maker for maker in same if maker.urn in _proven(stack)]
    if not items(creation) and not any(location.holds(other) for other, _ in made):
        yield from _no_creation_info(point, location)
    for maker in (first or ([point] if items(creation) else same))[:1]:
        yield from _permissions(point, maker)


def _no_creation_info(point: Resource, location: Location) -> Reports:
    system = file_system_of(point)
    path = location.directory
    what = f"whether {path} of {point.label} is there"
    why = "it has no rootDirectory.creationInfo, and "
    above = [
        mount.consumer.label
        for mount in by_space(point.stack).get(location.space, [])
        if mount.location and mount.key != point.urn and mount.location.holds(location)
    ]
    above += [one.urn.rpartition("::")[2] for one in strangers(point.stack)]
    if not isinstance(system, Resource):
        why += "its file system is made elsewhere. Set creationInfo: the first mount makes it"
        yield doubt(what, why, preview=isinstance(system, NotYet))
    elif above:
        yield doubt(what, f"{why}{above[0]} may make it")
    else:
        yield Report(
            f"{point.label} has no rootDirectory.creationInfo, and {system.label} is new: "
            f"nobody makes {path}, and each mount fails. Set creationInfo with ownerUid, ownerGid "
            "and permissions."
        )


def _permissions(point: Resource, maker: Resource) -> Reports:
    """Whether who comes through `point` may enter the directory that `maker` makes, and write."""
    creation, user = maker.get("rootDirectory", "creationInfo"), point.get("posixUser")
    mode = at(creation, "permissions")
    owner, group = (number(at(creation, key)) for key in ("ownerUid", "ownerGid"))
    uid, gid = (number(at(user, key)) for key in ("uid", "gid"))
    what = f"whether who comes through {point.label} may enter it"
    if UNKNOWN in (mode, owner, group, uid, gid):
        yield doubt(what, "its ids or permissions are unknown", preview=True)
        return
    text = str(mode) if isinstance(mode, str | int) else ""
    if not _MODE.fullmatch(text) or uid is None or owner is None:
        return
    groups = {gid, *(number(one) for one in items(at(user, "secondaryGids")))}
    bits = int(text[-3 if uid == owner else -2 if group in groups else -1])
    writer = _proven(point.stack).get(point.urn)
    need = 3 if writer else 5
    if uid == 0 or bits & need == need:
        return
    if not isinstance(file_system_of(maker), Resource):
        yield doubt(
            what, "its file system is made elsewhere, and a directory that is there keeps its owner"
        )
        return
    verb = "populate it" if writer and bits & 5 == 5 else "enter it"
    who = writer.label if writer else "whoever mounts it"
    yield Report(
        f"{maker.label} makes its directory with rootDirectory.creationInfo.ownerUid {owner}, "
        f"ownerGid {group} and permissions {text}, but {who} comes through {point.label} as "
        f"posixUser.uid {uid} and gid {gid}, and cannot {verb}. Give both the same ids, or wider "
        "permissions."
    )
