"""The part of the table of AWS resource types that concerns the containers of a task."""

from __future__ import annotations

import json
from typing import Any

from .kind import Inputs, Properties, tagged

# What `containers` reads; sizes and ports are the host's own.
_OF_A_CONTAINER = {
    *("name", "image", "essential", "entryPoint", "command", "environment", "mountPoints"),
    *("volumesFrom", "logConfiguration", "stopTimeout"),
    *("cpu", "memory", "memoryReservation", "portMappings"),
}


def task_definition(properties: Properties) -> dict[str, Any]:
    """What a task definition takes beside its plain arguments; notes what has no effect."""
    containers = json.loads(properties["containerDefinitions"])
    if isinstance(properties, Inputs):
        parts = {name for container in containers for name in container}
        properties.leave_out({f"containerDefinitions.{name}" for name in parts - _OF_A_CONTAINER})
    arguments: dict[str, Any] = {
        "containerDefinitions": containers,
        **tagged("tags", "key", "value")(properties),
    }
    if "ephemeralStorage" in properties:
        arguments["ephemeralStorage"] = {"sizeInGiB": properties["ephemeralStorage"]["sizeInGib"]}
    return arguments
