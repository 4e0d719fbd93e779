"""Files from S3 and from the web, by size and SHA-256, onto the task's own disk."""

from .fetch import fetch
from .source import Wanted

__all__ = ["Wanted", "fetch"]
