"""All consumers of access points in a stack."""

from .access_points import AccessPoints
from .consumer import Reading
from .functions import read_functions
from .graph import Stack
from .task_definitions import read_containers


def read_consumers(stack: Stack) -> Reading:
    """Functions and containers that mount an access point, or could."""
    reading = Reading([], [])
    access_points = AccessPoints(stack)
    read_containers(stack, access_points, reading)
    read_functions(stack, access_points, reading)
    return reading
