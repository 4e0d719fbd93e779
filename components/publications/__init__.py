"""Releases on the file system, each with its task: of libraries, and of artifacts."""

from .artifacts import ArtifactPublication, ArtifactPublicationArgs
from .libraries import Publication, PublicationArgs, refuse_elsewhere

__all__ = [
    "ArtifactPublication",
    "ArtifactPublicationArgs",
    "Publication",
    "PublicationArgs",
    "refuse_elsewhere",
]
