"""Locks requirements.in: `python -m efs_inference.lock`."""

from .command import PYPI, lock, lock_path, main
from .errors import LockError
from .targets import Stacks, Target, chosen, named

__all__ = [
    "PYPI",
    "LockError",
    "Stacks",
    "Target",
    "chosen",
    "lock",
    "lock_path",
    "main",
    "named",
]
