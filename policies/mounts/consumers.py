"""All consumers of access points in a stack."""

from collections import defaultdict
from typing import TypeAlias

from ..reading.graph import Stack
from .consumer import Consumer, Mount, Reading
from .functions import read_functions
from .task_definitions import read_containers

Sharing: TypeAlias = list[tuple[Consumer, Mount]]


def read_consumers(stack: Stack) -> Reading:
    """Functions and containers that mount an access point, or could."""
    reading = Reading([], [])
    read_containers(stack, reading)
    read_functions(stack, reading)
    return reading


def by_access_point(stack: Stack) -> dict[str, Sharing]:
    """By its key, who mounts an access point; where that is uncertain, not at all."""
    found: dict[str, Sharing] = defaultdict(list)
    for consumer in stack.once(read_consumers).consumers:
        for mount in consumer.mounts:
            if mount.access_point is not None:
                found[mount.access_point.key].append((consumer, mount))
    return found
