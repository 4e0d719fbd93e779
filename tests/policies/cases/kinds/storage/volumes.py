"""EFS volumes of task definitions, with an access point and without."""

from typing import Any

from ...building import (
    EFS,
    MOUNT,
    NGINX,
    WRITE,
    Build,
    Net,
    R,
    access_point,
    allow,
    client,
    container,
    file_system,
    group,
    network,
    role,
    rule,
    service,
    store,
    stored,
    target,
    task,
    volume,
    zone_of,
)
from ...table import FORM, MOUNTS, REACH, RIGHTS, Cases, note, unproven, wrong, yet
from .. import sources

CASES = Cases()


# Volumes without an access point


def plain_volume(fs: Any, **more: Any) -> dict[str, Any]:
    given = {"fileSystemId": fs.id if isinstance(fs, R) else fs, "rootDirectory": "/", **more}
    return {"name": "data", "efsVolumeConfiguration": given}


def by_iam(p: Build, net: Net, fs: R, *actions: str) -> R:
    """A service that mounts the file system itself, as its task role."""
    rights = role(p, "web", allow(list(actions or (MOUNT, WRITE)), fs.arn), service="ecs-tasks")
    one = plain_volume(fs, transitEncryption="ENABLED", authorizationConfig={"iam": "ENABLED"})
    web = container("web", NGINX, "/usr/share/nginx/html")
    return service(p, "web", task(p, "web", [web], [one], rights), net)


@CASES.sound(sources.ECS_VOLUME)
def volume_without_access_point(p: Build) -> None:
    net = network(p)
    by_iam(p, net, store(p, net).fs)


@CASES.wrong(
    sources.ECS_EFS,
    wrong(REACH, ("web", "data"), "web", "data", "mount target"),
    preview=yet("data", "mount target"),
)
def volume_without_access_point_and_mount_target(p: Build) -> None:
    by_iam(p, network(p), file_system(p))


@CASES.wrong(
    sources.ECS_EFS,
    wrong(REACH, "web", "web", "private-b", "data"),
    preview=unproven(wrong(REACH, "web", "private-b", "data")),
)
def volume_without_access_point_in_a_zone_without_mount_target(p: Build) -> None:
    net = network(p)
    fs = file_system(p)
    target(p, "data-a", fs, net.private[0], net.nfs)
    by_iam(p, net, fs)


@CASES.wrong(
    sources.VPC_GROUPS,
    wrong(REACH, "web", "web", "closed", "2049"),
    preview=unproven(wrong(REACH, "web", "closed", "2049")),
)
def volume_without_access_point_behind_a_closed_port(p: Build) -> None:
    net = network(p)
    fs = file_system(p)
    closed = group(p, "closed", net.vpc, rule(443, net.clients.id))
    for one in net.private:
        target(p, f"data-{zone_of(one)}", fs, one, closed)
    by_iam(p, net, fs)


@CASES.wrong(
    sources.EFS_IAM, wrong(RIGHTS, "web", "web", "ClientMount"), preview=yet("web", "ClientMount")
)
def volume_without_access_point_and_right(p: Build) -> None:
    net = network(p)
    by_iam(p, net, store(p, net).fs, EFS + "DescribeMountTargets")


@CASES.wrong(sources.ECS_VOLUME, wrong((FORM, RIGHTS), "web", "web", "taskRoleArn"))
def volume_without_access_point_and_role(p: Build) -> None:
    net = network(p)
    fs = store(p, net).fs
    one = plain_volume(fs, transitEncryption="ENABLED", authorizationConfig={"iam": "ENABLED"})
    service(p, "web", task(p, "web", [container("web", NGINX, "/data")], [one], None), net)


@CASES.wrong(sources.ECS_VOLUME, wrong(FORM, "web", "transitEncryption"))
def volume_without_access_point_by_iam_in_plain_text(p: Build) -> None:
    net = network(p)
    fs = store(p, net).fs
    rights = role(p, "web", allow([MOUNT], fs.arn), service="ecs-tasks")
    one = plain_volume(fs, authorizationConfig={"iam": "ENABLED"})
    service(p, "web", task(p, "web", [container("web", NGINX, "/data")], [one], rights), net)


@CASES.sound(sources.PULUMI_REFERENCE, may_note=True)
def volume_of_a_file_system_made_elsewhere(p: Build) -> None:
    net = network(p)
    one = plain_volume("fs-0123456789abcdef0", rootDirectory="/site", transitEncryption="ENABLED")
    service(p, "web", task(p, "web", [container("web", NGINX, "/data")], [one], None), net)


@CASES.sound(sources.PULUMI_REFERENCE, may_note=True)
def volume_with_an_access_point_but_without_iam(p: Build) -> None:
    """Who may mount is then the file system policy's affair, which is made elsewhere."""
    net = network(p)
    ap = access_point(p, "site", "fs-0123456789abcdef0")
    authorization = {"accessPointId": ap.id}
    one = plain_volume(
        "fs-0123456789abcdef0", transitEncryption="ENABLED", authorizationConfig=authorization
    )
    service(p, "web", task(p, "web", [container("web", NGINX, "/data")], [one], None), net)


@CASES.doubtful(sources.ECS_VOLUME, note("web"))
def volume_on_s3_files(p: Build) -> None:
    net = network(p)
    fs = "arn:aws:s3files:eu-west-1:111122223333:file-system/fs-0123456789abcdef0"
    one = {"name": "data", "s3filesVolumeConfiguration": {"fileSystemArn": fs}}
    rights = role(p, "web", allow(["s3files:ClientMount"], fs), service="ecs-tasks")
    of = task(p, "web", [container("web", NGINX, "/data")], [one], rights)
    service(p, "web", of, net)


# What ECS refuses


def served(p: Build, *, containers: Any = None, **volume_props: Any) -> R:
    net, s = stored(p)
    one = volume(s, **volume_props)
    web = containers or [container("web", NGINX, "/usr/share/nginx/html")]
    of = task(p, "web", web, [one], client(p, "web", s, service="ecs-tasks"))
    service(p, "web", of, net)
    return of


@CASES.wrong(sources.ECS_VOLUME, wrong(FORM, "web", "rootDirectory", "/www", "access point 'data'"))
def root_directory_beside_an_access_point(p: Build) -> None:
    served(p, rootDirectory="/www")


@CASES.sound(sources.ECS_VOLUME)
def root_directory_that_says_nothing(p: Build) -> None:
    served(p, rootDirectory="/")


@CASES.wrong(sources.ECS_VOLUME, wrong(FORM, "web", "transitEncryption"))
def access_point_in_plain_text(p: Build) -> None:
    served(p, transitEncryption="DISABLED")


@CASES.wrong(sources.ECS_VOLUME, wrong(FORM, "web", "transitEncryption"))
def access_point_in_plain_text_with_an_unknown_image(p: Build) -> None:
    image = p.add("docker-build:index:Image", "web", made={"ref": "acme/web@sha256:" + "0" * 64})
    web = container("web", image.out("ref"), "/data")
    served(p, containers=[web], transitEncryption=None)


@CASES.wrong(sources.ECS_VOLUME, wrong(FORM, "web", "uploads", "data"))
def mount_point_without_volume(p: Build) -> None:
    served(p, containers=[container("web", NGINX, "/data", volume="uploads")])


@CASES.wrong(sources.ECS_LINUX, wrong(MOUNTS, "web", "WINDOWS_SERVER_2022_CORE"))
def windows_task(p: Build) -> None:
    platform = {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE", "cpuArchitecture": "X86_64"}
    served(p).props["runtimePlatform"] = platform


@CASES.sound(sources.ECS_LINUX)
def windows_task_without_a_file_system(p: Build) -> None:
    platform = {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE", "cpuArchitecture": "X86_64"}
    net = network(p)
    of = task(p, "web", [container("web", "acme/iis:1")], None, None, runtimePlatform=platform)
    service(p, "web", of, net, platformVersion="1.0.0")
