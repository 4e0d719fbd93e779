"""Names in AWS that Pulumi does not make unique by itself: they carry project and stack."""

from __future__ import annotations

import hashlib
import re

import pulumi


def tag_name(name: str) -> str:
    """Value of the tag `Name` of resource `name`; no name of a project or a stack has a slash."""
    return f"{pulumi.get_project()}/{pulumi.get_stack()}/{name}"


def log_group_name(name: str) -> str:
    """Name of the log group of component `name`; known in preview, so policies can read it."""
    return f"/{tag_name(name)}"


def family(name: str) -> str:
    """Family of the task definition of component `name`."""
    # ECS takes neither periods nor slashes in a family. The digits tell `a.b` from `a-b`, both of
    # which Pulumi takes as the name of a stack.
    readable = re.sub(r"[^A-Za-z0-9_-]", "-", tag_name(name))
    return f"{readable}-{hashlib.sha256(tag_name(name).encode()).hexdigest()[:7]}"
