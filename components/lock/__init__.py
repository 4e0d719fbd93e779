"""Locks requirements.in: `python -m efs_inference.lock`."""

from .command import PYPI, lock, lock_path, main, the_application
from .errors import LockError
from .targets import ALL, Stacks, chosen

__all__ = [
    "ALL",
    "PYPI",
    "LockError",
    "Stacks",
    "chosen",
    "lock",
    "lock_path",
    "main",
    "the_application",
]
