"""How a field of the settings is read from its key."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TypeVar, cast

T = TypeVar("T")


def key(parse: Callable[[str], T], example: str) -> T:
    """A field read from the configuration key of its name in camel case."""
    return cast("T", dataclasses.field(metadata={"parse": parse, "example": example}))
