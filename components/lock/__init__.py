"""Locks requirements.in: `python -m efs_inference.lock`."""

from .command import PYPI, lock, lock_path, main
from .errors import LockError
from .targets import RUNTIMES, Stacks, Target, chosen, named

__all__ = [
    "PYPI",
    "RUNTIMES",
    "LockError",
    "Stacks",
    "Target",
    "chosen",
    "lock",
    "lock_path",
    "main",
    "named",
]
