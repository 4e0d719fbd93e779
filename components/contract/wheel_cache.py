"""Wheel cache: wheels in a bucket, from which a task installs without an index.

The key of a wheel follows from the lock alone, `<prefix>/<sha256>.whl`: its file name is not
needed, since its hash says which file it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .. import commands
from ..errors import ConfigurationError, Problem
from ..statements import Statement, allow
from .requirements import Pin

RULE = (
    "it is s3://<bucket>/<prefix>: a bucket without periods, which S3's certificate is not for, "
    "and a prefix of letters, digits, periods, hyphens and underscores"
)
_PLACE = re.compile(
    r"s3://(?P<bucket>[a-z0-9][a-z0-9-]{1,61}[a-z0-9])/(?P<prefix>[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*)"
)


@dataclass(frozen=True)
class WheelCache:
    """A prefix in a bucket.

    Attributes:
        bucket: Name of the bucket.
        prefix: Without a slash at either end.
    """

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    @classmethod
    def parse(cls, text: str) -> WheelCache:
        """The cache at `s3://<bucket>/<prefix>`.

        Raises:
            ValueError: It breaks the rule, which the error says.
        """
        found = _PLACE.fullmatch(text.rstrip("/"))
        if found is None or {".", ".."} & set(found["prefix"].split("/")):
            raise ValueError(RULE)
        return cls(found["bucket"], found["prefix"])

    def key(self, sha256: str) -> str:
        """The key of the wheel with this SHA-256, hexadecimal."""
        return f"{self.prefix}/{sha256}.whl"

    def url(self, region: str, dns_suffix: str) -> str:
        """Where it is to be had, as the installer reads it."""
        return f"https://{self.bucket}.s3.{region}.{dns_suffix}/{self.prefix}"

    def read(self, partition: str) -> Statement:
        """A statement that allows to read its objects, and nothing else of the bucket."""
        return allow("s3:GetObject", f"arn:{partition}:s3:::{self.bucket}/{self.prefix}/*")


def hashes(pins: Iterable[Pin], lock: str) -> dict[str, Pin]:
    """The pins by the SHA-256 of their wheels, hexadecimal.

    Args:
        pins: Those of a lock.
        lock: What it is called.

    Raises:
        ConfigurationError: With every pin that has several, of which one cannot tell the wheel.
    """
    pins = list(pins)
    problems = [
        Problem(
            subject=f"{lock}, {pin.name}",
            value=f"{len(pin.hashes)} hashes",
            rule="with a wheel cache each package has the hash of one wheel, as a lock of ours has",
            remedy=f"make the lock again with {commands.LOCK}",
        )
        for pin in pins
        if len(pin.hashes) != 1
    ]
    if problems:
        raise ConfigurationError(problems)
    return {pin.hashes[0].removeprefix("sha256:"): pin for pin in pins}
