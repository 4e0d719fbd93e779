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
