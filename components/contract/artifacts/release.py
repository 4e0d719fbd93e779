"""A release of artifacts: what it is made of, and the id that follows from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

from .. import runtime
from ..application import Application
from .lines import Artifact
from .lock import read_lock, read_wishes
from .sources import S3Object, Web


@dataclass(frozen=True, kw_only=True)
class Artifacts:
    """What a release of artifacts is made of.

    Attributes:
        artifacts: All of them, by name.
        salt: Any word; another one makes another release of the same artifacts.
        format: The release format's integer.
    """

    artifacts: tuple[Artifact, ...]
    salt: str = ""
    format: int = runtime.FORMAT

    @classmethod
    def of(cls, application: Application, *, salt: str = "") -> Artifacts | None:
        """The artifacts that the application's lock has; None where there is no artifacts.in.

        Raises:
            ConfigurationError: artifacts.in or its lock breaks a rule, or one is not of the other.
        """
        wishes = read_wishes(application.artifacts_path)
        if wishes is None:
            return None
        return cls(artifacts=read_lock(application, wishes), salt=salt)

    @property
    def id(self) -> str:
        """16 hex digits of SHA-256 over names and contents; where they come from does not count."""
        material = {
            "artifacts": sorted(
                [each.name, each.sha256, each.size, each.wish.unpack] for each in self.artifacts
            ),
            "format": self.format,
            **({"salt": self.salt} if self.salt else {}),
        }
        canonical = json.dumps(material, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    @property
    def urls(self) -> tuple[str, ...]:
        """Where those come from that are on the web."""
        sources = (each.wish.source for each in self.artifacts)
        return tuple(sorted(source.url for source in sources if isinstance(source, Web)))

    @property
    def buckets(self) -> tuple[str, ...]:
        """The buckets of those that come from S3."""
        sources = (each.wish.source for each in self.artifacts)
        return tuple(sorted({source.bucket for source in sources if isinstance(source, S3Object)}))

    def listing(self, url_of: Callable[[Artifact], str]) -> bytes:
        """The list as it travels to the task.

        Args:
            url_of: Where the task fetches an artifact.
        """
        entries = [
            {
                "name": each.name,
                "url": url_of(each),
                "size": each.size,
                "sha256": each.sha256,
                "signed": not isinstance(each.wish.source, Web),
                "unpack": each.wish.unpack,
            }
            for each in self.artifacts
        ]
        return json.dumps(entries, indent=0).encode()
