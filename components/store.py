"""EfsStore: the file system, a mount target in every zone, and the one access point."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .names import tag_name

_CLIENT_ACTIONS = [
    "elasticfilesystem:ClientMount",
    "elasticfilesystem:ClientWrite",
    "elasticfilesystem:ClientRootAccess",
]


def file_system_policy(file_system_arn: str, access_point_arn: str) -> str:
    """A policy that only denies: no access without TLS, none beside the access point.

    Once a file system has a policy, access that nothing allows is refused, so the allowing is done
    by the consumers' roles.
    """
    deny = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": _CLIENT_ACTIONS,
        "Resource": file_system_arn,
    }
    beside = {"StringNotEquals": {"elasticfilesystem:AccessPointArn": access_point_arn}}
    statements = [
        {"Sid": "DenyPlainText", **deny, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Sid": "DenyBesideAccessPoint", **deny, "Condition": beside},
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def client_policy(file_system_arn: str, access_point_arn: str, *actions: str) -> dict[str, object]:
    """A statement that allows EFS client `actions` through this access point."""
    return {
        "Effect": "Allow",
        "Action": [f"elasticfilesystem:{action}" for action in actions],
        "Resource": file_system_arn,
        "Condition": {"StringEquals": {"elasticfilesystem:AccessPointArn": access_point_arn}},
    }


@dataclass(frozen=True, kw_only=True)
class EfsStoreArgs:
    """Arguments of `EfsStore`.

    Attributes:
        subnet_ids: For each availability zone in use the subnet of its mount target.
        security_group_id: Security group of the mount targets.
        throughput: `elastic` or `bursting`.
        protect: Whether Pulumi refuses to delete file system and access point.
        root_directory: Directory of the file system that the access point shows as its root.
        posix_id: User and group id that every client gets.
        tags: Tags for every resource.
    """

    subnet_ids: Mapping[str, pulumi.Input[str]]
    security_group_id: pulumi.Input[str]
    throughput: str
    protect: bool
    root_directory: str = "/libraries"
    posix_id: int = 1000
    tags: Mapping[str, str] = field(default_factory=dict)


class EfsStore(pulumi.ComponentResource):
    """An encrypted file system that is reached over TLS and through one access point only.

    A consumer depends on the component as a whole: it can be mounted only when there is a mount
    target in the consumer's own zone.
    """

    file_system_id: pulumi.Output[str]
    file_system_arn: pulumi.Output[str]
    access_point_id: pulumi.Output[str]
    access_point_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: EfsStoreArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("efs-inference:index:EfsStore", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        kept = pulumi.ResourceOptions(parent=self, protect=args.protect)

        file_system = aws.efs.FileSystem(
            name,
            encrypted=True,
            performance_mode="generalPurpose",
            throughput_mode=args.throughput,
            tags={**args.tags, "Name": tag_name(name)},
            opts=kept,
        )
        access_point = aws.efs.AccessPoint(
            f"{name}-access-point",
            file_system_id=file_system.id,
            posix_user={"uid": args.posix_id, "gid": args.posix_id},
            root_directory={
                "path": args.root_directory,
                "creation_info": {
                    "owner_uid": args.posix_id,
                    "owner_gid": args.posix_id,
                    "permissions": "0755",
                },
            },
            tags={**args.tags, "Name": tag_name(name)},
            opts=kept,
        )
        aws.efs.FileSystemPolicy(
            f"{name}-policy",
            file_system_id=file_system.id,
            policy=pulumi.Output.all(file_system.arn, access_point.arn).apply(
                lambda arns: file_system_policy(*arns)
            ),
            opts=child,
        )
        for zone, subnet_id in args.subnet_ids.items():
            aws.efs.MountTarget(
                f"{name}-mount-target-{zone}",
                file_system_id=file_system.id,
                subnet_id=subnet_id,
                security_groups=[args.security_group_id],
                opts=child,
            )

        self.file_system_id = file_system.id
        self.file_system_arn = file_system.arn
        self.access_point_id = access_point.id
        self.access_point_arn = access_point.arn
        self.register_outputs(
            {
                "file_system_id": self.file_system_id,
                "file_system_arn": self.file_system_arn,
                "access_point_id": self.access_point_id,
                "access_point_arn": self.access_point_arn,
            }
        )
