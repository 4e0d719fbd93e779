"""Which access point a consumer names, by resource, by ARN or by id."""

import re
from dataclasses import dataclass

from .graph import UNKNOWN, Plain, Resource, Stack, text

ACCESS_POINT = "aws:efs/accessPoint:AccessPoint"

# Lambda takes the ARN, an ECS volume the id (API references of both, 2026-11).
_NAME = re.compile(r"(?:arn:[\w-]+:elasticfilesystem:[\w-]*:\d*:access-point/)?(fsap-[0-9a-f]+)")


@dataclass(frozen=True)
class AccessPoint:
    """One access point: of this stack (`key` is its URN) or made elsewhere (its id)."""

    key: str
    label: str


class AccessPoints:
    """The access points of a stack, to be found by what a consumer says of one."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._by_id: dict[str, AccessPoint] = {}
        for resource in stack.of_type(ACCESS_POINT):
            for name in (resource.get("id"), resource.get("arn")):
                if isinstance(name, str) and (match := _NAME.fullmatch(name)):
                    self._by_id.setdefault(match[1], AccessPoint(resource.urn, resource.label))

    def named(self, value: Plain, resource: Resource, name: str) -> tuple[AccessPoint, ...]:
        """The access point that `value`, part of the resource's property `name`, stands for.

        Several when a preview leaves open which of them it is; none when nothing is known of it.
        """
        given = text(value)
        if given is UNKNOWN:
            return tuple(
                AccessPoint(origin.urn, origin.label)
                for origin in self._stack.origins(resource, name, ACCESS_POINT)
            )
        if given is None:
            return ()
        match = _NAME.fullmatch(given)
        known = match[1] if match else given
        return (self._by_id.get(known, AccessPoint(known, f"access point {known}")),)
