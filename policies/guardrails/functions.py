"""Functions that load from EFS, and the file systems that they load from."""

from ..reading.graph import Resource, Stack
from ..reading.identity import ACCESS_POINTS, FILE_SYSTEM, FILE_SYSTEMS, FUNCTION, register
from ..reading.values import at, items


def loading_functions(stack: Stack) -> list[Resource]:
    """Functions that mount an access point."""
    return [f for f in stack.of_type(FUNCTION) if items(f.get("fileSystemConfig"))]


def library_file_systems(stack: Stack) -> list[Resource]:
    """File systems that functions load from; all of them where it cannot be told which."""
    points, systems = register(stack, ACCESS_POINTS), register(stack, FILE_SYSTEMS)
    found: set[str] = set()
    for function in loading_functions(stack):
        for config in items(function.get("fileSystemConfig")):
            for point in points.named(at(config, "arn"), function, "fileSystemConfig"):
                if point.resource is not None:
                    given = point.resource.get("fileSystemId")
                    named = systems.named(given, point.resource, "fileSystemId")
                    found |= {system.key for system in named}
    every = stack.of_type(FILE_SYSTEM)
    return [system for system in every if system.urn in found] or every
