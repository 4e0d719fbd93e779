"""What breaks the rules of `mounts` on what the parts say, and what must not: path, form, access
point, release."""

import json
from typing import Any

from components import Application, Release, Target

from ..programs import ROOT, Program
from ..wire import Said
from .changes import (
    Changes,
    function,
    point,
    task,
    volume,
    wrong,
)

CHANGES = Changes("mounts")
RELEASE = Release.of(Application(ROOT / "lambda_src/application"), Target(runtime="python3.11"))


@CHANGES.breaks(
    wrong(
        "one-access-point-one-path",
        "inference",
        "function 'inference' mounts access point 'store-access-point' at /mnt/models, but "
        "container 'populate' of task definition 'libraries' mounts it at /mnt/efs: what one "
        "writes under its path the other does not find. Give fileSystemConfig.localMountPath of "
        "function 'inference' and containerPath of container 'populate' of task definition "
        "'libraries' the same value.",
    ),
)
def a_function_at_another_path(p: Program) -> None:
    function(p).props["fileSystemConfig"]["localMountPath"] = "/mnt/models"


@CHANGES.breaks(
    wrong(
        "one-access-point-one-path",
        "inference",
        "environment variable RELEASE_PATH of function 'inference' names /mnt/efs2/releases/1, "
        "where nothing is mounted: function 'inference' mounts access point "
        "'store-access-point' at /mnt/efs. Let it name a path under /mnt/efs, or mount there "
        "what it needs.",
    ),
)
def a_release_path_outside_the_mount(p: Program) -> None:
    function(p).props["environment"]["variables"]["RELEASE_PATH"] = "/mnt/efs2/releases/1"


@CHANGES.breaks(
    wrong(
        "one-access-point-one-path",
        "inference",
        "function 'inference' mounts access point 'store-access-point' at /mnt/efs/libraries, "
        "but container 'populate' of task definition 'libraries' mounts it at /mnt/efs: what "
        "one writes under its path the other does not find. Give "
        "fileSystemConfig.localMountPath of function 'inference' and containerPath of container "
        "'populate' of task definition 'libraries' the same value.",
    ),
    wrong(
        "mounts-have-the-right-form",
        "inference",
        "fileSystemConfig.localMountPath of function 'inference' is /mnt/efs/libraries, which "
        "Lambda refuses: a mount path is /mnt/ and one name of letters, digits, '-', '_' and "
        "'.', 160 characters at most. Give it, and every consumer of the same access point, "
        "such a path.",
    ),
)
def a_mount_path_of_two_levels(p: Program) -> None:
    function(p).props["fileSystemConfig"]["localMountPath"] = "/mnt/efs/libraries"


@CHANGES.breaks(
    wrong(
        "mounts-have-the-right-form",
        "libraries",
        "container 'populate' of task definition 'libraries' mounts volume 'scratch', but task "
        "definition 'libraries' has no such volume; it has 'efs'. Give sourceVolume of the "
        "mount point the name of a volume of the task definition.",
    ),
)
def a_volume_that_does_not_exist(p: Program) -> None:
    point_ = {"sourceVolume": "scratch", "containerPath": "/scratch"}
    p.edit(task(p), "containerDefinitions", lambda d: d[0]["mountPoints"].append(point_))


@CHANGES.breaks(
    wrong(
        "mounts-have-the-right-form",
        "libraries",
        "volume 'efs' of task definition 'libraries' has rootDirectory /libraries beside access "
        "point 'store-access-point': ECS takes the access point's own root only, and refuses "
        "the task definition. Leave rootDirectory out, or give the access point that root.",
    ),
)
def a_root_directory_beside_the_access_point(p: Program) -> None:
    volume(p)["rootDirectory"] = "/libraries"


@CHANGES.breaks(
    wrong(
        "mounts-have-the-right-form",
        "libraries",
        "volume 'efs' of task definition 'libraries' lies on access point 'store-access-point', "
        "but its transitEncryption is not set, which means DISABLED: ECS demands TLS for that. "
        "Set efsVolumeConfiguration.transitEncryption to ENABLED.",
    ),
)
def a_volume_without_tls(p: Program) -> None:
    del volume(p)["transitEncryption"]


@CHANGES.breaks(
    wrong(
        "roles-may-mount-and-only-populators-write",
        "libraries",
        "container 'populate' of task definition 'libraries' mounts access point "
        "'store-access-point' as nobody in particular (authorizationConfig.iam is not ENABLED), "
        "and may not elasticfilesystem:ClientMount there: nothing allows it. Set "
        "authorizationConfig.iam to ENABLED.",
    ),
    Said(
        "not-judged",
        False,
        "libraries",
        "not judged: whether volume 'efs' of task definition 'libraries' is to be mounted as "
        "nobody in particular; its authorizationConfig.iam is DISABLED, so the task role does not "
        "count. Set it to ENABLED where the role's rights are to hold.",
    ),
    absent=True,
)
def a_volume_without_iam(p: Program) -> None:
    volume(p)["authorizationConfig"]["iam"] = "DISABLED"


@CHANGES.breaks(
    wrong(
        "access-point-owns-its-directory",
        "store-access-point",
        "access point 'store-access-point' has no posixUser.uid and no posixUser.gid: each "
        "consumer then comes as its own user, and what one writes the other may not read. Set "
        "posixUser.uid and posixUser.gid to one user for all.",
    ),
)
def an_access_point_without_a_user(p: Program) -> None:
    del point(p).props["posixUser"]


@CHANGES.breaks(
    wrong(
        "access-point-owns-its-directory",
        "store-access-point",
        "access point 'store-access-point' makes its directory with "
        "rootDirectory.creationInfo.ownerUid 1001, ownerGid 1000 and permissions 0755, but "
        "container 'populate' of task definition 'libraries' comes through access point "
        "'store-access-point' as posixUser.uid 1000 and gid 1000, and cannot populate it. Give "
        "both the same ids, or wider permissions.",
    ),
)
def an_access_point_that_makes_its_directory_for_somebody_else(p: Program) -> None:
    point(p).props["rootDirectory"]["creationInfo"]["ownerUid"] = "1001"


@CHANGES.breaks(
    wrong(
        "access-point-owns-its-directory",
        "store-access-point",
        "access point 'store-access-point' shows the whole file system (rootDirectory.path is "
        "/), and container 'populate' of task definition 'libraries' writes through it while "
        "function 'inference' shares it: what it writes there it can also overwrite for "
        "everybody. Set rootDirectory.path to a directory of its own, with creationInfo.",
    ),
)
def an_access_point_that_shows_everything(p: Program) -> None:
    point(p).props["rootDirectory"]["path"] = "/"


@CHANGES.breaks(
    wrong(
        "access-point-owns-its-directory",
        "store-access-point",
        "access point 'store-access-point' has no rootDirectory.creationInfo, and file system "
        "'store' is new: nobody makes /libraries, and each mount fails. Set creationInfo with "
        "ownerUid, ownerGid and permissions.",
    ),
)
def an_access_point_without_creation_info(p: Program) -> None:
    del point(p).props["rootDirectory"]["creationInfo"]


@CHANGES.breaks(
    wrong(
        "function-loads-what-is-populated",
        "inference",
        "function 'inference' runs on python3.12, but container 'populate' of task definition "
        "'libraries' populates with Python 3.11 (image public.ecr.aws/lambda/python:3.11): "
        "compiled packages do not load. Give both the same Python, for instance the image "
        "public.ecr.aws/lambda/python:3.12.",
    ),
)
def another_python(p: Program) -> None:
    function(p).props["runtime"] = "python3.12"


@CHANGES.breaks(
    wrong(
        "function-loads-what-is-populated",
        "inference",
        "function 'inference' runs on x86_64 (architectures), but container 'populate' of task "
        "definition 'libraries' populates on arm64 (runtimePlatform.cpuArchitecture of task "
        "definition 'libraries'): compiled packages do not load. Give both the same "
        "architecture.",
    ),
)
def another_architecture(p: Program) -> None:
    task(p).props["runtimePlatform"]["cpuArchitecture"] = "ARM64"


@CHANGES.breaks(
    wrong(
        "function-loads-what-is-populated",
        "inference",
        "environment variable RELEASE_PATH of function 'inference' names "
        "/mnt/efs/releases/0111111111111111, but container 'populate' of task definition "
        f"'libraries' publishes /mnt/efs/releases/{RELEASE.id}: the function finds nothing "
        "there. Give both the same release path.",
    ),
)
def another_release(p: Program) -> None:
    function(p).props["environment"]["variables"]["RELEASE_PATH"] = "/mnt/efs/releases/0" + "1" * 15


@CHANGES.breaks(
    wrong(
        "function-loads-what-is-populated",
        "inference",
        "environment variable ARTIFACTS_PATH of function 'inference' names "
        "/mnt/efs/releases/0111111111111111, but container 'populate' of task definition "
        f"'libraries' publishes /mnt/efs/releases/{RELEASE.id}: the function finds nothing "
        "there. Give both the same release path.",
    ),
)
def artifacts_that_nobody_publishes(p: Program) -> None:
    variables = function(p).props["environment"]["variables"]
    variables["ARTIFACTS_PATH"] = "/mnt/efs/releases/0" + "1" * 15


@CHANGES.allowed
def another_path_of_the_right_form_everywhere(p: Program) -> None:
    for part in (function(p), task(p)):
        part.props = json.loads(json.dumps(part.props).replace("/mnt/efs", "/mnt/a-b_c.d"))


@CHANGES.allowed
def a_root_directory_that_says_nothing(p: Program) -> None:
    volume(p)["rootDirectory"] = "/"


@CHANGES.allowed
def ids_as_texts(p: Program) -> None:
    point(p).props["posixUser"] = {"uid": "1000", "gid": 1000.0}


@CHANGES.allowed
def the_official_image(p: Program) -> None:
    p.edit(task(p), "containerDefinitions", lambda d: d[0].update(image="python:3.11-slim"))


@CHANGES.allowed
def a_digest_beside_the_tag(p: Program) -> None:
    image = "public.ecr.aws/lambda/python:3.11@sha256:" + "0" * 64
    p.edit(task(p), "containerDefinitions", lambda d: d[0].update(image=image))


@CHANGES.allowed
def a_path_in_the_release(p: Program) -> None:
    variables = function(p).props["environment"]["variables"]
    variables["PYTHONPATH"] = variables["RELEASE_PATH"] + "/site-packages"
    variables["CACHE"] = "/mnt/efs/cache"


@CHANGES.allowed
def a_populate_for_another_python_beside_the_first(p: Program) -> None:
    """A migration: the second function loads the second release."""
    variables = function(p).props["environment"]["variables"]
    old = variables["RELEASE_PATH"]
    new = old[:-16] + "0" * 16

    def migrate(definitions: Any) -> None:
        again = json.loads(json.dumps(definitions[0]).replace(old, new))
        definitions.append({**again, "name": "again", "image": "python:3.12", "essential": False})

    p.edit(task(p), "containerDefinitions", migrate)
