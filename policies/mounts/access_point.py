"""Rule: an access point makes its own directory, and who comes through it may enter it."""

import re
from collections import defaultdict
from collections.abc import Iterator

from ..reading.findings import Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.kinds import ACCESS_POINT
from ..reading.naming import Here, NotYet
from ..reading.pack import Parameters, Rule, of_type
from ..reading.values import UNKNOWN, Plain, at, items, number
from .one_path import sharers
from .parts.consumer import Pair
from .parts.populators import Writer, by_space, writers
from .parts.storage import Location, file_system_of, location_of, root_of
from .parts.strangers import strangers

# EFS's service model: RootDirectory.Path.
_ROOT = re.compile(r"/|(?:/(?!\.)[^$#<>;`|&?{}^*/\n]+){1,4}/?")
_LONGEST = 100
_MODE = re.compile(r"[0-7]{3,4}")


def _judge(stack: Stack, point: Resource, _: Parameters) -> Iterator[Report]:
    sharing = stack.once(sharers).get(point.urn, [])
    yield from _user(point, sharing)
    path = root_of(point)
    written = point.get("rootDirectory", "path")
    if path == "/":
        yield from _whole_file_system(stack, point, sharing)
    elif isinstance(written, str) and not (_ROOT.fullmatch(written) and len(written) <= _LONGEST):
        yield Report(
            f"rootDirectory.path of {point.label} is {written}, which EFS refuses: a root is an "
            f"absolute path of four levels and {_LONGEST} characters at most. Choose another one.",
            point.urn,
        )
    if path != "/":
        yield from _directory(stack, point, path)


def _user(point: Resource, sharing: list[Pair]) -> Iterator[Report]:
    user = point.get("posixUser")
    if UNKNOWN in (at(user, "uid"), at(user, "gid")):
        what = f"as which user everybody comes to {point.label}"
        yield doubt(what, point.urn, "posixUser is unknown", preview=True)
    missing = [name for name in ("uid", "gid") if number(at(user, name)) is None]
    what = f"{point.label} has no posixUser.{' and no posixUser.'.join(missing)}"
    if missing and len(sharing) > 1:
        yield Report(
            f"{what}: each consumer then comes as its own user, and what one writes the other may "
            "not read. Set posixUser.uid and posixUser.gid to one user for all.",
            point.urn,
        )
    elif missing:
        because = "it has one consumer in this stack, which comes as its own user"
        yield doubt(f"whether {what} on purpose", point.urn, because)


def proven(stack: Stack) -> dict[str, list[Writer]]:
    """By the key of an access point, who certainly populates it."""
    found: dict[str, list[Writer]] = defaultdict(list)
    for several in stack.once(writers).values():
        for writer in several:
            if writer.proof is True:
                found[writer.mount.key].append(writer)
    return found


def _whole_file_system(stack: Stack, point: Resource, sharing: list[Pair]) -> Iterator[Report]:
    writing = [c for c, mount in sharing if not c.is_function and not mount.read_only]
    sure = [writer.consumer for writer in stack.once(proven).get(point.urn, [])]
    others = [consumer for consumer, _ in sharing if consumer not in (sure or writing)[:1]]
    if not writing or not others:
        return
    given = point.given("rootDirectory")
    said = "not set" if given is None or at(given, "path") is None else "/"
    what = f"{point.label} shows the whole file system (rootDirectory.path is {said})"
    if not sure:
        because = f"{writing[0].label} may write through it while {others[0].label} shares it"
        yield doubt(f"whether {what} on purpose", point.urn, because)
        return
    yield Report(
        f"{what}, and {sure[0].label} writes through it while {others[0].label} shares it: what "
        "it writes there it can also overwrite for everybody. Set rootDirectory.path to a "
        "directory of its own, with creationInfo.",
        point.urn,
    )


def makers(stack: Stack) -> dict[str, list[tuple[Location, Resource]]]:
    """By space, the directories that access points make at their first mount."""
    found: dict[str, list[tuple[Location, Resource]]] = defaultdict(list)
    for point in stack.of_type(ACCESS_POINT):
        location = location_of(stack, Here(point))
        creation = point.get("rootDirectory", "creationInfo")
        if location is not None and items(creation):
            found[location.space].append((location, point))
    return found


def _directory(stack: Stack, point: Resource, path: str | None) -> Iterator[Report]:
    location = location_of(stack, Here(point))
    creation = point.get("rootDirectory", "creationInfo")
    if creation is UNKNOWN or path is None or location is None:
        because = "rootDirectory is unknown"
        yield doubt(f"for whom {point.label} makes its directory", point.urn, because, preview=True)
        return
    made = stack.once(makers).get(location.space, [])
    same = [maker for other, maker in made if other.is_same(location)]
    # Who populates comes first, and its access point makes the directory for all.
    first = [maker for maker in same if maker.urn in stack.once(proven)]
    if not items(creation) and not any(location.holds(other) for other, _ in made):
        yield from _no_creation_info(stack, point, location)
    for maker in (first or ([point] if items(creation) else same))[:1]:
        yield from _permissions(stack, point, maker)


def _no_creation_info(stack: Stack, point: Resource, location: Location) -> Iterator[Report]:
    system = file_system_of(stack, point)
    path = location.directory
    what = f"whether {path} of {point.label} is there"
    why = "it has no rootDirectory.creationInfo, and "
    above = [
        consumer.label
        for consumer, mount in stack.once(by_space).get(location.space, [])
        if mount.location and mount.key != point.urn and mount.location.holds(location)
    ]
    above += [one.urn.rpartition("::")[2] for one in stack.once(strangers)]
    if isinstance(system, Here) and above:
        yield doubt(what, point.urn, f"{why}{above[0]} may make it")
    elif isinstance(system, Here):
        yield Report(
            f"{point.label} has no rootDirectory.creationInfo, and {system.label} is new: "
            f"nobody makes {path}, and each mount fails. Set creationInfo with ownerUid, ownerGid "
            "and permissions.",
            point.urn,
        )
    else:
        why += "its file system is made elsewhere. Set creationInfo: the first mount makes it"
        yield doubt(what, point.urn, why, preview=isinstance(system, NotYet))


def _permissions(stack: Stack, point: Resource, maker: Resource) -> Iterator[Report]:
    """Whether who comes through `point` may enter the directory that `maker` makes, and write."""
    creation = maker.get("rootDirectory", "creationInfo")
    mode = at(creation, "permissions")
    owner, group = (number(at(creation, key)) for key in ("ownerUid", "ownerGid"))
    user = point.get("posixUser")
    uid, gid = number(at(user, "uid")), number(at(user, "gid"))
    if mode is UNKNOWN or UNKNOWN in (owner, group, uid, gid):
        what = f"whether who comes through {point.label} may enter its directory"
        yield doubt(what, point.urn, "its ids or permissions are unknown", preview=True)
        return
    text = _mode_of(mode)
    if text is None or uid is None or owner is None:
        return
    groups = {gid, *(number(one) for one in items(at(user, "secondaryGids")))}
    bits = int(text[-3 if uid == owner else -2 if group in groups else -1])
    writing = stack.once(proven).get(point.urn, [])
    need = 3 if writing else 5
    if uid == 0 or bits & need == need:
        return
    system = file_system_of(stack, maker)
    if not isinstance(system, Here):
        why = "its file system is made elsewhere, and a directory that is there keeps its owner"
        yield doubt(f"whether who comes through {point.label} may enter it", point.urn, why)
        return
    verb = "populate it" if writing and bits & 5 == 5 else "enter it"
    who = writing[0].consumer.label if writing else "whoever mounts it"
    yield Report(
        f"{maker.label} makes its directory with rootDirectory.creationInfo.ownerUid {owner}, "
        f"ownerGid {group} and permissions {text}, but {who} comes through {point.label} as "
        f"posixUser.uid {uid} and gid {gid}, and cannot {verb}. Give both the same ids, or wider "
        "permissions.",
        point.urn,
    )


def _mode_of(value: Plain) -> str | None:
    text = str(value) if isinstance(value, str | int) else ""
    return text if _MODE.fullmatch(text) else None


RULE = Rule(
    name="access-point-owns-its-directory",
    description=(
        "An access point has a POSIX user, makes its root directory or shows one that another "
        "makes, with permissions that let in who comes through it, and that root is not the file "
        "system's own where a populator shares it."
    ),
    subjects=of_type(ACCESS_POINT),
    judge=_judge,
)
