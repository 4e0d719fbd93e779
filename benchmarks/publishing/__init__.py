"""Publishing onto a file system: libraries (`populate`), and weights for the part artifacts."""

from .weights import Published, publications

__all__ = ["Published", "publications"]
