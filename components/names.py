"""Names in AWS that Pulumi does not make unique by itself: they carry project and stack."""

from __future__ import annotations

import re

import pulumi


def log_group_name(name: str) -> str:
    """Name of the log group of component `name`; known in preview, so policies can read it."""
    return f"/{pulumi.get_project()}/{pulumi.get_stack()}/{name}"


def family(name: str) -> str:
    """Family of the task definition of component `name`."""
    # ECS takes no periods in a family, Pulumi does in the names of projects and stacks.
    return re.sub(r"[^A-Za-z0-9_-]", "-", f"{pulumi.get_project()}-{pulumi.get_stack()}-{name}")
