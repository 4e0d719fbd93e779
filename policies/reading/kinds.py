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
        named_by: Properties that hold an id or an ARN.
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
        """The id in an id or an ARN."""
        match = re.fullmatch(self.pattern, given)
        return match[1] if match else given

    def is_id(self, given: str) -> bool:
        """Whether a text is an id or an ARN, and not a name, which would tell less."""
        names = {"name", "family"} & {*self.named_by}
        return not names and re.fullmatch(self.pattern, given) is not None


def _with_ids(what: str, prefix: str, arn: str, *tokens: str, others: tuple[str, ...] = ()) -> Kind:
    """A kind whose ids are a prefix and hex digits; `arn` is the service and type of its ARNs."""
    service, _, type_ = arn.partition(":")
    pattern = rf"(?:arn:[\w-]+:{service}:[\w-]*:\d*:{type_}/)?({prefix}-[0-9a-f]+)"
    return Kind(tokens, what, pattern, others=others)


ACCESS_POINT = token("efs", "AccessPoint")
FILE_SYSTEM = token("efs", "FileSystem")
FILE_SYSTEM_POLICY = token("efs", "FileSystemPolicy")
FUNCTION = token("lambda", "Function")
MOUNT_TARGET = token("efs", "MountTarget")
ROLE = token("iam", "Role")
SECURITY_GROUP = token("ec2", "SecurityGroup")
DEFAULT_SECURITY_GROUP = token("ec2", "DefaultSecurityGroup")
TASK_DEFINITION = token("ecs", "TaskDefinition")
VPC = token("ec2", "Vpc")
S3_ACCESS_POINT = token("s3files", "AccessPoint")

ACCESS_POINTS = _with_ids(
    *("access point", "fsap", "elasticfilesystem:access-point", ACCESS_POINT),
    others=(S3_ACCESS_POINT,),
)
FILE_SYSTEMS = _with_ids("file system", "fs", "elasticfilesystem:file-system", FILE_SYSTEM)
FUNCTIONS = Kind(
    (FUNCTION,),
    "function",
    r"(?:arn:[\w-]+:lambda:[\w-]*:\d*:function:)?([\w-]+)(?::[\w$-]+)?",
    ("id", "name", "arn"),
)
NAT_GATEWAYS = _with_ids("NAT gateway", "nat", "ec2:natgateway", token("ec2", "NatGateway"))
ROLES = Kind(
    (ROLE,), "role", r"(?:arn:[\w-]+:iam::\d*:role/(?:.*/)?)?([\w+=,.@-]+)", ("id", "name", "arn")
)
ROUTE_TABLES = _with_ids(
    *("route table", "rtb", "ec2:route-table"),
    *(token("ec2", name) for name in ("RouteTable", "DefaultRouteTable")),
)
SECURITY_GROUPS = _with_ids(
    *("security group", "sg", "ec2:security-group", SECURITY_GROUP, DEFAULT_SECURITY_GROUP)
)
SUBNETS = _with_ids(
    "subnet", "subnet", "ec2:subnet", token("ec2", "Subnet"), token("ec2", "DefaultSubnet")
)
TASK_DEFINITIONS = Kind(
    (TASK_DEFINITION,),
    "task definition",
    r"(?:arn:[\w-]+:ecs:[\w-]*:\d*:task-definition/)?([\w-]+(?::\d+)?)",
    ("arn", "family", "id"),
)
VPCS = _with_ids("VPC", "vpc", "ec2:vpc", VPC, token("ec2", "DefaultVpc"))
