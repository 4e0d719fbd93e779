"""Populator: cluster, roles and task definition of the task that runs `pip install --target`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pulumi
import pulumi_aws as aws

from .account import Account
from .errors import ConfigurationError, Problem
from .fargate import MAX_TASK_DEFINITION_BYTES, TaskSize
from .mount import Mount
from .names import family, log_group_name
from .release import Release
from .source import REQUIREMENTS, Source
from .store import EfsStore, client_policy

CONTAINER = "populate"
_VOLUME = "efs"
# What ECS stores around the container definitions (family, roles, volume, sizes), rounded up.
_OTHER_PARTS_BYTES = 2_048

# Runs in the image as it is: unpacks the installer next to nothing else and becomes it.
_BOOTSTRAP = (
    "import base64,io,os,sys,tempfile,zipfile,zlib;"
    "d=tempfile.mkdtemp();"
    "z=zlib.decompress(base64.b64decode(os.environ.pop('INSTALLER')));"
    "zipfile.ZipFile(io.BytesIO(z)).extractall(d);"
    "os.chdir(d);"
    "os.execv(sys.executable,[sys.executable,'-m','release',*sys.argv[1:]])"
)


@dataclass(frozen=True, kw_only=True)
class PopulateContainer:
    """The container of the populate task, known in full before anything is deployed.

    Attributes:
        name: Name of the populator, which makes the log group's.
        mount: Where the access point is mounted.
        release: The release to publish.
        source: Folder with the installer.
        index_url: Package index for pip.
        timeout_minutes: Minutes after which the task is stopped.
        account: Account and region of the log group.

    Raises:
        ConfigurationError: The task definition would be larger than ECS accepts.
    """

    name: str
    mount: Mount
    release: Release
    source: Source
    index_url: str
    timeout_minutes: int
    account: Account

    def __post_init__(self) -> None:
        size = len(self.definitions.encode())
        allowed = MAX_TASK_DEFINITION_BYTES - _OTHER_PARTS_BYTES
        if size > allowed:
            raise ConfigurationError(
                [
                    Problem(
                        subject="task definition",
                        value=f"{size} bytes of container definitions",
                        rule=f"ECS accepts {MAX_TASK_DEFINITION_BYTES} bytes in all, "
                        f"which leaves {allowed} for them",
                        remedy="ask for fewer packages in requirements.in",
                    )
                ]
            )

    @property
    def log_group(self) -> str:
        """Name of the log group, plain text so that it can stand in plain definitions."""
        return log_group_name(self.name)

    @cached_property
    def definitions(self) -> str:
        """The container definitions as a plain JSON string, which policies can read in preview."""
        return json.dumps(
            [
                {
                    "name": CONTAINER,
                    "image": self.release.image,
                    "essential": True,
                    "entryPoint": ["python3", "-c", _BOOTSTRAP],
                    "command": [
                        "install",
                        *("--release", self.mount.release_path(self.release.id)),
                        *("--requirements", REQUIREMENTS),
                        *("--index-url", self.index_url),
                        *("--timeout", str(self.timeout_minutes * 60)),
                    ],
                    "environment": [{"name": "INSTALLER", "value": self._installer()}],
                    "mountPoints": [self.mount.mount_point(_VOLUME)],
                    "stopTimeout": 60,
                    "logConfiguration": {
                        "logDriver": "awslogs",
                        "options": {
                            "awslogs-group": self.log_group,
                            "awslogs-region": self.account.region,
                            "awslogs-stream-prefix": CONTAINER,
                            # Since 2025-06 the default mode may drop lines; the last one matters.
                            "mode": "blocking",
                        },
                    },
                }
            ]
        )

    def _installer(self) -> str:
        return self.source.installer(
            self.source.lock(self.release.runtime, self.release.architecture)
        )


def task_trust_policy(account: Account) -> str:
    """Trust policy of both roles: ECS tasks of this account and region."""
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Condition": {
            "ArnLike": {
                "aws:SourceArn": f"arn:{account.partition}:ecs:{account.region}:{account.id}:*"
            },
            "StringEquals": {"aws:SourceAccount": account.id},
        },
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def execution_policy(log_group_arn: str, image: str, partition: str) -> str:
    """What ECS itself needs: write the log, and pull the image where it lies in a private ECR."""
    statements: list[dict[str, object]] = [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"{log_group_arn}:*",
        }
    ]
    private = re.match(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com[^/]*/([^:@]+)", image)
    if private:
        account_id, region, repository = private.groups()
        pull = [
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
        ]
        statements += [
            {
                "Effect": "Allow",
                "Action": pull,
                "Resource": f"arn:{partition}:ecr:{region}:{account_id}:repository/{repository}",
            },
            # This action knows no resources.
            {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
        ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@dataclass(frozen=True, kw_only=True)
class PopulatorArgs:
    """Arguments of `Populator`.

    Attributes:
        container: What runs in the task.
        store: Where the release goes.
        size: CPU, memory and disk of the task.
        log_retention_days: Days that log events are kept.
        tags: Tags for every resource.
    """

    container: PopulateContainer
    store: EfsStore
    size: TaskSize
    log_retention_days: int = 30
    tags: Mapping[str, str] = field(default_factory=dict)


class Populator(pulumi.ComponentResource):
    """What is needed to populate; `PopulatorRun` does it."""

    cluster_arn: pulumi.Output[str]
    task_definition_arn: pulumi.Output[str]
    log_group_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: PopulatorArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("efs-inference:index:Populator", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)

        cluster = aws.ecs.Cluster(name, tags=args.tags, opts=child)
        log_group = aws.cloudwatch.LogGroup(
            f"{name}-log",
            name=args.container.log_group,
            retention_in_days=args.log_retention_days,
            tags=args.tags,
            opts=child,
        )
        trust = task_trust_policy(args.container.account)
        execution_role = aws.iam.Role(
            f"{name}-execution", assume_role_policy=trust, tags=args.tags, opts=child
        )
        aws.iam.RolePolicy(
            f"{name}-execution",
            role=execution_role.id,
            policy=log_group.arn.apply(
                lambda arn: execution_policy(
                    arn.removesuffix(":*"),
                    args.container.release.image,
                    args.container.account.partition,
                )
            ),
            opts=child,
        )
        task_role = aws.iam.Role(
            f"{name}-task", assume_role_policy=trust, tags=args.tags, opts=child
        )
        aws.iam.RolePolicy(
            f"{name}-task",
            role=task_role.id,
            policy=pulumi.Output.all(args.store.file_system_arn, args.store.access_point_arn).apply(
                _task_policy
            ),
            opts=child,
        )
        task_definition = aws.ecs.TaskDefinition(
            name,
            family=family(name),
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(args.size.cpu),
            memory=str(args.size.memory_mb),
            ephemeral_storage={"size_in_gib": args.size.ephemeral_storage_gib},
            runtime_platform={
                "operating_system_family": "LINUX",
                "cpu_architecture": args.container.release.architecture.upper(),
            },
            execution_role_arn=execution_role.arn,
            task_role_arn=task_role.arn,
            container_definitions=args.container.definitions,
            volumes=[
                {
                    "name": _VOLUME,
                    # No rootDirectory: ECS refuses one beside an access point.
                    "efs_volume_configuration": {
                        "file_system_id": args.store.file_system_id,
                        "transit_encryption": "ENABLED",
                        "authorization_config": {
                            "access_point_id": args.store.access_point_id,
                            "iam": "ENABLED",
                        },
                    },
                }
            ],
            tags=args.tags,
            opts=child,
        )

        self.cluster_arn = cluster.arn
        self.task_definition_arn = task_definition.arn
        self.log_group_name = log_group.name
        self.register_outputs(
            {
                "cluster_arn": self.cluster_arn,
                "task_definition_arn": self.task_definition_arn,
                "log_group_name": self.log_group_name,
            }
        )


def _task_policy(arns: list[str]) -> str:
    statement = client_policy(*arns, "ClientMount", "ClientWrite")
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
