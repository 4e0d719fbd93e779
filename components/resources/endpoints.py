"""Endpoints: the way of a populate task to AWS's services in a VPC without internet.

Which a task needs is said in `components/container/reach.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pulumi
import pulumi_aws as aws

from ..account import Account
from ..inputs import Tags
from ..statements import allow, document
from .names import with_name

HTTPS = 443
_PULL = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetAuthorizationToken",
    "ecr:GetDownloadUrlForLayer",
)
# What the two roles of a task may ask of each service.
_ACTIONS: dict[str, tuple[str, ...]] = {
    "codeartifact.api": ("codeartifact:GetAuthorizationToken", "sts:GetServiceBearerToken"),
    "codeartifact.repositories": ("codeartifact:ReadFromRepository",),
    "ecr.api": _PULL,
    "ecr.dkr": _PULL,
    "logs": ("logs:CreateLogStream", "logs:PutLogEvents"),
    "secretsmanager": ("secretsmanager:GetSecretValue",),
}
ENDPOINT_SERVICES = tuple(_ACTIONS)
"""Services that there may be an interface endpoint for."""
_READ = ["s3:GetObject", "s3:GetObjectVersion"]
_ANYBODY = {"Principal": "*"}


def s3_policy(account: Account, buckets: Collection[str] = ()) -> str:
    """Policy of the gateway endpoint of S3: reading, and only what a task reads.

    That is objects in buckets of the account, such as its program, those in `buckets`, whosever
    they are, and the layers of ECR's images. Source of the last: ECR User Guide, "Minimum Amazon S3
    bucket permissions for Amazon ECR".
    """
    arn = f"arn:{account.partition}:s3:::"
    own = {"StringEquals": {"aws:ResourceAccount": account.id}}
    names = [*sorted(set(buckets)), f"prod-{account.region}-starport-layer-bucket"]
    return document(
        [
            {**allow(_READ, "*", condition=own), **_ANYBODY},
            {**allow(_READ, [f"{arn}{name}/*" for name in names]), **_ANYBODY},
        ]
    )


def interface_policy(account: Account, service: str) -> str:
    """Policy of an interface endpoint: what a task's roles ask of it, and only as this account."""
    own = {"StringEquals": {"aws:PrincipalAccount": account.id}}
    return document([{**allow(_ACTIONS[service], "*", condition=own), **_ANYBODY}])


def make_endpoints(
    name: str,
    *,
    services: Sequence[str],
    narrow: bool,
    account: Account,
    vpc_id: pulumi.Input[str],
    subnet_id: pulumi.Input[str],
    group: aws.ec2.SecurityGroup,
    populator_group: aws.ec2.SecurityGroup,
    s3_prefix_list: pulumi.Input[str],
    tags: Tags,
    child: pulumi.ResourceOptions,
) -> None:
    """Make the interface endpoints, and open the way from the populate task to them and to S3.

    They stand in one zone, as a NAT gateway would: each costs by zone and hour. All subnets of the
    VPC reach them there.
    """
    for service in services:
        called = f"{name}-{service.replace('.', '-')}"
        aws.ec2.VpcEndpoint(
            called,
            vpc_id=vpc_id,
            service_name=f"com.amazonaws.{account.region}.{service}",
            vpc_endpoint_type="Interface",
            private_dns_enabled=True,
            subnet_ids=[subnet_id],
            security_group_ids=[group.id],
            policy=interface_policy(account, service) if narrow else None,
            tags=with_name(tags, called),
            opts=child,
        )
    aws.vpc.SecurityGroupIngressRule(
        f"{name}-endpoints-from-populator",
        security_group_id=group.id,
        referenced_security_group_id=populator_group.id,
        ip_protocol="tcp",
        from_port=HTTPS,
        to_port=HTTPS,
        opts=child,
    )
    aws.vpc.SecurityGroupEgressRule(
        f"{name}-populator-to-endpoints",
        security_group_id=populator_group.id,
        referenced_security_group_id=group.id,
        ip_protocol="tcp",
        from_port=HTTPS,
        to_port=HTTPS,
        opts=child,
    )
    aws.vpc.SecurityGroupEgressRule(
        f"{name}-populator-to-s3",
        security_group_id=populator_group.id,
        prefix_list_id=s3_prefix_list,
        ip_protocol="tcp",
        from_port=HTTPS,
        to_port=HTTPS,
        opts=child,
    )
