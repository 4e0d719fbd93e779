"""EfsStore: the file system, a mount target in every zone, and the one access point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated

import pulumi
import pulumi_aws as aws

from .contract import Mount
from .errors import Problem
from .gates import Placement, PlacementArgs
from .inputs import Args, Plain, Tags
from .network import Network
from .resources import client_statement, file_system_policy, throughput_problems, with_name
from .statements import Statement

_IN_POLICY = "whether there is a file system policy depends on it"


@dataclass(frozen=True, kw_only=True)
class EfsStoreArgs(Args):
    """Arguments of a new `EfsStore`.

    Attributes:
        network: Where its mount targets and its consumers are.
        mount_path: Where every consumer mounts the access point.
        throughput: `elastic`, `bursting` or `provisioned`.
        provisioned_throughput_mibps: Throughput in MiB/s, 1 to 3414, where it is `provisioned`.
        backup: Whether AWS Backup copies the file system each day, with AWS's own plan for EFS.
            Releases can be published again, so they need none.
        protect: Whether Pulumi refuses to delete file system and access point; the component's own
            options win.
        kms_key_arn: Key that encrypts the file system; default: AWS's own for EFS.
        root_directory: Directory of the file system that the access point shows as its root.
        posix_id: User and group id that every client gets.
        deny_plain_text: Whether the file system policy denies access without TLS.
        deny_without_access_point: Whether it denies access without an access point. Without either
            there is no policy, and then every client that reaches a mount target has full access.
        tags: Tags for every resource.
    """

    network: Network
    mount_path: Annotated[str, Plain("it is checked, and the paths of releases follow from it")]
    throughput: pulumi.Input[str] = "elastic"
    provisioned_throughput_mibps: pulumi.Input[float] | None = None
    backup: Annotated[bool, Plain("whether there is a backup policy depends on it")] = False
    protect: Annotated[bool, Plain("Pulumi takes no other")] = False
    kms_key_arn: pulumi.Input[str] | None = None
    root_directory: pulumi.Input[str] = "/libraries"
    posix_id: pulumi.Input[int] = 1000
    deny_plain_text: Annotated[bool, Plain(_IN_POLICY)] = True
    deny_without_access_point: Annotated[bool, Plain(_IN_POLICY)] = True
    tags: Tags = field(default_factory=dict)

    def wrong(self) -> Iterator[Problem]:
        names = ("EfsStoreArgs.throughput", "EfsStoreArgs.provisioned_throughput_mibps")
        yield from throughput_problems(self.throughput, self.provisioned_throughput_mibps, names)


@dataclass(frozen=True, kw_only=True)
class ExistingEfsStoreArgs(Args):
    """Arguments of an `EfsStore` whose file system and access point are there already.

    It has to have a mount target in each zone of the network, and its file system policy, if there
    is one, has to let in the roles of this stack.

    Attributes:
        network: Where the consumers are.
        mount_path: Where every consumer mounts the access point.
        file_system_id: Id of the file system.
        access_point_id: Id of the access point, whose root holds the releases.
        mount_target_security_group_id: Group of its mount targets, which is then opened for the
            consumers of this stack; None: it lets them in already.
    """

    network: Network
    mount_path: Annotated[str, Plain("it is checked, and the paths of releases follow from it")]
    file_system_id: pulumi.Input[str]
    access_point_id: pulumi.Input[str]
    mount_target_security_group_id: pulumi.Input[str] | None = None


class EfsStore(pulumi.ComponentResource):
    """A file system that is reached over TLS and through one access point only.

    It knows what a consumer needs to mount it: `volume` of a task definition, `file_system_config`
    of a function, and the `allow` statement of its role. A consumer depends on the component as a
    whole: it can be mounted only when there is a mount target in the consumer's own zone.

    Attributes:
        network: Where its consumers are.
        mount: Where every consumer mounts it.
        account: The account and the region that it is in.
        throughput: Throughput mode; None where it is not known.
    """

    throughput: pulumi.Input[str] | None
    file_system_id: pulumi.Output[str]
    file_system_arn: pulumi.Output[str]
    access_point_id: pulumi.Output[str]
    access_point_arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: EfsStoreArgs | ExistingEfsStoreArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        self.mount = Mount(args.mount_path)
        super().__init__("efs-inference:index:EfsStore", name, {}, opts)
        self.network, self.account = args.network, args.network.account
        self.account.refuse_another(self, name)
        self.throughput = None
        if isinstance(args, ExistingEfsStoreArgs):
            self._find(name, args)
        else:
            given = opts is not None and opts.protect is not None
            # None is Pulumi's own rule: as the component, or as what that is part of.
            self._make(name, args, protect=True if args.protect and not given else None)
        self.register_outputs(
            {
                "file_system_id": self.file_system_id,
                "file_system_arn": self.file_system_arn,
                "access_point_id": self.access_point_id,
                "access_point_arn": self.access_point_arn,
            }
        )

    def _find(self, name: str, args: ExistingEfsStoreArgs) -> None:
        self.file_system_id = pulumi.Output.from_input(args.file_system_id)
        self.access_point_id = pulumi.Output.from_input(args.access_point_id)
        self.file_system_arn = self._arn("file-system", args.file_system_id)
        self.access_point_arn = self._arn("access-point", args.access_point_id)
        if args.mount_target_security_group_id is not None:
            args.network.open_nfs(
                name, args.mount_target_security_group_id, pulumi.ResourceOptions(parent=self)
            )

    def _arn(self, kind: str, id_: pulumi.Input[str]) -> pulumi.Output[str]:
        place = f"{self.account.partition}:elasticfilesystem:{self.account.region}"
        return pulumi.Output.concat(f"arn:{place}:{self.account.id}:{kind}/", id_)

    def _make(self, name: str, args: EfsStoreArgs, protect: bool | None) -> None:
        child = pulumi.ResourceOptions(parent=self)
        kept = pulumi.ResourceOptions(parent=self, protect=protect)
        self.throughput = args.throughput
        file_system = aws.efs.FileSystem(
            name,
            encrypted=True,
            kms_key_id=args.kms_key_arn,
            performance_mode="generalPurpose",
            throughput_mode=args.throughput,
            provisioned_throughput_in_mibps=args.provisioned_throughput_mibps,
            tags=with_name(args.tags, name),
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
            tags=with_name(args.tags, name),
            opts=kept,
        )
        if args.deny_plain_text or args.deny_without_access_point:
            aws.efs.FileSystemPolicy(
                f"{name}-policy",
                file_system_id=file_system.id,
                policy=file_system.arn.apply(
                    lambda arn: file_system_policy(
                        arn,
                        plain_text=args.deny_plain_text,
                        without_access_point=args.deny_without_access_point,
                    )
                ),
                opts=child,
            )
        if args.backup:
            aws.efs.BackupPolicy(
                f"{name}-backup",
                file_system_id=file_system.id,
                backup_policy={"status": "ENABLED"},
                opts=child,
            )
        for zone, subnet_id in args.network.subnet_ids.items():
            aws.efs.MountTarget(
                f"{name}-mount-target-{zone}",
                file_system_id=file_system.id,
                subnet_id=subnet_id,
                security_groups=[args.network.mount_target_security_group_id],
                opts=child,
            )
        Placement(
            name,
            PlacementArgs(
                vpc=args.network.vpc,
                subnet_ids=args.network.subnet_ids,
                zones_chosen=args.network.zones_chosen,
            ),
            child,
        )
        self.file_system_id, self.file_system_arn = file_system.id, file_system.arn
        self.access_point_id, self.access_point_arn = access_point.id, access_point.arn

    def volume(self, name: str) -> aws.ecs.TaskDefinitionVolumeArgsDict:
        """The `volumes` entry of a task definition."""
        return {
            "name": name,
            # No rootDirectory: ECS refuses one beside an access point.
            "efs_volume_configuration": {
                "file_system_id": self.file_system_id,
                "transit_encryption": "ENABLED",
                "authorization_config": {
                    "access_point_id": self.access_point_id,
                    "iam": "ENABLED",
                },
            },
        }

    @property
    def file_system_config(self) -> aws.lambda_.FunctionFileSystemConfigArgsDict:
        """The file system configuration of a function."""
        return {"arn": self.access_point_arn, "local_mount_path": self.mount.path}

    def allow(self, *actions: str) -> pulumi.Output[Statement]:
        """A statement that allows EFS client actions, such as `ClientMount`, through it."""
        return pulumi.Output.all(self.file_system_arn, self.access_point_arn).apply(
            lambda arns: client_statement(arns[0], arns[1], *actions)
        )
