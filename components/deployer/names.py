"""What the resources of a stack are called in AWS, as far as a plan knows it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .calls import Calls

# As the Pulumi SDKs send what is known only after creation (pulumi/sdk, rpc.py).
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_KEY = re.compile(r"arn:[a-z-]+:kms:\S+:key/\S+")


@dataclass(frozen=True, kw_only=True)
class Used:
    """A resource of a plan.

    Attributes:
        type: Its type.
        name: Its logical name.
        urn: Its URN.
        inputs: Its inputs.
        origins: For each input the URNs that its value comes from.
    """

    type: str
    name: str
    urn: str
    inputs: Mapping[str, Any]
    origins: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Its type, as the table has it; a gate's without the language of its provider."""
        return self.type.removeprefix("pulumi-python:dynamic/")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a stack is.

    Attributes:
        account: Twelve digits, or `*`, which is whatever account a policy is in.
        region: Name of the region.
        partition: `aws`, or another one.
    """

    account: str
    region: str
    partition: str = "aws"


class Names:
    """Patterns of the names in AWS of a plan's resources.

    Pulumi ends the names that it makes with seven digits, which differ in each stack.
    """

    def __init__(self, used: Sequence[Used], rows: Mapping[str, Calls], place: Place) -> None:
        self._place = place
        self._own: dict[str, str] = {}
        self._by_value: dict[str, str] = {}
        self._paths: dict[str, str] = {}
        for resource in used:
            value = _text(resource.inputs.get(rows[resource.kind].named))
            pattern = _generated(value, resource.name) if value else f"{resource.name}-*"
            self._own[resource.urn] = pattern
            self._paths[resource.urn] = _text(resource.inputs.get("path")) or "/"
            if value:
                self._by_value[value] = pattern

    def arns(self, resource: Used, templates: Sequence[str]) -> tuple[str, ...]:
        """ARNs, with the fields filled in."""
        fields = _Fields(self, resource)
        found: list[str] = []
        for template in templates:
            if template.startswith("{*"):
                listed = resource.inputs.get(template[2:-1]) or ()
                found += [_text(one) or "*" for one in listed]
            else:
                found.append(_collapsed(template.format_map(fields)))
        return tuple(dict.fromkeys(found))

    def of(self, resource: Used, field: str) -> str:
        """The value of a field: a place, a name, or a property of the resource."""
        if field in {"partition", "region", "account"}:
            return str(getattr(self._place, field))
        if field == "name":
            return self._own[resource.urn]
        if field == "path":
            roles = [urn for urn in resource.origins.get("role", ()) if urn in self._paths]
            return self._paths[roles[0] if roles else resource.urn]
        value = _text(resource.inputs.get(field))
        if value.startswith("arn:"):
            # A plan of a stack that is there knows it: of a cluster, a task definition, a topic.
            value = re.sub(r":\d+$", "", value)
            value = re.split("[/:]", value)[-1]
        if value:
            return _parts(value, self._by_value)
        found = [self._own[urn] for urn in resource.origins.get(field, ()) if urn in self._own]
        return found[0] if len(found) == 1 else "*"


class _Fields(dict[str, str]):
    def __init__(self, names: Names, resource: Used) -> None:
        super().__init__()
        self._names, self._resource = names, resource

    def __missing__(self, key: str) -> str:
        return self._names.of(self._resource, key)


def keys(value: Any) -> Iterator[str]:
    """ARNs of keys within inputs."""
    if isinstance(value, str) and _KEY.fullmatch(value):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from keys(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from keys(inner)


def _text(value: Any) -> str:
    return value if isinstance(value, str) and value != UNKNOWN else ""


def _parts(value: str, patterns: Mapping[str, str]) -> str:
    """A value with the pattern of each name in it, such as `function:<name>:<alias>`."""
    return ":".join(patterns.get(part, part) for part in value.split(":"))


def _generated(value: str, name: str) -> str:
    return f"{name}-*" if re.fullmatch(rf"{re.escape(name)}-[0-9a-f]{{7}}", value) else value


def _collapsed(arn: str) -> str:
    """An ARN without one wildcard behind another."""
    return re.sub(r"\*+", "*", arn)
