"""Log groups: one of the stack's own, or one that is there already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from .account import Account
from .names import log_group_name


@dataclass(frozen=True, kw_only=True)
class LogArgs:
    """Where a component logs to.

    Attributes:
        group: Name of a log group that is there already; plain, since it stands in container
            definitions, which policies read in a preview. Default: one of the component's own.
        retention_days: Days that log events are kept in one of its own.
        kms_key_arn: Key that encrypts one of its own; its policy has to let in CloudWatch Logs.
    """

    group: str | None = None
    retention_days: pulumi.Input[int] = 30
    kms_key_arn: pulumi.Input[str] | None = None


class Log:
    """The log group of a component.

    Attributes:
        plain_name: Its name, known in a preview.
        name: The same, and dependent on the group.
        arn: Its ARN.
    """

    def __init__(
        self,
        name: str,
        args: LogArgs,
        account: Account,
        tags: Mapping[str, pulumi.Input[str]],
        child: pulumi.ResourceOptions,
    ) -> None:
        self.plain_name = args.group or log_group_name(name)
        self.name: pulumi.Output[str]
        self.arn: pulumi.Output[str]
        if args.group is not None:
            place = f"{account.partition}:logs:{account.region}:{account.id}"
            self.name = pulumi.Output.from_input(args.group)
            self.arn = pulumi.Output.from_input(f"arn:{place}:log-group:{args.group}")
            return
        group = aws.cloudwatch.LogGroup(
            f"{name}-log",
            name=self.plain_name,
            retention_in_days=args.retention_days,
            kms_key_id=args.kms_key_arn,
            tags=tags,
            opts=child,
        )
        self.name, self.arn = group.name, group.arn

    @property
    def write(self) -> pulumi.Output[dict[str, object]]:
        """A statement that allows to write it."""
        return self.arn.apply(write_statement)


def write_statement(log_group_arn: str) -> dict[str, object]:
    """A statement that allows to write this log group."""
    return {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{log_group_arn.removesuffix(':*')}:*",
    }
