"""InferenceFunction: function, version and alias."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .account import Account
from .errors import ConfigurationError, Problem
from .function_role import FunctionRole
from .gates import PopulatorRun, SmokeInvocation, SmokeInvocationArgs
from .mount import Mount
from .names import log_group_name
from .network import Network
from .release import Release
from .source import Source
from .store import EfsStore, client_policy

ALIAS = "live"
_HANDLER = "handler.handler"
# Lambda: "...exceeded the 4KB limit. Measured size: N bytes", counted as JSON.
_MAX_ENVIRONMENT_BYTES = 4_096


def checked_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """`variables` as they are.

    Raises:
        ConfigurationError: Lambda would refuse them for their size.
    """
    size = len(json.dumps(variables, separators=(",", ":")).encode())
    if size <= _MAX_ENVIRONMENT_BYTES:
        return dict(variables)
    largest = max(variables, key=lambda key: len(variables[key]))
    raise ConfigurationError(
        [
            Problem(
                subject="environment of the function",
                value=f"{size} bytes",
                rule=f"Lambda accepts {_MAX_ENVIRONMENT_BYTES} bytes, counted as JSON",
                remedy=f"shorten it; the largest variable is {largest}",
            )
        ]
    )


def function_policy(log_group_arn: str, file_system_arn: str, access_point_arn: str) -> str:
    """What the function itself may do: mount read-only, and write its log."""
    write_log = {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{log_group_arn.removesuffix(':*')}:*",
    }
    mount = client_policy(file_system_arn, access_point_arn, "ClientMount")
    return json.dumps({"Version": "2012-10-17", "Statement": [mount, write_log]})


@dataclass(frozen=True, kw_only=True)
class InferenceFunctionArgs:
    """Arguments of `InferenceFunction`.

    Attributes:
        source: Folder with handler and model.
        mount: Where the access point is mounted.
        release: The release to serve from, which brings runtime and architecture.
        role: The function's role; the network depends on it.
        run: The populate that has to be through before the function exists.
        network: Where the function runs.
        store: The file system.
        memory_mb: Memory in MB.
        timeout_seconds: Time-out of one call in seconds.
        ephemeral_storage_mb: Size of /tmp in MB.
        account: The AWS account of the function.
        log_retention_days: Days that log events are kept.
        environment: Variables beside the one that names the release.
        tags: Tags for every resource.
    """

    source: Source
    mount: Mount
    release: Release
    role: FunctionRole
    run: PopulatorRun
    network: Network
    store: EfsStore
    memory_mb: int
    timeout_seconds: int
    ephemeral_storage_mb: int
    account: Account
    log_retention_days: int = 30
    environment: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


class InferenceFunction(pulumi.ComponentResource):
    """The function, a version for each change, and the alias that callers use.

    A version exists only after its release is published, and the alias moves to it only after it
    has answered a first call.
    """

    function_name: pulumi.Output[str]
    function_arn: pulumi.Output[str]
    alias_arn: pulumi.Output[str]
    log_group_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: InferenceFunctionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        release = args.mount.environment(args.release.id)
        environment = checked_environment({**args.environment, **release})
        super().__init__("efs-inference:index:InferenceFunction", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)

        log_group = aws.cloudwatch.LogGroup(
            f"{name}-log",
            name=log_group_name(name),
            retention_in_days=args.log_retention_days,
            tags=args.tags,
            opts=child,
        )
        rights = aws.iam.RolePolicy(
            name,
            role=args.role.role_name,
            policy=pulumi.Output.all(
                log_group.arn, args.store.file_system_arn, args.store.access_point_arn
            ).apply(lambda arns: function_policy(*arns)),
            opts=child,
        )
        function = aws.lambda_.Function(
            name,
            role=args.role.arn,
            runtime=args.release.runtime,
            architectures=[args.release.architecture],
            handler=_HANDLER,
            code=args.source.function_archive(),
            memory_size=args.memory_mb,
            timeout=args.timeout_seconds,
            ephemeral_storage={"size": args.ephemeral_storage_mb},
            publish=True,
            environment={"variables": environment},
            file_system_config={
                "arn": args.store.access_point_arn,
                "local_mount_path": args.mount.local_mount_path,
            },
            vpc_config={
                # One by one: policies then know in a preview which subnets these are.
                "subnet_ids": list(args.network.private_subnet_id_by_zone.values()),
                "security_group_ids": [args.network.function_security_group_id],
            },
            logging_config={"log_format": "JSON", "log_group": log_group.name},
            # Lambda frees its network interfaces up to 20 minutes after a function is gone; with
            # another group on them the function's own can be deleted at once.
            replace_security_groups_on_destroy=True,
            replacement_security_group_ids=[args.network.default_security_group_id],
            tags=args.tags,
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[args.role, rights, args.network, args.store, args.run]
            ),
        )
        smoke = SmokeInvocation(
            name,
            SmokeInvocationArgs(
                function_name=function.name,
                function_version=function.version,
                account=args.account,
            ),
            opts=child,
        )
        alias = aws.lambda_.Alias(
            f"{name}-{ALIAS}",
            name=ALIAS,
            function_name=function.name,
            function_version=smoke.function_version,
            opts=child,
        )

        self.function_name = function.name
        self.function_arn = function.arn
        self.alias_arn = alias.arn
        self.log_group_name = log_group.name
        self.register_outputs(
            {
                "function_name": self.function_name,
                "function_arn": self.function_arn,
                "alias_arn": self.alias_arn,
                "log_group_name": self.log_group_name,
            }
        )
