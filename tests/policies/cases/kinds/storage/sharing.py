"""What shares a directory: access points on one root, volumes without one, other paths."""

from typing import Any

from ...building import (
    MOUNT,
    NGINX,
    OLD,
    PYTHON,
    ROOT,
    WRITE,
    Build,
    Store,
    access_point,
    allow,
    client,
    container,
    function,
    installed,
    populated,
    role,
    run,
    service,
    store,
    stored,
    task,
    volume,
)
from ...table import LOADS, PATH, RIGHTS, Cases, Verdict, note, wrong
from .. import sources

CASES = Cases()


def two_points(
    p: Build,
    written: str,
    read: str,
    *actions: str,
    image: str = PYTHON,
    path: str = "/mnt/data",
    variables: Any = None,
    other: bool = False,
) -> Store:
    """A task installs through one access point, a function loads through another."""
    net, s = stored(p)
    s.ap = access_point(p, "installed", s.fs, written)
    of_other = store(p, net, "second") if other else s
    second = Store(of_other.fs, access_point(p, "loaded", of_other.fs, read), of_other.targets)
    once = installed(p, net, s, image)
    rights = client(p, "reader", second, *(actions or (MOUNT,)))
    names = variables or {"PYTHONPATH": f"{path}/python"}
    after = [*s.targets, *second.targets, once]
    function(p, "infer", net, second, path, role=rights, variables=names, after=after)
    return s


OTHER_PYTHON = wrong(LOADS, "infer", "infer", "install", "3.11", "3.12")
MAY_WRITE = wrong(RIGHTS, "infer", "infer", "install", "ClientWrite")
UNTIL_CREATED = Verdict((), (note("infer", "ClientWrite"),))


@CASES.sound(sources.EFS_ACCESS_POINTS)
def two_access_points_on_one_root(p: Build) -> None:
    two_points(p, "/libs", "/libs")


@CASES.wrong(sources.EFS_ACCESS_POINTS, OTHER_PYTHON)
def two_access_points_on_one_root_and_another_python(p: Build) -> None:
    two_points(p, "/libs", "/libs", image=OLD)


@CASES.wrong(sources.EFS_ACCESS_POINTS, MAY_WRITE, preview=UNTIL_CREATED)
def two_access_points_on_one_root_and_a_function_that_may_write(p: Build) -> None:
    two_points(p, "/libs", "/libs", MOUNT, WRITE)


@CASES.wrong(sources.EFS_ACCESS_POINTS, OTHER_PYTHON)
def root_above_and_another_python(p: Build) -> None:
    two_points(p, "/libs", "/", image=OLD, variables={"PYTHONPATH": "/mnt/data/libs/python"})


@CASES.sound(sources.EFS_ACCESS_POINTS)
def root_below(p: Build) -> None:
    two_points(p, "/libs", "/libs/python", variables={"PYTHONPATH": "/mnt/data"})


@CASES.wrong(sources.EFS_ACCESS_POINTS, OTHER_PYTHON)
def root_below_and_another_python(p: Build) -> None:
    two_points(p, "/libs", "/libs/python", image=OLD, variables={"PYTHONPATH": "/mnt/data"})


@CASES.wrong(sources.EFS_ACCESS_POINTS, MAY_WRITE, preview=UNTIL_CREATED)
def root_below_and_a_function_that_may_write(p: Build) -> None:
    names = {"PYTHONPATH": "/mnt/data"}
    two_points(p, "/libs", "/libs/python", MOUNT, WRITE, variables=names)


@CASES.sound(sources.EFS_ACCESS_POINTS)
def roots_side_by_side(p: Build) -> None:
    names = {"MEDIA": "/mnt/data/originals"}
    two_points(p, "/libs", "/media", MOUNT, WRITE, image=OLD, variables=names)


@CASES.sound(sources.EFS_ACCESS_POINTS)
def roots_that_begin_alike(p: Build) -> None:
    names = {"MEDIA": "/mnt/data/originals"}
    two_points(p, "/libs", "/libs-media", MOUNT, WRITE, image=OLD, variables=names)


@CASES.sound(sources.EFS_ACCESS_POINTS)
def one_root_in_two_file_systems(p: Build) -> None:
    names = {"MEDIA": "/mnt/data/originals"}
    two_points(p, "/libs", "/libs", MOUNT, WRITE, image=OLD, variables=names, other=True)


@CASES.sound(sources.EFS_ACCESS_POINTS, may_note=True)
def one_root_by_two_access_points_at_two_paths(p: Build) -> None:
    """Each learns its own path; the directory below it is the same."""
    two_points(p, "/libs", "/libs", path="/mnt/libs")


@CASES.wrong(sources.LAMBDA_ENVIRONMENT, wrong(LOADS, "infer", "/mnt/libs/lib"))
def another_directory_below_one_root(p: Build) -> None:
    two_points(p, "/libs", "/libs", path="/mnt/libs", variables={"PYTHONPATH": "/mnt/libs/lib"})


# A volume without an access point


def by_volume(p: Build, root: str, into: str, *actions: str, image: str = PYTHON) -> None:
    """A task installs through a volume on a directory, a function loads by an access point."""
    net, s = stored(p)
    s.ap = access_point(p, "loaded", s.fs, "/libs")
    given = {
        "fileSystemId": s.fs.id,
        "rootDirectory": root,
        "transitEncryption": "ENABLED",
        "authorizationConfig": {"iam": "ENABLED"},
    }
    whole = {"name": "data", "efsVolumeConfiguration": given}
    words = ["python3", "-m", "pip", "install", "--target", into, "numpy==2.1.0"]
    job = container("install", image, "/mnt/data", command=words)
    rights = role(p, "w", allow([MOUNT, WRITE, ROOT], s.fs.arn), service="ecs-tasks")
    of = task(p, "install", [job], [whole], rights)
    once = run(p, "install", of, net, after=s.targets)
    reader = client(p, "reader", s, *(actions or (MOUNT,)))
    names = {"PYTHONPATH": "/mnt/data/python"}
    function(p, "infer", net, s, role=reader, variables=names, after=[*s.targets, once])


BELOW = "/mnt/data/libs/python"


@CASES.sound(sources.ECS_VOLUME, may_note=True)
def volume_above_the_access_point(p: Build) -> None:
    by_volume(p, "/", BELOW)


@CASES.wrong(sources.ECS_VOLUME, OTHER_PYTHON)
def volume_above_the_access_point_and_another_python(p: Build) -> None:
    by_volume(p, "/", BELOW, image=OLD)


@CASES.wrong(sources.ECS_VOLUME, OTHER_PYTHON)
def volume_on_the_root_of_the_access_point_and_another_python(p: Build) -> None:
    by_volume(p, "/libs", "/mnt/data/python", image=OLD)


@CASES.wrong(sources.ECS_VOLUME, MAY_WRITE, preview=UNTIL_CREATED)
def volume_above_the_access_point_and_a_function_that_may_write(p: Build) -> None:
    by_volume(p, "/", BELOW, MOUNT, WRITE)


@CASES.sound(sources.ECS_VOLUME, may_note=True)
def volume_on_another_directory(p: Build) -> None:
    by_volume(p, "/other", "/mnt/data/python", MOUNT, WRITE, image=OLD)


# Paths


def at_two_paths(p: Build, path: str, at: str, *, names: Any = None) -> None:
    net, s = stored(p)
    web = container("web", NGINX, path, read_only=True)
    rights = client(p, "web", s, MOUNT, service="ecs-tasks")
    service(p, "web", task(p, "web", [web], [volume(s)], rights), net)
    function(p, "app", net, s, at, variables=names)


@CASES.sound(sources.LAMBDA_EFS, may_note=True)
def document_root_beside_a_function(p: Build) -> None:
    at_two_paths(p, "/usr/share/nginx/html", "/mnt/storage")


@CASES.sound(sources.LAMBDA_EFS, may_note=True)
def home_directory_beside_a_function(p: Build) -> None:
    at_two_paths(p, "/home/jovyan/shared", "/mnt/shared")


@CASES.sound(sources.LAMBDA_EFS, may_note=True)
def state_directory_beside_a_function(p: Build) -> None:
    at_two_paths(p, "/var/lib/grafana", "/mnt/grafana", names={"OUT": "/mnt/grafana/plugins"})


@CASES.sound(sources.ECS_EFS, may_note=True)
def two_containers_at_two_paths(p: Build) -> None:
    net, s = stored(p)
    containers = [
        container("php", "wordpress:6.6-fpm", "/var/www/html"),
        container("web", NGINX, "/usr/share/nginx/html", read_only=True),
    ]
    rights = client(p, "site", s, service="ecs-tasks")
    service(p, "site", task(p, "site", containers, [volume(s)], rights), net)


@CASES.wrong(
    sources.LAMBDA_EFS, wrong(PATH, ("infer", "install"), "/mnt/data", "/mnt/libs", "data")
)
def installed_at_one_path_and_loaded_at_another(p: Build) -> None:
    pair = populated(p)
    pair.function.props["fileSystemConfig"]["localMountPath"] = "/mnt/libs"


@CASES.sound(sources.EFS_PERMISSIONS, may_note=True)
def reader_with_its_own_user(p: Build) -> None:
    """Whoever reads comes as a user of its own; the directory lets everybody read."""
    s = two_points(p, "/libs", "/libs")
    ap = next(one for one in p.resources if one.name == "loaded")
    ap.props["posixUser"] = {"uid": 2000, "gid": 2000}
    assert s.ap.props["posixUser"] == {"uid": 1000, "gid": 1000}


@CASES.sound(sources.EFS_ACCESS_POINTS)
def one_access_point_for_each_tenant(p: Build) -> None:
    net, s = stored(p)
    for name in ("red", "green", "blue"):
        own = Store(s.fs, access_point(p, name, s.fs, f"/tenants/{name}"), s.targets)
        function(p, name, net, own, f"/mnt/{name}")


@CASES.sound(sources.LAMBDA_ROLE)
def functions_that_write_side_by_side(p: Build) -> None:
    """Two access points on one root, and nobody who installs anything."""
    net, s = stored(p)
    again = Store(s.fs, access_point(p, "again", s.fs, "/data"), s.targets)
    function(p, "one", net, s, "/mnt/one", runtime="python3.12")
    function(p, "two", net, again, "/mnt/two", runtime="python3.13")
