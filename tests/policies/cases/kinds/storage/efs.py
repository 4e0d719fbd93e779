"""File systems and access points: zones, mount targets, root directories."""

from typing import Any

from ...building import (
    ACCOUNT,
    MOUNT,
    Build,
    R,
    Store,
    access_point,
    allow,
    file_system,
    function,
    network,
    role,
    store,
    stored,
    target,
    zone_of,
)
from ...table import DIRECTORY, FORM, MOUNTS, REACH, Cases, note, unproven, wrong
from .. import sources

CASES = Cases()


# One Zone


def one_zone(p: Build, zones: str) -> None:
    net = network(p, "ab")
    fs = file_system(p, availabilityZoneName="eu-west-1a")
    place = target(p, "data-a", fs, net.private[0], net.nfs)
    s = Store(fs, access_point(p, "data", fs), [place])
    subnets = [one.id for one in net.private if zone_of(one) in zones]
    function(p, "app", net, s, subnets=subnets)


@CASES.sound(sources.EFS_ONE_ZONE)
def one_zone_and_a_function_there(p: Build) -> None:
    one_zone(p, "a")


@CASES.wrong(
    sources.EFS_ONE_ZONE,
    wrong(REACH, "app", "private-b", "data", lacks=("Make a mount target in eu-west-1b",)),
    preview=unproven(
        wrong(REACH, "app", "private-b", "data", lacks=("Make a mount target in eu-west-1b",))
    ),
)
def one_zone_and_a_function_in_two(p: Build) -> None:
    one_zone(p, "ab")


@CASES.wrong(sources.EFS_ONE_ZONE, wrong(MOUNTS, ("data", "data-b"), "eu-west-1a"))
def one_zone_and_a_mount_target_in_another(p: Build) -> None:
    net = network(p, "ab")
    fs = file_system(p, availabilityZoneName="eu-west-1a")
    target(p, "data-a", fs, net.private[0], net.nfs)
    target(p, "data-b", fs, net.private[1], net.nfs)


# Mount targets


@CASES.wrong(sources.EFS_ONE_TARGET, wrong(MOUNTS, ("data", "data-a", "again"), "again", "data-a"))
def two_mount_targets_in_one_zone(p: Build) -> None:
    net, s = stored(p)
    s.targets.append(target(p, "again", s.fs, net.public[0], net.nfs))
    function(p, "app", net, s)


@CASES.wrong(sources.EFS_ONE_TARGET, wrong(MOUNTS, ("data", "data-a", "again"), "again", "data-a"))
def two_mount_targets_in_one_subnet(p: Build) -> None:
    net, s = stored(p)
    target(p, "again", s.fs, net.private[0], net.nfs)


@CASES.sound(sources.EFS_ONE_TARGET)
def mount_targets_of_two_file_systems_in_one_zone(p: Build) -> None:
    net = network(p)
    for name in ("models", "media"):
        s = store(p, net, name)
        function(p, name, net, s, f"/mnt/{name}")


@CASES.sound(sources.EFS_ONE_TARGET, may_note=True)
def two_mount_targets_in_subnets_made_elsewhere(p: Build) -> None:
    net = network(p)
    fs = file_system(p)
    for name, zone in (("1", "eu-west-1a"), ("2", "eu-west-1b")):
        target(p, f"data-{name}", fs, f"subnet-0000000000000000{name}", net.nfs, zone=zone)


# Root directories


def pointed(p: Build, path: str, **props: Any) -> R:
    net, s = stored(p)
    s.ap = access_point(p, "deep", s.fs, path, **props)
    return function(p, "app", net, s)


@CASES.sound(sources.EFS_ROOT_DIRECTORY)
def root_of_four_levels(p: Build) -> None:
    pointed(p, "/teams/ml/prod/models")


@CASES.wrong(
    sources.EFS_ROOT_DIRECTORY, wrong((DIRECTORY, FORM), "deep", "/teams/ml/prod/models/v1")
)
def root_of_five_levels(p: Build) -> None:
    pointed(p, "/teams/ml/prod/models/v1")


@CASES.wrong(sources.EFS_ROOT_DIRECTORY, wrong((DIRECTORY, FORM), "deep", "a" * 60))
def root_of_more_than_a_hundred_characters(p: Build) -> None:
    pointed(p, "/" + "a" * 60 + "/" + "b" * 60)


@CASES.wrong(sources.EFS_ROOT_DIRECTORY, wrong((DIRECTORY, FORM), "deep", "models"))
def root_that_is_not_absolute(p: Build) -> None:
    pointed(p, "models")


@CASES.sound(sources.EFS_ACCESS_POINTS)
def root_of_the_file_system_itself(p: Build) -> None:
    net, s = stored(p)
    s.ap = access_point(p, "all", s.fs, rootDirectory=None)
    function(p, "app", net, s)


@CASES.wrong(
    sources.EFS_ROOT_DIRECTORY,
    wrong(DIRECTORY, "deep", "creationInfo", "/models"),
    preview=unproven(wrong(DIRECTORY, "deep", "creationInfo", "/models")),
)
def root_that_nobody_makes(p: Build) -> None:
    pointed(p, "/models", rootDirectory={"path": "/models"})


@CASES.sound(sources.EFS_ROOT_DIRECTORY, may_note=True)
def root_that_another_access_point_makes(p: Build) -> None:
    net, s = stored(p, "models")
    writer = function(p, "writer", net, s)
    second = access_point(p, "again", s.fs, rootDirectory={"path": "/models"})
    function(p, "app", net, Store(s.fs, second, s.targets), after=[*s.targets, writer])


@CASES.sound(sources.EFS_ROOT_DIRECTORY, may_note=True)
def root_above_what_another_access_point_makes(p: Build) -> None:
    """AWS does not say who makes the directories above: nothing is proven."""
    net, s = stored(p)
    s.ap = access_point(p, "deep", s.fs, "/teams/ml")
    writer = function(p, "writer", net, s)
    above = access_point(p, "teams", s.fs, rootDirectory={"path": "/teams"})
    function(p, "app", net, Store(s.fs, above, s.targets), after=[*s.targets, writer])


@CASES.doubtful(sources.EFS_ROOT_DIRECTORY, note("part"))
def root_below_what_another_access_point_makes(p: Build) -> None:
    """A client of the other one may make it."""
    net, s = stored(p, "models")
    function(p, "writer", net, s)
    below = access_point(p, "part", s.fs, rootDirectory={"path": "/models/v1"})
    function(p, "app", net, Store(s.fs, below, s.targets))


@CASES.sound(sources.EFS_ROOT_DIRECTORY, note("deep"))
def root_on_a_file_system_made_elsewhere(p: Build) -> None:
    net = network(p)
    fs = "fs-0123456789abcdef0"
    places = [target(p, f"data-{zone_of(one)}", fs, one, net.nfs) for one in net.private]
    ap = access_point(p, "deep", fs, rootDirectory={"path": "/models"})
    rights = role(
        p, "app", allow([MOUNT], f"arn:aws:elasticfilesystem:eu-west-1:{ACCOUNT}:file-system/{fs}")
    )
    function(p, "app", net, None, ap=ap, role=rights, after=places)
