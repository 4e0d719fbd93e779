"""EFS as a Linux client sees it, on this machine: a mount that counts requests and delays them."""

from .efs import COUNTERS, PRESETS, REQUESTS, UNAVAILABLE, Efs, Preset, UnavailableError, build

__all__ = [
    "COUNTERS",
    "PRESETS",
    "REQUESTS",
    "UNAVAILABLE",
    "Efs",
    "Preset",
    "UnavailableError",
    "build",
]
