"""Rule: an access point makes its own directory, for the user as whom everybody comes."""

from collections.abc import Iterator

from ..reading.findings import Findings, Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.identity import ACCESS_POINT
from ..reading.values import UNKNOWN, Plain, at, number, text
from .consumers import Sharing, by_access_point
from .storage import file_systems_of

NAME = "access-point-owns-its-directory"
DESCRIPTION = (
    "An access point has a POSIX user, makes its root directory for the same ids, and that root is "
    "not the file system's own where a writer shares it."
)


def judge(stack: Stack) -> Findings:
    """Each access point of the stack."""
    reports: list[Report] = []
    points = stack.of_type(ACCESS_POINT)
    mounting = stack.once(by_access_point)
    for point in points:
        reports.extend(_user(point))
        reports.extend(_root(point, mounting.get(point.urn, [])))
        reports.extend(_directory(stack, point))
    return Findings.of(len(points), reports)


def _user(point: Resource) -> Iterator[Report]:
    user = point.get("posixUser")
    if UNKNOWN in (at(user, "uid"), at(user, "gid")):
        yield doubt(f"as which user everybody comes to {point.label}.", point.urn, preview=True)
    missing = [name for name in ("uid", "gid") if number(at(user, name)) is None]
    if missing:
        yield Report(
            f"{point.label} has no posixUser.{' and no posixUser.'.join(missing)}: each consumer "
            "then comes as its own user, and what one writes the other may not read. Set "
            "posixUser.uid and posixUser.gid to one user for all.",
            point.urn,
        )


def _root_path(point: Resource) -> Plain:
    if point.given("rootDirectory") is None:
        return None
    return text(point.get("rootDirectory", "path"))


def _root(point: Resource, sharing: Sharing) -> Iterator[Report]:
    path = _root_path(point)
    writers = [c for c, mount in sharing if not c.is_function and not mount.read_only]
    others = [consumer for consumer, _ in sharing if consumer not in writers[:1]]
    if path not in (None, "/") or not writers or not others:
        return
    yield Report(
        f"{point.label} shows the whole file system (rootDirectory.path is "
        f"{'not set' if path is None else path}), and {writers[0].label} writes through it while "
        f"{others[0].label} shares it: what it writes there it can also overwrite for everybody. "
        "Set rootDirectory.path to a directory of its own, with creationInfo.",
        point.urn,
    )


def _directory(stack: Stack, point: Resource) -> Iterator[Report]:
    path = _root_path(point)
    if path in (None, "/"):
        return
    creation = point.get("rootDirectory", "creationInfo")
    if creation is UNKNOWN:
        yield doubt(f"for whom {point.label} makes its directory.", point.urn, preview=True)
        return
    if not isinstance(creation, dict | list) or not creation:
        yield from _no_creation_info(stack, point, path)
        return
    for owner, own in (("ownerUid", "uid"), ("ownerGid", "gid")):
        made = number(at(creation, owner))
        comes = number(point.get("posixUser", own))
        if UNKNOWN in (made, comes) or comes is None or made == comes:
            continue
        yield Report(
            f"{point.label} makes its directory with rootDirectory.creationInfo.{owner} "
            f"{'not set' if made is None else made}, but everybody comes with posixUser.{own} "
            f"{comes}. Give both the same id.",
            point.urn,
        )


def _no_creation_info(stack: Stack, point: Resource, path: Plain) -> Iterator[Report]:
    systems = file_systems_of(stack, point)
    where = path if isinstance(path, str) else "its root directory"
    if any(system.resource is not None for system in systems):
        yield Report(
            f"{point.label} has no rootDirectory.creationInfo, and {systems[0].label} is new: "
            f"nobody makes {where}, and each mount fails. Set creationInfo with ownerUid, ownerGid "
            "and permissions.",
            point.urn,
        )
    else:
        yield doubt(
            f"whether {where} of {point.label} is there; it has no rootDirectory.creationInfo, "
            "and its file system is made elsewhere. Set creationInfo: the first mount makes it.",
            point.urn,
            preview=False,
        )
