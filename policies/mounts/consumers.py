"""All consumers of access points in a stack."""

from ..reading.graph import Stack
from .consumer import Reading
from .functions import read_functions
from .task_definitions import read_containers


def read_consumers(stack: Stack) -> Reading:
    """Functions and containers that mount an access point, or could."""
    reading = Reading([], [])
    read_containers(stack, reading)
    read_functions(stack, reading)
    return reading
