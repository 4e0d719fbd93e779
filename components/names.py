"""Names in AWS that Pulumi does not make unique by itself: they carry project and stack."""

from __future__ import annotations

import pulumi


def log_group_name(name: str) -> str:
    """Name of the log group of component `name`; known in preview, so policies can read it."""
    return f"/{pulumi.get_project()}/{pulumi.get_stack()}/{name}"


def family(name: str) -> str:
    """Family of the task definition of component `name`."""
    return f"{pulumi.get_project()}-{pulumi.get_stack()}-{name}"
