"""Release: what it is made of, and the id that follows from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from . import runtime
from .application import Application
from .lock import read_lock, render
from .requirements import Pin
from .target import Target


@dataclass(frozen=True, kw_only=True)
class Release:
    """What an immutable release on the file system is made of.

    Attributes:
        pins: The packages with versions and hashes.
        target: Runtime, architecture and image.
        options: Build options that change what is written.
        salt: Any word; another one makes another release of the same packages.
        format: The release format's integer, see `lambda_src/release/layout.py`.
    """

    pins: tuple[Pin, ...]
    target: Target
    options: Mapping[str, str] = field(default_factory=dict)
    salt: str = ""
    format: int = runtime.FORMAT

    @classmethod
    def of(cls, application: Application, target: Target, *, salt: str = "") -> Release:
        """The release that the application's lock for this target makes.

        Raises:
            ConfigurationError: The lock breaks a rule.
        """
        pins, options = read_lock(application, target)
        return cls(pins=pins, target=target, options=options, salt=salt)

    @property
    def id(self) -> str:
        """16 hex digits of SHA-256 over everything that a release is made of."""
        material = {
            "pins": [
                [pin.name, pin.version, *pin.hashes, *([pin.url] if pin.url else [])]
                for pin in sorted(self.pins)
            ],
            "runtime": self.target.runtime,
            "architecture": self.target.architecture,
            "image": self.target.image,
            "format": self.format,
            "options": {**self.options, **({"salt": self.salt} if self.salt else {})},
        }
        canonical = json.dumps(material, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    @property
    def index_urls(self) -> tuple[str, ...]:
        """The package indexes of those packages that have one of their own."""
        return tuple(sorted(set(runtime.indexes_of(self.options).values())))

    @property
    def urls(self) -> tuple[str, ...]:
        """Where packages come from that do not come from the stack's index."""
        return tuple(sorted({*self.index_urls, *(pin.url for pin in self.pins if pin.url)}))

    @property
    def lock(self) -> str:
        """The lock as it travels: what is hashed is what is installed."""
        return render(self.pins, self.options)
