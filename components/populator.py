"""Populator: cluster, roles and log of the tasks that put releases on the file system."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Annotated

import pulumi
import pulumi_aws as aws

from .account import Account
from .container import TaskSize, secret_statements
from .contract import Target, WheelCache, cost
from .errors import ConfigurationError, Problem
from .gates import Credentials
from .inputs import Args, Plain, Tags
from .resources import Bucket, BucketArgs, Log, LogArgs, RoleArgs, rights, role
from .statements import Statement, allow, document
from .store import EfsStore

_IN_DEFINITIONS = "it stands in the container definitions, which policies read in a preview"
_SIZE = TaskSize(cpu=2048, memory_mb=8192, ephemeral_storage_gib=30)


def task_trust_policy(account: Account, *, narrow: bool = True) -> str:
    """Trust policy of both roles: ECS tasks, if `narrow` of this account and region only."""
    tasks = f"arn:{account.partition}:ecs:{account.region}:{account.id}:*"
    condition = {
        "ArnLike": {"aws:SourceArn": tasks},
        "StringEquals": {"aws:SourceAccount": account.id},
    }
    return document(
        [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                **({"Condition": condition} if narrow else {}),
            }
        ]
    )


def pull_statements(image: str, partition: str) -> list[Statement]:
    """What ECS needs to pull the image where it lies in a private ECR."""
    private = re.match(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com[^/]*/([^:@]+)", image)
    if private is None:
        return []
    account_id, region, repository = private.groups()
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    arn = f"arn:{partition}:ecr:{region}:{account_id}:repository/{repository}"
    return [
        allow(pull, arn),
        # This action knows no resources.
        allow("ecr:GetAuthorizationToken", "*"),
    ]


def _source(args: PopulatorArgs, account: Account) -> tuple[str, str]:
    if args.cache is None:
        return "--index-url", args.index_url
    return "--wheels", args.cache.url(account.region, account.dns_suffix)


@dataclass(frozen=True, kw_only=True)
class PopulatorArgs(Args):
    """Arguments of `Populator`.

    Attributes:
        store: Where the releases go.
        target: What the libraries are made for.
        size: CPU, memory and disk of a task.
        index_url: Package index for pip.
        index_secret_arn: Full ARN of the Secrets Manager secret with the index's credentials, the
            text of a netrc file. Empty: the index wants none.
        wheel_cache: Prefix in a bucket of the region, `s3://<bucket>/<prefix>`, from which tasks
            take the wheels; the indexes are then not asked. Empty: they are.
        timeout_minutes: Minutes after which a task is stopped.
        keep_releases: How many of the newest releases stay on the file system.
        cluster_arn: Cluster of the tasks; default: one of its own.
        log: Where the tasks log to.
        bucket: Where the tasks have their program from.
        roles: What the account demands of roles.
        narrow_trust: Whether only tasks of this account and region may assume the roles, by
            `aws:SourceArn` and `aws:SourceAccount`.
        credentials: As whom the gates call AWS, the functions' too, where the components have a
            provider of their own; default: as the stack's aws provider.
        tags: Tags for every resource.
    """

    store: EfsStore
    target: Annotated[Target, Plain("the release's id follows from it")]
    size: Annotated[TaskSize, Plain("Fargate allows certain pairs only")] = _SIZE
    index_url: Annotated[str, Plain(_IN_DEFINITIONS)] = "https://pypi.org/simple"
    index_secret_arn: Annotated[str, Plain(_IN_DEFINITIONS)] = ""
    wheel_cache: Annotated[str, Plain(_IN_DEFINITIONS)] = ""
    timeout_minutes: Annotated[int, Plain(_IN_DEFINITIONS)] = 30
    keep_releases: pulumi.Input[int] = 3
    cluster_arn: pulumi.Input[str] | None = None
    log: LogArgs = field(default_factory=LogArgs)
    bucket: BucketArgs = field(default_factory=BucketArgs)
    roles: RoleArgs = field(default_factory=RoleArgs)
    narrow_trust: Annotated[bool, Plain("which conditions there are depends on it")] = True
    credentials: Credentials | None = None
    tags: Tags = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            self.cache  # noqa: B018 - refuses what is none
        except ValueError as error:
            problem = Problem(
                subject="PopulatorArgs.wheel_cache",
                value=repr(self.wheel_cache),
                rule=str(error),
                remedy="name a bucket and a prefix in it, such as s3://my-wheels/efs-inference",
            )
            raise ConfigurationError([problem]) from error

    @property
    def cache(self) -> WheelCache | None:
        """Where the wheels come from, if it is not an index."""
        return WheelCache.parse(self.wheel_cache) if self.wheel_cache else None

    @property
    def secret_arn(self) -> str:
        """The secret that a task is given: none where it asks no index."""
        return "" if self.wheel_cache else self.index_secret_arn


class Populator(pulumi.ComponentResource):
    """What runs populate tasks; a `Publication` lets it run one.

    Attributes:
        args: What it was made of; a publication takes store, target and sizes from there.
        log: The log group of its tasks.
        source: Options of a task that say where it has the wheels from.
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
        # A preview comes before each `up`, so once is enough.
        if pulumi.runtime.is_dry_run() and (said := cost(args.target.runtime)):
            pulumi.log.info(said, self)
        account.refuse_another(self, name)
        self.cluster_arn = (
            aws.ecs.Cluster(name, tags=args.tags, opts=child).arn
            if args.cluster_arn is None
            else pulumi.Output.from_input(args.cluster_arn)
        )
        self.log = Log(name, args.log, account, args.tags, child)
        self.log_group_name = self.log.name
        self.source = _source(args, account)
        self.bucket = Bucket(name, args.bucket, account, args.tags, child)

        trust = task_trust_policy(account, narrow=args.narrow_trust)
        execution_role = role(f"{name}-execution", trust, args.roles, child)
        rights(
            f"{name}-execution",
            execution_role,
            self.log.write.apply(
                lambda write: [
                    write,
                    *pull_statements(args.target.image, account.partition),
                    *secret_statements(args.secret_arn),
                ]
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
