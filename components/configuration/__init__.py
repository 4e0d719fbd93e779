"""This program's own settings, and how their values are read."""

from .settings import Settings

__all__ = ["Settings"]
