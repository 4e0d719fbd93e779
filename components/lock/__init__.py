"""Locks requirements.in: `python -m efs_inference.lock`."""

from .command import lock, lock_path, main
from .errors import LockError
from .targets import Target

__all__ = [
    "LockError",
    "Target",
    "lock",
    "lock_path",
    "main",
]
