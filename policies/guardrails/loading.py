"""Functions that load from EFS, and the file systems that they load from."""

from ..reading.findings import Answer, any_of
from ..reading.graph import Resource, Stack
from ..reading.kinds import ACCESS_POINTS, FILE_SYSTEMS, FUNCTION
from ..reading.naming import Here, NotYet, candidates, here, register
from ..reading.values import at, items


def loading_functions(stack: Stack) -> list[Resource]:
    """Functions that mount an access point."""
    return [f for f in stack.of_type(FUNCTION) if items(f.get("fileSystemConfig"))]


def loads(stack: Stack) -> list[tuple[str, Answer]]:
    """The keys of the file systems that functions load from, or may; "" is any of them."""
    points, systems = register(stack, ACCESS_POINTS), register(stack, FILE_SYSTEMS)
    found: list[tuple[str, Answer]] = []
    for function in loading_functions(stack):
        for config in items(function.get("fileSystemConfig")):
            point = points.named(at(config, "arn"), function, "fileSystemConfig")
            sure: Answer = point.open if isinstance(point, NotYet) else True
            for known in candidates(point) or ((None,) if point else ()):
                resource = here(known)
                given = resource.get("fileSystemId") if resource else None
                system = systems.named(given, resource, "fileSystemId") if resource else None
                if isinstance(system, Here):
                    found.append((system.key, sure))
                elif isinstance(system, NotYet) or known is None:
                    found.append(("", system.open if isinstance(system, NotYet) else sure))
    return found


def loaded_from(stack: Stack, system: Resource) -> Answer:
    """Whether a function loads from a file system of this stack."""
    return any_of(sure for key, sure in stack.once(loads) if key in {system.urn, ""})
