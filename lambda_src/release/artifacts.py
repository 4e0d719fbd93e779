"""What the model gets of a release of artifacts: its load() is called with their path."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

from .layout import ARTIFACTS


def arguments(load: Callable[..., object], release: str) -> tuple[Path, ...]:
    """What ``load`` is called with: the path of the artifacts if there are any and it takes one.

    ``release`` is the path of their release, empty where there is none.
    """
    if not release:
        return ()
    path = Path(release) / ARTIFACTS
    try:
        inspect.signature(load).bind(path)
    except (TypeError, ValueError):  # ValueError: it is written in C, and does not say
        return ()
    return (path,)
