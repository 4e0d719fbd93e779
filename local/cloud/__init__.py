"""The embedded cloud: moto's control planes on loopback, and in front of them what moto lacks."""

from .server import Cloud

__all__ = ["Cloud"]
