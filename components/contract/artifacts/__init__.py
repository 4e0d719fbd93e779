"""Artifacts: weights and other data of an application, as asked for and as locked."""

from .lines import Artifact, Wish
from .lock import digest, parse_lock, read_wishes, render
from .release import Artifacts
from .sources import Local, S3Object, Web

__all__ = [
    "Artifact",
    "Artifacts",
    "Local",
    "S3Object",
    "Web",
    "Wish",
    "digest",
    "parse_lock",
    "read_wishes",
    "render",
]
