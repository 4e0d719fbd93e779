"""As whom a client comes, and whether the directory lets it in."""

from typing import Any

from ...building import (
    MOUNT,
    ROOT,
    WRITE,
    Build,
    Store,
    access_point,
    client,
    container,
    function,
    installed,
    mounting,
    service,
    stored,
)
from ...table import DIRECTORY, MOUNTS, RIGHTS, Cases, wrong
from .. import sources

CASES = Cases()


# Users


def as_root(p: Build, *actions: str) -> None:
    net, s = stored(p)
    s.ap = access_point(p, "root", s.fs, uid=0)
    app = container("app", "acme/app:1", "/data")
    of = mounting(p, s, app, role=client(p, "app", s, *actions, service="ecs-tasks"))
    service(p, "app", of, net)


@CASES.sound(sources.EFS_ROOT_USER)
def user_0_with_its_right(p: Build) -> None:
    as_root(p, MOUNT, WRITE, ROOT)


@CASES.either(sources.EFS_ROOT_USER, wrong(MOUNTS, ("app", "root"), "root", "ClientRootAccess"))
def user_0_without_its_right(p: Build) -> None:
    as_root(p, MOUNT, WRITE)


@CASES.either(sources.EFS_ROOT_USER, wrong(MOUNTS, ("app", "root"), "root", "ClientRootAccess"))
def function_as_user_0_without_its_right(p: Build) -> None:
    net, s = stored(p)
    s.ap = access_point(p, "root", s.fs, uid=0)
    function(p, "app", net, s)


@CASES.either(sources.EFS_ROOT_USER, wrong(MOUNTS, ("app", "root"), "root", "ClientRootAccess"))
def group_0_without_its_right(p: Build) -> None:
    net, s = stored(p)
    own = {"ownerUid": 1000, "ownerGid": 0, "permissions": "0775"}
    given: dict[str, Any] = {
        "posixUser": {"uid": 1000, "gid": 0},
        "rootDirectory": {"path": "/r", "creationInfo": own},
    }
    s.ap = access_point(p, "root", s.fs, **given)
    function(p, "app", net, s)


# Permissions


def directory(
    p: Build,
    permissions: str,
    *,
    owner: tuple[int, int] = (1000, 1000),
    user: tuple[int, int] = (1000, 1000),
) -> Store:
    net, s = stored(p)
    own = {"ownerUid": owner[0], "ownerGid": owner[1], "permissions": permissions}
    given: dict[str, Any] = {
        "posixUser": {"uid": user[0], "gid": user[1]},
        "rootDirectory": {"path": "/own", "creationInfo": own},
    }
    s.ap = access_point(p, "own", s.fs, **given)
    function(p, "app", net, s, role=client(p, "reader", s, MOUNT))
    return s


@CASES.sound(sources.EFS_PERMISSIONS)
def directory_of_the_user_alone(p: Build) -> None:
    directory(p, "0700")


@CASES.sound(sources.EFS_PERMISSIONS)
def directory_with_three_digits(p: Build) -> None:
    directory(p, "755")


@CASES.sound(sources.EFS_PERMISSIONS)
def directory_whose_group_is_kept(p: Build) -> None:
    directory(p, "2775")


@CASES.sound(sources.EFS_PERMISSIONS)
def directory_to_be_read_only(p: Build) -> None:
    directory(p, "0555")


@CASES.wrong(sources.EFS_PERMISSIONS, wrong(DIRECTORY, "own", "0600"))
def directory_that_its_user_cannot_enter(p: Build) -> None:
    directory(p, "0600")


@CASES.wrong(sources.EFS_PERMISSIONS, wrong(DIRECTORY, "own", "0077"))
def directory_closed_to_its_owner(p: Build) -> None:
    """The owner's bits count for the owner, whatever everybody else may."""
    directory(p, "0077")


@CASES.wrong(sources.EFS_PERMISSIONS, wrong(DIRECTORY, "own", "0700"))
def directory_of_another_user_alone(p: Build) -> None:
    directory(p, "0700", owner=(0, 0))


@CASES.wrong(sources.EFS_PERMISSIONS, wrong(DIRECTORY, "own", "0750"))
def directory_of_another_user_and_group(p: Build) -> None:
    directory(p, "0750", owner=(0, 0))


@CASES.sound(sources.EFS_PERMISSIONS, may_note=True)
def directory_of_another_user_and_the_own_group(p: Build) -> None:
    directory(p, "0750", owner=(0, 1000))


@CASES.sound(sources.EFS_PERMISSIONS, may_note=True)
def directory_of_another_user_that_everybody_reads(p: Build) -> None:
    directory(p, "0755", owner=(0, 0))


@CASES.wrong(sources.EFS_PERMISSIONS, wrong((DIRECTORY, RIGHTS), ("own", "install"), "own", "0755"))
def directory_of_another_user_that_a_task_installs_to(p: Build) -> None:
    net, s = stored(p)
    own = {"ownerUid": 0, "ownerGid": 0, "permissions": "0755"}
    s.ap = access_point(p, "own", s.fs, rootDirectory={"path": "/own", "creationInfo": own})
    installed(p, net, s)


@CASES.wrong(sources.EFS_PERMISSIONS, wrong((DIRECTORY, RIGHTS), ("own", "install"), "own", "0555"))
def directory_to_be_read_only_that_a_task_installs_to(p: Build) -> None:
    net, s = stored(p)
    own = {"ownerUid": 1000, "ownerGid": 1000, "permissions": "0555"}
    s.ap = access_point(p, "own", s.fs, rootDirectory={"path": "/own", "creationInfo": own})
    installed(p, net, s)


@CASES.sound(sources.EFS_PERMISSIONS, may_note=True)
def secondary_group_that_may_enter(p: Build) -> None:
    net, s = stored(p)
    own = {"ownerUid": 0, "ownerGid": 3000, "permissions": "0750"}
    user = {"uid": 1000, "gid": 1000, "secondaryGids": [3000]}
    given: dict[str, Any] = {
        "posixUser": user,
        "rootDirectory": {"path": "/own", "creationInfo": own},
    }
    s.ap = access_point(p, "own", s.fs, **given)
    function(p, "app", net, s, role=client(p, "reader", s, MOUNT))
