"""Releases on the file system, each with its task: of libraries, and of artifacts."""

from .artifacts import ArtifactPublication, ArtifactPublicationArgs
from .libraries import Publication, PublicationArgs, check_artifacts

__all__ = [
    "ArtifactPublication",
    "ArtifactPublicationArgs",
    "Publication",
    "PublicationArgs",
    "check_artifacts",
]
