"""Images by their digest: `python -m efs_inference.image`."""

from .pinning import main, pinned
from .registry import RegistryError

__all__ = ["RegistryError", "main", "pinned"]
