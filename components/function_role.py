"""FunctionRole: the function's role, with what Lambda needs to make and delete its interfaces."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

# What a function in a VPC needs for its network interfaces. They know no resources.
_INTERFACE_ACTIONS = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]


def _document(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


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
        tags: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("efs-inference:index:FunctionRole", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        service = {"Service": "lambda.amazonaws.com"}
        role = aws.iam.Role(
            name,
            assume_role_policy=_document(Action="sts:AssumeRole", Principal=service),
            tags=tags,
            opts=child,
        )
        aws.iam.RolePolicy(
            f"{name}-interfaces",
            role=role.id,
            policy=_document(Action=_INTERFACE_ACTIONS, Resource="*"),
            opts=child,
        )
        self.arn = role.arn
        self.role_name = role.name
        self.register_outputs({"arn": self.arn, "role_name": self.role_name})
