"""Roles: what they all have in common, and the function's own."""

from __future__ import annotations

from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from ..inputs import Args, Tags
from ..statements import Statement, allow, document

# What a function in a VPC needs for its network interfaces. They know no resources.
_INTERFACE_ACTIONS = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]


@dataclass(frozen=True, kw_only=True)
class RoleArgs(Args):
    """What an account demands of the roles that are made in it.

    Attributes:
        path: IAM path, such as `/inference/`.
        permissions_boundary: ARN of the policy that bounds them.
        tags: Tags for every role.
    """

    path: pulumi.Input[str] | None = None
    permissions_boundary: pulumi.Input[str] | None = None
    tags: Tags = field(default_factory=dict)


def role(name: str, trust: str, args: RoleArgs, opts: pulumi.ResourceOptions) -> aws.iam.Role:
    """A role that whom `trust` names may assume."""
    return aws.iam.Role(
        name,
        assume_role_policy=trust,
        path=args.path,
        permissions_boundary=args.permissions_boundary,
        tags=args.tags,
        opts=opts,
    )


def rights(
    name: str,
    of: aws.iam.Role | FunctionRole,
    statements: pulumi.Input[list[Statement]],
    opts: pulumi.ResourceOptions,
) -> aws.iam.RolePolicy:
    """What a role may do.

    A change makes another policy, and the old one goes when the whole update has succeeded: the
    version that serves until then keeps its rights.
    """
    return aws.iam.RolePolicy(
        name,
        role=of.role_name if isinstance(of, FunctionRole) else of.id,
        policy=pulumi.Output.from_input(statements).apply(document),
        opts=pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(replace_on_changes=["policy"])
        ),
    )


class FunctionRole(pulumi.ComponentResource):
    """A role that Lambda may assume. Create it before the network, and let that depend on it.

    Lambda deletes a function's network interfaces with this role, up to 20 minutes after the
    function; until then no subnet can be deleted. A network that depends on the role is gone before
    it, so a destroy leaves no interface behind.
    """

    arn: pulumi.Output[str]
    role_name: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: RoleArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("efs-inference:index:FunctionRole", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        lambda_ = {"Service": "lambda.amazonaws.com"}
        trust = document([{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": lambda_}])
        made = role(name, trust, args or RoleArgs(), child)
        rights(f"{name}-interfaces", made, [allow(_INTERFACE_ACTIONS, "*")], child)
        self.arn = made.arn
        self.role_name = made.name
        self.register_outputs({"arn": self.arn, "role_name": self.role_name})
