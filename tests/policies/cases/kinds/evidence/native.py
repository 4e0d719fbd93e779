"""Resources of the Cloud Control provider, aws-native."""

from ...building import (
    MOUNT,
    TLS_ONLY,
    Build,
    Json,
    R,
    allow,
    client,
    document,
    function,
    network,
    role,
    stored,
)
from ...table import Cases, note
from .. import sources
from .elsewhere import ARN, POINT, POINT_ARN

CASES = Cases()


def native(p: Build) -> tuple[R, R]:
    """A file system and an access point by the Cloud Control provider."""
    statement = Json(document(TLS_ONLY))
    fs = p.add(
        "aws-native:efs:FileSystem",
        "data",
        {"encrypted": True, "fileSystemPolicy": statement},
        made={"fileSystemId": "fs-0a0a0a0a0a0a0a0a0"},
    )
    creation = {"ownerUid": "1000", "ownerGid": "1000", "permissions": "0755"}
    given = {
        "fileSystemId": fs.out("fileSystemId"),
        "posixUser": {"uid": "1000", "gid": "1000"},
        "rootDirectory": {"path": "/data", "creationInfo": creation},
    }
    ap = p.add(
        "aws-native:efs:AccessPoint", "data", given, made={"accessPointId": POINT, "arn": POINT_ARN}
    )
    return fs, ap


@CASES.sound(sources.PULUMI_REFERENCE, note("app"))
def access_point_of_the_native_provider(p: Build) -> None:
    net = network(p)
    _, ap = native(p)
    function(p, "app", net, None, ap=ap, role=role(p, "app", allow([MOUNT], f"{ARN}file-system/*")))


@CASES.sound(sources.PULUMI_REFERENCE, note("'app'"))
def function_of_the_native_provider(p: Build) -> None:
    net, s = stored(p)
    rights = client(p, "app", s)
    given = {
        "runtime": "python3.12",
        "role": rights.arn,
        "fileSystemConfigs": [{"arn": s.ap.arn, "localMountPath": "/mnt/data"}],
        "vpcConfig": {"subnetIds": net.ids, "securityGroupIds": [net.clients.id]},
    }
    p.add("aws-native:lambda:Function", "app", given, after=s.targets)


@CASES.sound(sources.PULUMI_REFERENCE, may_note=True)
def everything_of_the_native_provider(p: Build) -> None:
    fs, ap = native(p)
    for zone in "ab":
        given = {"fileSystemId": fs.id, "subnetId": f"subnet-{zone}", "securityGroups": ["sg-1"]}
        p.add("aws-native:efs:MountTarget", zone, given)
    given = {"fileSystemConfigs": [{"arn": ap.arn, "localMountPath": "/mnt/data"}]}
    p.add("aws-native:lambda:Function", "app", {"runtime": "python3.12", **given})
