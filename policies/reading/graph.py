"""A stack's resources: their properties as plain values, what they come from, and their order."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .values import UNKNOWN, Plain, at

_T = TypeVar("_T")

_KINDS = {
    "aws:cloudwatch/logGroup:LogGroup": "log group",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": "default security group",
    "aws:ec2/natGateway:NatGateway": "NAT gateway",
    "aws:ec2/routeTable:RouteTable": "route table",
    "aws:ec2/securityGroup:SecurityGroup": "security group",
    "aws:ec2/subnet:Subnet": "subnet",
    "aws:ec2/vpc:Vpc": "VPC",
    "aws:ecs/service:Service": "service",
    "aws:ecs/taskDefinition:TaskDefinition": "task definition",
    "aws:efs/accessPoint:AccessPoint": "access point",
    "aws:efs/fileSystem:FileSystem": "file system",
    "aws:efs/fileSystemPolicy:FileSystemPolicy": "file system policy",
    "aws:efs/mountTarget:MountTarget": "mount target",
    "aws:iam/policy:Policy": "policy",
    "aws:iam/role:Role": "role",
    "aws:iam/rolePolicy:RolePolicy": "role policy",
    "aws:lambda/function:Function": "function",
    "aws:lambda/functionUrl:FunctionUrl": "function URL",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Resource:
    """One resource.

    Attributes:
        urn: Its URN.
        type: Its type token.
        name: Its logical name.
        label: Its name in messages; with the URN where another one has the same.
        parent: URN of its parent, or empty.
        dependencies: URNs of all resources that it depends on.
        property_dependencies: For each input the URNs that its value comes from.
        protect: Whether Pulumi refuses to delete it.
        names: The properties that it has.
        read: Gives a property, None for one that is not there.
    """

    urn: str
    type: str
    name: str
    parent: str
    dependencies: Collection[str]
    property_dependencies: Mapping[str, Collection[str]]
    protect: bool
    names: Collection[str]
    read: Callable[[str], Plain]
    label: str = ""
    _seen: dict[str, Plain] = field(default_factory=dict)

    def get(self, name: str, *path: str) -> Plain:
        """The property `name`, or what lies at `path` in it."""
        if name not in self._seen:
            self._seen[name] = self.read(name)
        return at(self._seen[name], *path)

    def given(self, name: str, *path: str) -> Plain:
        """As `get`, for what AWS fills in where the program says nothing: that counts as None.

        In a preview such a property is unknown and comes from no resource.
        """
        if self.get(name) is UNKNOWN and not self.property_dependencies.get(name):
            return None
        return self.get(name, *path)

    @property
    def is_component(self) -> bool:
        """Whether it only groups others: a provider's own resources have a `/` in their type."""
        return "/" not in self.type and not self.type.startswith("pulumi:providers:")


class Stack:
    """All resources of a stack, in the order of their registration."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = list(resources)
        twins = Counter((resource.type, resource.name) for resource in self.resources)
        self.by_urn = {resource.urn: resource for resource in self.resources}
        self._by_type: dict[str, list[Resource]] = defaultdict(list)
        self._children: dict[str, list[str]] = defaultdict(list)
        self._built: dict[object, Any] = {}
        for resource in self.resources:
            ambiguous = twins[resource.type, resource.name] > 1
            object.__setattr__(resource, "label", _label(resource, ambiguous))
            self._by_type[resource.type].append(resource)
            if resource.parent:
                self._children[resource.parent].append(resource.urn)

    def of_type(self, *tokens: str) -> list[Resource]:
        """The resources of these type tokens."""
        return [resource for token in tokens for resource in self._by_type.get(token, [])]

    def once(self, build: Callable[["Stack"], _T]) -> _T:
        """What `build` makes of the stack; made once, whoever asks."""
        if build not in self._built:
            self._built[build] = build(self)
        found: _T = self._built[build]
        return found

    def parts(self, urn: str) -> list[str]:
        """The URNs of a component's children; of none for a resource that is no component."""
        resource = self.by_urn.get(urn)
        return self._children.get(urn, []) if resource is not None and resource.is_component else []

    def origins(self, resource: Resource, name: str, *tokens: str) -> list[Resource]:
        """Resources of these types that a property comes from, directly or out of a component."""
        urns = dict.fromkeys(resource.property_dependencies.get(name, ()))
        pending = list(urns)
        while pending:
            for child in self.parts(pending.pop()):
                if child not in urns:
                    urns[child] = None
                    pending.append(child)
        found = [self.by_urn[urn] for urn in urns if urn in self.by_urn]
        return [origin for origin in found if origin.type in tokens]


def _label(resource: Resource, ambiguous: bool) -> str:
    kind = _KINDS.get(resource.type, resource.type)
    return f"{kind} '{resource.name}'" + (f" ({resource.urn})" if ambiguous else "")
