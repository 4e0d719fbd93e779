"""The kinds of resources that others name, and how they do."""

import re
from dataclasses import dataclass
from functools import cached_property


def token(module: str, name: str) -> str:
    """The type token of a resource of the provider `aws`."""
    return f"aws:{module}/{name[0].lower()}{name[1:]}:{name}"


@dataclass(frozen=True)
class Kind:
    """How resources of one kind are named.

    Attributes:
        tokens: Their types.
        what: What to call one that is made elsewhere.
        pattern: What an id or an ARN looks like; its one group is the id.
        named_by: Properties that hold an id, an ARN, or a name.
        others: Types besides those of `aws-native` that make the same thing, and are not read.
    """

    tokens: tuple[str, ...]
    what: str
    pattern: str
    named_by: tuple[str, ...] = ("id", "arn")
    others: tuple[str, ...] = ()

    @cached_property
    def foreign(self) -> set[str]:
        """Types of other providers that make the same thing, in small letters."""
        native = [re.sub("aws:(.*)/.*:", r"aws-native:\1:", token) for token in self.tokens]
        return {other.lower() for other in (*native, *self.others)}

    def id(self, given: str) -> str:
        match = re.fullmatch(self.pattern, given)
        return match[1] if match else given

    def is_id(self, given: str) -> bool:
        """Whether a text is an id or an ARN, and not a name, which would tell less."""
        return self.named_by == ("id", "arn") and bool(re.fullmatch(self.pattern, given))


def _with_ids(arn: str, prefix: str, *tokens: str, others: tuple[str, ...] = ()) -> Kind:
    """A kind whose ids are a prefix and hex digits; `arn` is the service and type of its ARNs."""
    service, _, type_ = arn.partition(":")
    # A security group of another account may be named with that.
    before = rf"arn:[\w-]+:{service}:[\w-]*:\d*:{type_}/|\d{{12}}/"
    pattern = rf"(?:{before})?({prefix}-[0-9a-f]+)"
    what = {"natgateway": "NAT gateway", "vpc": "VPC"}.get(type_, type_.replace("-", " "))
    return Kind(tokens, what, pattern, others=others)


ACCESS_POINT = token("efs", "AccessPoint")
DEFAULT_SECURITY_GROUP = token("ec2", "DefaultSecurityGroup")
FILE_SYSTEM = token("efs", "FileSystem")
FILE_SYSTEM_POLICY = token("efs", "FileSystemPolicy")
FUNCTION = token("lambda", "Function")
MOUNT_TARGET = token("efs", "MountTarget")
ROLE = token("iam", "Role")
S3_ACCESS_POINT = token("s3files", "AccessPoint")
SECURITY_GROUP = token("ec2", "SecurityGroup")
TASK_DEFINITION = token("ecs", "TaskDefinition")
VPC = token("ec2", "Vpc")

ACCESS_POINTS = _with_ids(
    "elasticfilesystem:access-point", "fsap", ACCESS_POINT, others=(S3_ACCESS_POINT,)
)
FILE_SYSTEMS = _with_ids("elasticfilesystem:file-system", "fs", FILE_SYSTEM)
NAT_GATEWAYS = _with_ids("ec2:natgateway", "nat", token("ec2", "NatGateway"))
NETWORK_ACLS = _with_ids(
    "ec2:network-acl", "acl", token("ec2", "NetworkAcl"), token("ec2", "DefaultNetworkAcl")
)
ROUTE_TABLES = _with_ids(
    "ec2:route-table", "rtb", token("ec2", "RouteTable"), token("ec2", "DefaultRouteTable")
)
SECURITY_GROUPS = _with_ids("ec2:security-group", "sg", SECURITY_GROUP, DEFAULT_SECURITY_GROUP)
SUBNETS = _with_ids("ec2:subnet", "subnet", token("ec2", "Subnet"), token("ec2", "DefaultSubnet"))
VPCS = _with_ids("ec2:vpc", "vpc", VPC, token("ec2", "DefaultVpc"))
_NAMED = ("id", "name", "arn")
_FUNCTION_ARN = r"(?:arn:[\w-]+:lambda:[\w-]*:\d*:function:)?([\w-]+)(?::[\w$-]+)?"
_ROLE_ARN = r"(?:arn:[\w-]+:iam::\d*:role/(?:.*/)?)?([\w+=,.@-]+)"
_TASK_ARN = r"(?:arn:[\w-]+:ecs:[\w-]*:\d*:task-definition/)?([\w-]+(?::\d+)?)"
FUNCTIONS = Kind((FUNCTION,), "function", _FUNCTION_ARN, _NAMED)
ROLES = Kind((ROLE,), "role", _ROLE_ARN, _NAMED)
TASK_DEFINITIONS = Kind((TASK_DEFINITION,), "task definition", _TASK_ARN, ("arn", "family", "id"))
