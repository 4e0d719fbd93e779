"""The embedded cloud: moto's control planes on loopback, and in front of them what moto lacks."""

from .. import account  # noqa: F401 - looks at moto before anything here imports it
from .server import Cloud

__all__ = ["Cloud"]
