"""Log groups: one of the stack's own, or one that is there already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pulumi
import pulumi_aws as aws

from ..account import Account
from ..inputs import Args, Plain, Tags
from ..statements import Statement, allow
from .names import log_group_name

_IN_DEFINITIONS = "it stands in the container definitions, which policies read in a preview"


@dataclass(frozen=True, kw_only=True)
class LogArgs(Args):
    """Where a component logs to.

    A key has to let in CloudWatch Logs, or the log group cannot be made. Its key policy needs a
    statement with the principal `{"Service": "logs.<region>.amazonaws.com"}`, the actions
    `kms:Encrypt*`, `kms:Decrypt*`, `kms:ReEncrypt*`, `kms:GenerateDataKey*` and `kms:Describe*`,
    and best with the condition that `kms:EncryptionContext:aws:logs:arn` is like
    `arn:aws:logs:<region>:<account>:log-group:<name>`. Whoever reads the log needs `kms:Decrypt`;
    the roles that write it need nothing. Source: CloudWatch Logs User Guide, "Encrypt log data in
    CloudWatch Logs using AWS KMS".

    Attributes:
        group: Name of a log group that is there already. Default: one of the component's own.
        name: Name of one of its own. Default: /<project>/<stack>/<component>.
        retention_days: Days that log events are kept in one of its own.
        kms_key_arn: Key that encrypts one of its own, by its ARN.
    """

    group: Annotated[str | None, Plain(_IN_DEFINITIONS)] = None
    name: Annotated[str | None, Plain(_IN_DEFINITIONS)] = None
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
        tags: Tags,
        child: pulumi.ResourceOptions,
    ) -> None:
        self.plain_name = args.group or args.name or log_group_name(name)
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
    def write(self) -> pulumi.Output[Statement]:
        """A statement that allows to write it."""
        actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
        return self.arn.apply(lambda arn: allow(actions, f"{arn.removesuffix(':*')}:*"))
