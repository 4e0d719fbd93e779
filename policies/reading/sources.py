"""Where a stack is read from: the engine's request itself, or what the policy SDK made of it.

The SDK reads the whole stack again for each policy, about 0.1 s for 1,000 resources, and raises at
an infinite number or at a value that it does not know. The request is read once, and only the
properties that a rule asks for.
"""

from collections.abc import Iterable
from typing import Any

from pulumi_policy import PolicyResource

from .graph import Resource, Stack
from .values import UNKNOWN, Plain, known_text, plain

# Pulumi, sdk/go/common/resource/properties.go: what an object with this key is.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of a secret, none itself
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e"


def from_request(request: Any) -> Stack:
    """The stack in an AnalyzeStackRequest."""
    return Stack(_from_wire(resource) for resource in request.resources)


def from_sdk(resources: Iterable[PolicyResource]) -> Stack:
    """The stack as the policy SDK hands it to a policy."""
    return Stack(_from_policy_resource(resource) for resource in resources)


def _from_wire(raw: Any) -> Resource:
    fields = raw.properties.fields
    return Resource(
        urn=raw.urn,
        type=raw.type,
        name=raw.name,
        parent=raw.parent,
        dependencies=list(raw.dependencies),
        property_dependencies={
            name: list(value.urns) for name, value in raw.propertyDependencies.items()
        },
        protect=raw.options.protect,
        names=list(fields),
        read=lambda name: _value(fields[name]) if name in fields else None,
        raw_text=raw.properties.SerializeToString,
    )


def _value(value: Any) -> Plain:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return known_text(value.string_value)
    if kind == "struct_value":
        fields = value.struct_value.fields
        if _SIGNATURE in fields:
            return _special(fields)
        return {name: _value(item) for name, item in fields.items()}
    if kind == "list_value":
        return [_value(item) for item in value.list_value.values]
    if kind == "number_value":
        return float(value.number_value)
    return bool(value.bool_value) if kind == "bool_value" else None


def _special(fields: Any) -> Plain:
    signature = fields[_SIGNATURE].string_value
    if signature in {_SECRET, _OUTPUT}:
        absent = None if signature == _SECRET else UNKNOWN
        return _value(fields["value"]) if "value" in fields else absent
    if signature == _REFERENCE:
        return (_value(fields["id"]) if "id" in fields else None) or UNKNOWN
    return None  # an asset or an archive


def _from_policy_resource(raw: PolicyResource) -> Resource:
    whole = plain(raw.props)
    props = whole if isinstance(whole, dict) else {}
    return Resource(
        urn=raw.urn,
        type=raw.resource_type,
        name=raw.name,
        parent="" if raw.parent is None else raw.parent.urn,
        dependencies=[dependency.urn for dependency in raw.dependencies or ()],
        property_dependencies={
            name: [origin.urn for origin in origins or ()]
            for name, origins in (raw.property_dependencies or {}).items()
        },
        protect=bool(raw.opts and raw.opts.protect),
        names=list(props),
        read=props.get,
        raw_text=lambda: repr(props).encode(),
    )
