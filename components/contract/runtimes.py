"""The runtimes: what the Pythons of Lambda run on. Another one is a line here, and its locks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_IMAGE = "public.ecr.aws/lambda/python"


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """A Python runtime of Lambda.

    Attributes:
        name: As Lambda calls it.
        system: Its operating system.
        glibc: Minor version of the system's glibc, which is 2.<glibc>: no wheel for a newer one
            loads there.
        supported_until: The day from which AWS no longer supports it. Source: Lambda Developer
            Guide, Lambda runtimes; the guardrails have the same one in a table of their own.
    """

    name: str
    system: str
    glibc: int
    supported_until: str

    @property
    def python(self) -> str:
        """The Python's version, for instance `3.12`."""
        return self.name.removeprefix("python")

    @property
    def minor(self) -> int:
        """Its minor version, for instance 12."""
        return int(self.python.partition(".")[2])

    @property
    def image(self) -> str:
        """AWS's base image of it, by its tag."""
        return f"{_IMAGE}:{self.python}"


_AL2, _AL2023 = ("Amazon Linux 2", 26), ("Amazon Linux 2023", 34)
_TABLE = (
    ("python3.11", _AL2, "2027-06-30"),
    ("python3.12", _AL2023, "2028-10-31"),
    ("python3.13", _AL2023, "2029-06-30"),
    ("python3.14", _AL2023, "2029-06-30"),
)
RUNTIMES: Mapping[str, Runtime] = {
    name: Runtime(name=name, system=system, glibc=glibc, supported_until=until)
    for name, (system, glibc), until in _TABLE
}
"""Every runtime that libraries can be made for, by its name; the oldest first."""
MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
"""Lambda's word for an architecture, and the kernel's."""
NEWEST_GLIBC = max(runtime.glibc for runtime in RUNTIMES.values())


def cost(name: str) -> str:
    """What a runtime on an older system costs and how to move; empty for one on the newest."""
    own = RUNTIMES[name]
    newer = [other.name for other in RUNTIMES.values() if other.glibc > own.glibc]
    if not newer:
        return ""
    return (
        f"{name} runs on {own.system} with glibc 2.{own.glibc}, so it gets old versions of "
        f"packages whose wheels need a newer one, and AWS supports it until {own.supported_until}. "
        f"To move, set runtime to {' or '.join(newer)}, and make its lock"
    )
