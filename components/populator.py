"""Populator: cluster, roles and log of the tasks that put releases on the file system."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .account import Account
from .bucket import Bucket, BucketArgs
from .contract import Target
from .fargate import TaskSize
from .logs import Log, LogArgs
from .roles import RoleArgs, document, rights, role
from .store import EfsStore

_SIZE = TaskSize(cpu=2048, memory_mb=8192, ephemeral_storage_gib=30)


def task_trust_policy(account: Account) -> str:
    """Trust policy of both roles: ECS tasks of this account and region."""
    tasks = f"arn:{account.partition}:ecs:{account.region}:{account.id}:*"
    return document(
        [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                "Condition": {
                    "ArnLike": {"aws:SourceArn": tasks},
                    "StringEquals": {"aws:SourceAccount": account.id},
                },
            }
        ]
    )


def pull_statements(image: str, partition: str) -> list[dict[str, object]]:
    """What ECS needs to pull the image where it lies in a private ECR."""
    private = re.match(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com[^/]*/([^:@]+)", image)
    if private is None:
        return []
    account_id, region, repository = private.groups()
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    arn = f"arn:{partition}:ecr:{region}:{account_id}:repository/{repository}"
    return [
        {"Effect": "Allow", "Action": pull, "Resource": arn},
        # This action knows no resources.
        {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
    ]


@dataclass(frozen=True, kw_only=True)
class PopulatorArgs:
    """Arguments of `Populator`.

    Attributes:
        store: Where the releases go.
        target: What the libraries are made for.
        size: CPU, memory and disk of a task; plain, since Fargate allows certain pairs only.
        index_url: Package index for pip; plain, like all that stands in the container definitions,
            which policies read in a preview.
        timeout_minutes: Minutes after which a task is stopped.
        keep_releases: How many of the newest releases stay on the file system.
        cluster_arn: Cluster of the tasks; default: one of its own.
        log: Where the tasks log to.
        bucket: Where the tasks have their program from.
        roles: What the account demands of roles.
        tags: Tags for every resource.
    """

    store: EfsStore
    target: Target
    size: TaskSize = _SIZE
    index_url: str = "https://pypi.org/simple"
    timeout_minutes: int = 30
    keep_releases: int = 3
    cluster_arn: pulumi.Input[str] | None = None
    log: LogArgs = field(default_factory=LogArgs)
    bucket: BucketArgs = field(default_factory=BucketArgs)
    roles: RoleArgs = field(default_factory=RoleArgs)
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)


class Populator(pulumi.ComponentResource):
    """What runs populate tasks; a `Publication` lets it run one.

    Attributes:
        args: What it was made of; a publication takes store, target and sizes from there.
        log: The log group of its tasks.
        bucket: Where their programs lie.
        task_role: As which they run; a publication adds what its own may read.
    """

    cluster_arn: pulumi.Output[str]
    execution_role_arn: pulumi.Output[str]
    task_role_arn: pulumi.Output[str]
    log_group_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: PopulatorArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("efs-inference:index:Populator", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.args, account = args, args.store.account
        self.cluster_arn = (
            aws.ecs.Cluster(name, tags=args.tags, opts=child).arn
            if args.cluster_arn is None
            else pulumi.Output.from_input(args.cluster_arn)
        )
        self.log = Log(name, args.log, account, args.tags, child)
        self.log_group_name = self.log.name
        self.bucket = Bucket(name, args.bucket, account, args.tags, child)

        trust = task_trust_policy(account)
        execution_role = role(f"{name}-execution", trust, args.roles, child)
        rights(
            f"{name}-execution",
            execution_role,
            self.log.write.apply(
                lambda write: [write, *pull_statements(args.target.image, account.partition)]
            ),
            child,
        )
        self.task_role = role(f"{name}-task", trust, args.roles, child)
        rights(
            f"{name}-task",
            self.task_role,
            args.store.allow("ClientMount", "ClientWrite").apply(lambda mount: [mount]),
            child,
        )
        self.execution_role_arn, self.task_role_arn = execution_role.arn, self.task_role.arn
        self.register_outputs(
            {
                "cluster_arn": self.cluster_arn,
                "execution_role_arn": self.execution_role_arn,
                "task_role_arn": self.task_role_arn,
                "log_group_name": self.log_group_name,
            }
        )
