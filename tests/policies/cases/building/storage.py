"""File systems, access points, and the rights of their clients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .build import Build, Json, R
from .network import Net, network, zone_of

EFS = "elasticfilesystem:"
MOUNT, WRITE, ROOT = EFS + "ClientMount", EFS + "ClientWrite", EFS + "ClientRootAccess"
AWS_POLICY = "arn:aws:iam::aws:policy/"
VPC_ACCESS = AWS_POLICY + "service-role/AWSLambdaVPCAccessExecutionRole"
READ_WRITE = AWS_POLICY + "AmazonElasticFileSystemClientReadWriteAccess"
TLS_ONLY = {
    "Effect": "Deny",
    "Principal": {"AWS": "*"},
    "Action": "*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


@dataclass
class Store:
    """A file system with its mount targets and one access point."""

    fs: R
    ap: R
    targets: list[R]


def file_system(p: Build, name: str = "data", *, policy: Any = (TLS_ONLY,), **props: Any) -> R:
    fs = p.add("aws:efs/fileSystem:FileSystem", name, {"encrypted": True, **props})
    if policy:
        file_system_policy(p, name, fs, *policy)
    return fs


def file_system_policy(p: Build, name: str, fs: Any, *statements: Any) -> R:
    of = fs.id if isinstance(fs, R) else fs
    props = {"fileSystemId": of, "policy": Json(document(*statements))}
    return p.add("aws:efs/fileSystemPolicy:FileSystemPolicy", name, props)


def target(p: Build, name: str, fs: Any, place: Any, *groups: Any, zone: str = "") -> R:
    """A mount target; of a subnet made elsewhere the zone says where it comes to stand."""
    made: dict[str, Any] = {"ipAddress": "10.0.101.7", "networkInterfaceId": "eni-1"}
    made["availabilityZoneName"] = place.props["availabilityZone"] if isinstance(place, R) else zone
    if not groups:
        made["securityGroups"] = ["sg-00000000000000def"]
    props = {
        "fileSystemId": fs.id if isinstance(fs, R) else fs,
        "subnetId": place.id if isinstance(place, R) else place,
        "securityGroups": [g.id if isinstance(g, R) else g for g in groups] or None,
    }
    return p.add("aws:efs/mountTarget:MountTarget", name, props, made=made)


def access_point(
    p: Build, name: str, fs: Any, path: str | None = None, *, uid: int = 1000, **props: Any
) -> R:
    own = {"ownerUid": uid, "ownerGid": uid, "permissions": "0755"}
    given = {
        "fileSystemId": fs.id if isinstance(fs, R) else fs,
        "posixUser": {"uid": uid, "gid": uid},
        "rootDirectory": {"path": path or f"/{name}", "creationInfo": own},
        **props,
    }
    return p.add("aws:efs/accessPoint:AccessPoint", name, given)


def store(
    p: Build,
    net: Net,
    name: str = "data",
    *,
    policy: Any = (TLS_ONLY,),
    nfs: Any = None,
    places: Sequence[R] | None = None,
    **props: Any,
) -> Store:
    """A file system in every zone of the network, and an access point of its name."""
    fs = file_system(p, name, policy=policy, **props)
    in_these, opened = places or net.private, nfs or net.nfs
    targets = [target(p, f"{name}-{zone_of(one)}", fs, one, opened) for one in in_these]
    return Store(fs, access_point(p, name, fs), targets)


def stored(p: Build, name: str = "data", **props: Any) -> tuple[Net, Store]:
    """The usual network, and a file system in every zone of it."""
    net = network(p)
    return net, store(p, net, name, **props)


def document(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(actions: Any, resources: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def deny(actions: Any, resources: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": actions, "Resource": resources, **more}


def through(ap: R) -> dict[str, Any]:
    """The condition that a client comes through this access point."""
    return {"Condition": {"StringEquals": {"elasticfilesystem:AccessPointArn": ap.arn}}}


def trust(service: str) -> Json:
    principal = {"Service": f"{service}.amazonaws.com"}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    return Json(document(statement))


def attach(p: Build, name: str, to: R, arn: Any) -> R:
    props = {"role": to.out("name"), "policyArn": arn}
    return p.add("aws:iam/rolePolicyAttachment:RolePolicyAttachment", name, props)


def role(p: Build, name: str, /, *statements: Any, service: str = "lambda", **props: Any) -> R:
    """A role, with its statements in an inline policy of its own."""
    one = p.add("aws:iam/role:Role", name, {"assumeRolePolicy": trust(service), **props})
    if service == "lambda":
        attach(p, f"{name}-vpc", one, VPC_ACCESS)
    if statements:
        grant(p, name, one, *statements)
    return one


def grant(p: Build, name: str, to: R, *statements: Any) -> R:
    props = {"role": to.id, "policy": Json(document(*statements))}
    return p.add("aws:iam/rolePolicy:RolePolicy", name, props)


def client(p: Build, name: str, s: Store, *actions: str, service: str = "lambda") -> R:
    """A role of a client of the file system, that may mount, and write unless said otherwise."""
    statement = allow(list(actions or (MOUNT, WRITE)), s.fs.arn, **through(s.ap))
    return role(p, name, statement, service=service)
