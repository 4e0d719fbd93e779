"""The kinds of resources that others name, and how they do."""

from dataclasses import dataclass

ACCESS_POINT = "aws:efs/accessPoint:AccessPoint"
FILE_SYSTEM = "aws:efs/fileSystem:FileSystem"
FUNCTION = "aws:lambda/function:Function"
SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
DEFAULT_SECURITY_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
TASK_DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"


@dataclass(frozen=True)
class Kind:
    """How resources of one kind are named.

    Attributes:
        tokens: Their types.
        what: What to call one that is made elsewhere.
        pattern: What an id or an ARN looks like; its one group is the id.
        named_by: Properties that hold an id or an ARN.
        others: Types of other providers that make the same thing, and are not read.
    """

    tokens: tuple[str, ...]
    what: str
    pattern: str
    named_by: tuple[str, ...] = ("id", "arn")
    others: tuple[str, ...] = ()

    @property
    def has_names(self) -> bool:
        """Whether they are also known by names, which tell less than an id does."""
        return not {"name", "family"}.isdisjoint(self.named_by)


def _of_ids(what: str, prefix: str, arn: str, *tokens: str, others: tuple[str, ...] = ()) -> Kind:
    """A kind whose ids are a prefix and hex digits; `arn` is the service and type of its ARNs."""
    service, _, type_ = arn.partition(":")
    pattern = rf"(?:arn:[\w-]+:{service}:[\w-]*:\d*:{type_}/)?({prefix}-[0-9a-f]+)"
    return Kind(tokens, what, pattern, others=others)


ACCESS_POINTS = _of_ids(
    "access point",
    "fsap",
    "elasticfilesystem:access-point",
    ACCESS_POINT,
    others=("aws-native:efs:AccessPoint", "aws:s3files/accessPoint:AccessPoint"),
)
FILE_SYSTEMS = _of_ids(
    "file system",
    "fs",
    "elasticfilesystem:file-system",
    FILE_SYSTEM,
    others=("aws-native:efs:FileSystem",),
)
FUNCTIONS = Kind(
    (FUNCTION,),
    "function",
    r"(?:arn:[\w-]+:lambda:[\w-]*:\d*:function:)?([\w-]+)(?::[\w$-]+)?",
    ("id", "name", "arn"),
)
NAT_GATEWAYS = _of_ids("NAT gateway", "nat", "ec2:natgateway", "aws:ec2/natGateway:NatGateway")
ROLES = Kind(
    ("aws:iam/role:Role",),
    "role",
    r"(?:arn:[\w-]+:iam::\d*:role/(?:.*/)?)?([\w+=,.@-]+)",
    ("id", "name", "arn"),
    ("aws-native:iam:Role",),
)
ROUTE_TABLES = _of_ids(
    "route table",
    "rtb",
    "ec2:route-table",
    "aws:ec2/routeTable:RouteTable",
    "aws:ec2/defaultRouteTable:DefaultRouteTable",
)
SECURITY_GROUPS = _of_ids(
    "security group",
    "sg",
    "ec2:security-group",
    SECURITY_GROUP,
    DEFAULT_SECURITY_GROUP,
    others=("aws-native:ec2:SecurityGroup",),
)
SUBNETS = _of_ids(
    "subnet",
    "subnet",
    "ec2:subnet",
    "aws:ec2/subnet:Subnet",
    "aws:ec2/defaultSubnet:DefaultSubnet",
    others=("aws-native:ec2:Subnet",),
)
TASK_DEFINITIONS = Kind(
    (TASK_DEFINITION,),
    "task definition",
    r"(?:arn:[\w-]+:ecs:[\w-]*:\d*:task-definition/)?([\w-]+(?::\d+)?)",
    ("arn", "family", "id"),
)
VPCS = _of_ids(
    "VPC",
    "vpc",
    "ec2:vpc",
    "aws:ec2/vpc:Vpc",
    "aws:ec2/defaultVpc:DefaultVpc",
    others=("aws-native:ec2:VPC",),
)
