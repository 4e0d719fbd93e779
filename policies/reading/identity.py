"""Which resource a property names: by id, by ARN, or by what an unknown value comes from."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from .graph import Resource, Stack
from .values import UNKNOWN, Plain, items, text

ACCESS_POINT = "aws:efs/accessPoint:AccessPoint"
FILE_SYSTEM = "aws:efs/fileSystem:FileSystem"
FUNCTION = "aws:lambda/function:Function"
ROLE = "aws:iam/role:Role"
NAT_GATEWAY = "aws:ec2/natGateway:NatGateway"
ROUTE_TABLE = "aws:ec2/routeTable:RouteTable"
SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
DEFAULT_SECURITY_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
SUBNET = "aws:ec2/subnet:Subnet"
DEFAULT_SUBNET = "aws:ec2/defaultSubnet:DefaultSubnet"
TASK_DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"
VPC = "aws:ec2/vpc:Vpc"
DEFAULT_VPC = "aws:ec2/defaultVpc:DefaultVpc"

_ARN = r"(?:arn:[\w-]+:{}:[\w-]*:\d*:{}/)?"


@dataclass(frozen=True)
class Entity:
    """Something that a property names: of this stack (`key` is its URN), or made elsewhere."""

    key: str
    label: str
    resource: Resource | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Kind:
    """How resources of one kind are named.

    Attributes:
        tokens: Their types.
        what: What to call one that is made elsewhere.
        pattern: What an id or an ARN looks like; its one group is the id.
        named_by: Properties that hold an id or an ARN.
    """

    tokens: tuple[str, ...]
    what: str
    pattern: str
    named_by: tuple[str, ...] = ("id", "arn")


ACCESS_POINTS = Kind(
    (ACCESS_POINT,),
    "access point",
    _ARN.format("elasticfilesystem", "access-point") + r"(fsap-[0-9a-f]+)",
)
FILE_SYSTEMS = Kind(
    (FILE_SYSTEM,),
    "file system",
    _ARN.format("elasticfilesystem", "file-system") + r"(fs-[0-9a-f]+)",
)
FUNCTIONS = Kind(
    (FUNCTION,),
    "function",
    r"(?:arn:[\w-]+:lambda:[\w-]*:\d*:function:)?([\w-]+)(?::[\w$-]+)?",
    ("id", "name", "arn"),
)
NAT_GATEWAYS = Kind((NAT_GATEWAY,), "NAT gateway", r"(nat-[0-9a-f]+)", ("id",))
ROLES = Kind(
    (ROLE,),
    "role",
    r"(?:arn:[\w-]+:iam::\d*:role/(?:.*/)?)?([\w+=,.@-]+)",
    ("id", "name", "arn"),
)
ROUTE_TABLES = Kind((ROUTE_TABLE,), "route table", r"(rtb-[0-9a-f]+)", ("id",))
SECURITY_GROUPS = Kind(
    (SECURITY_GROUP, DEFAULT_SECURITY_GROUP),
    "security group",
    _ARN.format("ec2", "security-group") + r"(sg-[0-9a-f]+)",
)
SUBNETS = Kind(
    (SUBNET, DEFAULT_SUBNET), "subnet", _ARN.format("ec2", "subnet") + r"(subnet-[0-9a-f]+)"
)
TASK_DEFINITIONS = Kind(
    (TASK_DEFINITION,),
    "task definition",
    _ARN.format("ecs", "task-definition") + r"([\w-]+)(?::\d+)?",
    ("id", "family", "arn"),
)
VPCS = Kind((VPC, DEFAULT_VPC), "VPC", _ARN.format("ec2", "vpc") + r"(vpc-[0-9a-f]+)")


@dataclass(frozen=True)
class Several:
    """What a list names.

    Attributes:
        entities: All that it names, or may name.
        certain: Whether it names each of them, and nothing else.
    """

    entities: tuple[Entity, ...]
    certain: bool

    @property
    def labels(self) -> str:
        """Their names in messages."""
        return ", ".join(entity.label for entity in self.entities)


class Register:
    """The resources of one kind in a stack, to be found by what a property says of one."""

    def __init__(self, stack: Stack, kind: Kind) -> None:
        self._stack, self._kind = stack, kind
        self._pattern = re.compile(kind.pattern)
        self._by_id: dict[str, Entity] = {}
        for resource in stack.of_type(*kind.tokens):
            for name in kind.named_by:
                given = resource.get(name)
                if isinstance(given, str) and (match := self._pattern.fullmatch(given)):
                    self._by_id.setdefault(match[1], _entity(resource))

    def named(self, value: Plain, resource: Resource, name: str) -> tuple[Entity, ...]:
        """What `value`, part of the resource's property `name`, stands for.

        Several when a preview leaves open which of them it is; none when nothing is known of it.
        """
        given = text(value)
        if given is UNKNOWN:
            return tuple(map(_entity, self.origins(resource, name)))
        return () if given is None else (self._known(given),)

    def listed(self, value: Plain, resource: Resource, name: str) -> Several:
        """What the list `value`, part of the resource's property `name`, stands for."""
        found: dict[Entity, None] = {}
        unknown = 0
        for item in items(value):
            given = text(item)
            if given is UNKNOWN:
                unknown += 1
            elif given is not None:
                found[self._known(given)] = None
        if not unknown:
            return Several(tuple(found), certain=True)
        origins = self.origins(resource, name)
        direct = resource.property_dependencies.get(name, ())
        found |= dict.fromkeys(map(_entity, origins))
        # One origin is it, even where the whole list is unknown; of several it may be some.
        slots = len(value) if isinstance(value, list) else 1
        certain = len(found) == slots and all(origin.urn in direct for origin in origins)
        return Several(tuple(found), certain)

    def origins(self, resource: Resource, name: str) -> list[Resource]:
        """Resources of this kind that the property `name` comes from."""
        return self._stack.origins(resource, name, *self._kind.tokens)

    def _known(self, given: str) -> Entity:
        match = self._pattern.fullmatch(given)
        known = match[1] if match else given
        return self._by_id.get(known, Entity(known, f"{self._kind.what} {known}"))


def _entity(resource: Resource) -> Entity:
    return Entity(resource.urn, resource.label, resource)


_BUILDERS: dict[Kind, Callable[[Stack], Register]] = {}


def register(stack: Stack, kind: Kind) -> Register:
    """The register of a kind, made once for a stack."""
    builder = _BUILDERS.setdefault(kind, lambda stack: Register(stack, kind))
    return stack.once(builder)
