"""A stack's resources as plain values, whatever shape a program or a preview gives them.

Nothing here raises on what a resource holds: what is missing or of a wrong shape reads as None,
what a preview does not know yet reads as `UNKNOWN`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, Final, TypeAlias

from pulumi_policy import PolicyResource
from pulumi_policy.proxy import (
    UNKNOWN_ARCHIVE_VALUE,
    UNKNOWN_ARRAY_VALUE,
    UNKNOWN_ASSET_VALUE,
    UNKNOWN_BOOLEAN_VALUE,
    UNKNOWN_NUMBER_VALUE,
    UNKNOWN_OBJECT_VALUE,
    UNKNOWN_STRING_VALUE,
    UnknownValueError,
)


class Unknown(Enum):
    """The type of `UNKNOWN`, apart so that types can be narrowed with `is UNKNOWN`."""

    UNKNOWN = "unknown before creation"


UNKNOWN: Final = Unknown.UNKNOWN

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | Unknown | None"

_ON_THE_WIRE = (
    UNKNOWN_ARCHIVE_VALUE,
    UNKNOWN_ARRAY_VALUE,
    UNKNOWN_ASSET_VALUE,
    UNKNOWN_BOOLEAN_VALUE,
    UNKNOWN_NUMBER_VALUE,
    UNKNOWN_OBJECT_VALUE,
    UNKNOWN_STRING_VALUE,
)

_KINDS = {
    "aws:ecs/taskDefinition:TaskDefinition": "task definition",
    "aws:efs/accessPoint:AccessPoint": "access point",
    "aws:lambda/function:Function": "function",
}


def plain(value: object) -> Plain:
    """The value without proxies; a text with an unknown part is unknown, an asset is None."""
    if isinstance(value, str):
        return UNKNOWN if any(sentinel in value for sentinel in _ON_THE_WIRE) else value
    if value is None or isinstance(value, bool | int | float | Unknown):
        return value
    if isinstance(value, Mapping):
        return {str(key): _read(value.__getitem__, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_read(value.__getitem__, index) for index in range(len(value))]
    return None


def _read(getter: Callable[[Any], object], key: object) -> Plain:
    try:
        return plain(getter(key))
    except UnknownValueError:
        return UNKNOWN


def at(value: Plain, *path: str) -> Plain:
    """What lies at `path`; a list of one object counts as that object, as some blocks come."""
    for step in path:
        if value is UNKNOWN:
            return UNKNOWN
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        value = value.get(step) if isinstance(value, dict) else None
    return value


def items(value: Plain) -> list[Plain]:
    """A list's items; anything else but None counts as a list of one."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def text(value: Plain) -> str | Unknown | None:
    """A text that is not empty, `UNKNOWN`, or None."""
    return value or None if isinstance(value, str | Unknown) else None


class Resource:
    """One resource: its name in messages, its properties, and what they come from."""

    def __init__(self, raw: PolicyResource, label: str) -> None:
        self._raw = raw
        self.urn: str = raw.urn
        self.type: str = raw.resource_type
        self.label = label

    def get(self, *path: str) -> Plain:
        """The property at `path`, read anew at each call."""
        props = self._raw.props
        if not path or not isinstance(props, Mapping) or path[0] not in list(props):
            return None
        return at(_read(props.__getitem__, path[0]), *path[1:])

    def origins(self, name: str) -> list[str]:
        """URNs of the resources whose outputs the top-level property `name` is made of."""
        return [dependency.urn for dependency in self._raw.property_dependencies.get(name) or []]


class Stack:
    """All resources of a stack, in the order of their registration."""

    def __init__(self, resources: Iterable[PolicyResource]) -> None:
        raws = list(resources)
        twins = Counter((raw.resource_type, raw.name) for raw in raws)
        self.resources = [
            Resource(raw, _label(raw, twins[raw.resource_type, raw.name] > 1)) for raw in raws
        ]
        self._by_type: dict[str, list[Resource]] = defaultdict(list)
        self._children: dict[str, list[Resource]] = defaultdict(list)
        for raw, resource in zip(raws, self.resources, strict=True):
            self._by_type[resource.type].append(resource)
            if raw.parent is not None:
                self._children[raw.parent.urn].append(resource)

    def of_type(self, token: str) -> list[Resource]:
        """The resources of this type token."""
        return self._by_type.get(token, [])

    def origins(self, resource: Resource, name: str, token: str) -> list[Resource]:
        """Resources of type `token` that a property comes from, directly or out of a component."""
        urns = set(resource.origins(name))
        pending = list(urns)
        while pending:
            for child in self._children.get(pending.pop(), []):
                if child.urn not in urns:
                    urns.add(child.urn)
                    pending.append(child.urn)
        return [candidate for candidate in self.of_type(token) if candidate.urn in urns]


def _label(raw: PolicyResource, ambiguous: bool) -> str:
    kind = _KINDS.get(raw.resource_type, raw.resource_type)
    return f"{kind} '{raw.name}'" + (f" ({raw.urn})" if ambiguous else "")
