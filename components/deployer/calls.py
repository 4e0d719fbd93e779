"""A row of the table: what of AWS is called for resources of one type, and on what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

PROVIDER = "https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/"
"""Where the AWS provider's own calls are read from; Pulumi's provider is made of it."""

STEPS = ("plan", "create", "read", "update", "delete")


@dataclass(frozen=True, kw_only=True)
class Calls:
    """What is called for resources of one type: `<service>: <action> <action> ...`.

    They are actions of IAM, which has other names for some calls: HeadBucket is s3:ListBucket.
    Waits and tags are among them.

    Attributes:
        source: File of the AWS provider below `PROVIDER`, or a page or file of its own.
        plan: To preview one.
        create: To make one.
        read: To read one, which follows each change and is what a refresh does.
        update: To change one in place.
        delete: To end one, and to wait until it has.
        also: What AWS itself demands of the caller beside these; its page is in `because`.
        because: Page of AWS that says so.
        given: What is called only where a property is given, by the property.
        linked: The service whose linked role AWS makes with the first one in an account.
        on: By action or service the ARNs of what is called, with fields in braces: partition,
            region, account, name (the property `named`), and properties of its own, `{*...}` for
            each of a list. A service that is not there is called on `PLACES`.
        named: The property with its name.
    """

    source: str
    plan: str = ""
    create: str = ""
    read: str = ""
    update: str = ""
    delete: str = ""
    also: str = ""
    because: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    linked: str = ""
    on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    named: str = "name"

    def actions(
        self, steps: tuple[str, ...], inputs: Mapping[str, Any]
    ) -> Iterator[tuple[str, str]]:
        """Each action of these steps with its source, for a resource with these inputs."""
        for step in steps:
            for action in parsed(getattr(self, step)):
                yield action, self.url
        if "create" in steps:
            for action in parsed(self.also):
                yield action, self.because
            for name, text in self.given.items():
                for action in parsed(text) if inputs.get(name) is not None else ():
                    yield action, self.because or self.url

    @property
    def url(self) -> str:
        """Where the calls are read from."""
        return f"{PROVIDER}{self.source}" if self.source.endswith(".go") else self.source


def parsed(text: str) -> Iterator[str]:
    """The actions in `<service>: <action> <action> <service>: ...`."""
    service = ""
    for word in text.split():
        if word.endswith(":"):
            service = word
        else:
            yield f"{service}{word}"


_PLACE = "arn:{partition}:%s:{region}:{account}:"
PLACES: Mapping[str, tuple[str, ...]] = {
    # Their ids are AWS's own, so no name of the stack is in them.
    "ec2": (_PLACE % "ec2" + "*",),
    "elasticfilesystem": (
        _PLACE % "elasticfilesystem" + "file-system/*",
        _PLACE % "elasticfilesystem" + "access-point/*",
    ),
    "kms": (_PLACE % "kms" + "key/*",),
    "application-autoscaling": (_PLACE % "application-autoscaling" + "scalable-target/*",),
    "ecs": (_PLACE % "ecs" + "*",),
    "lambda": (_PLACE % "lambda" + "function:*",),
}
"""Where a service is called that a row says nothing of."""

WITHOUT_RESOURCES = frozenset(
    parsed(
        """
        sts: GetCallerIdentity
        ec2: DescribeAddresses DescribeAddressesAttribute DescribeAvailabilityZones
             DescribeInternetGateways DescribeNatGateways
             DescribeNetworkAcls DescribeNetworkInterfaces DescribePrefixLists DescribeRouteTables
             DescribeSecurityGroupRules DescribeSecurityGroups DescribeSubnets DescribeVpcEndpoints
             DescribeVpcs
        ecs: DeregisterTaskDefinition DescribeTaskDefinition
        elasticfilesystem: CreateFileSystem
        logs: DescribeLogGroups
        kms: CreateKey
        lambda: ListFunctions
        application-autoscaling: DescribeScalableTargets DescribeScalingPolicies
        """
    )
)
"""Actions for which IAM knows no resources. Source: AWS's Service Authorization Reference."""
