"""Our own commands as messages name them: in this repository, or where the wheel is installed."""

from __future__ import annotations

_INSTALLED = __package__ != "components"

LOCK = "`python -m efs_inference.lock`" if _INSTALLED else "`make lock`"
"""Makes the locks of an application."""
WHEELS = "`python -m efs_inference.wheels`" if _INSTALLED else "`make wheels`"
"""Fills a wheel cache."""
UP = "`python -m efs_inference.local up`" if _INSTALLED else "`python -m local up`"
"""Deploys and calls the program on the embedded cloud."""
UV = "`pip install 'efs-inference[lock]'`" if _INSTALLED else "`make install`"
"""Installs what makes locks."""


def image(image: str, stack: str) -> str:
    """What names an image of a stack by its digest."""
    if _INSTALLED:
        return f"`python -m efs_inference.image {image}` prints its digest, for populatorImage"
    return f"`make image STACK={stack}` writes its digest into Pulumi.{stack}.yaml"
