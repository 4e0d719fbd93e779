"""Files from S3 and from the web, by size and SHA-256, onto the task's own disk."""

from .fetch import check_room, fetch
from .source import Wanted

__all__ = ["Wanted", "check_room", "fetch"]
