"""Target: the Python, the processor and the image that everything in a stack is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from packaging.tags import Tag, compatible_tags, cpython_tags

from ..errors import Problem
from ..inputs import Args, Plain, comes_later
from .runtimes import MACHINES, RUNTIMES

_ID = "the release's id follows from it"
_OLDEST_GLIBC = {"x86_64": 5, "aarch64": 17}
# Older names of manylinux_2_<n> (PEP 600).
_LEGACY_TAGS = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}


@dataclass(frozen=True, kw_only=True)
class Target(Args):
    """What libraries are made for: the function's runtime, and the populate task with the same ABI.

    Attributes:
        runtime: Lambda runtime, for instance `python3.12`; those of `RUNTIMES`.
        architecture: `x86_64` or `arm64`.
        image: Image of the populate task, by tag or digest; default: AWS's Lambda base image of the
            runtime, by its tag.

    Raises:
        ConfigurationError: Lambda has no such runtime or architecture for libraries.
    """

    runtime: Annotated[str, Plain(_ID)]
    architecture: Annotated[str, Plain(_ID)] = "x86_64"
    image: Annotated[str, Plain(_ID)] = ""

    def wrong(self) -> Iterator[Problem]:
        known = {"runtime": RUNTIMES, "architecture": MACHINES}
        for name, values in known.items():
            value = getattr(self, name)
            if not comes_later(value) and not (isinstance(value, str) and value in values):
                rule = f"libraries are made for {', '.join(values)}"
                subject = f"Target.{name}"
                yield Problem(
                    subject=subject, value=repr(value), rule=rule, remedy="name one of them"
                )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.image:
            object.__setattr__(self, "image", RUNTIMES[self.runtime].image)

    def __str__(self) -> str:
        glibc = RUNTIMES[self.runtime].glibc
        return f"{self.runtime} on {self.architecture} (CPython {self.python}, glibc 2.{glibc})"

    @property
    def python(self) -> str:
        """The Python's version, for instance `3.12`."""
        return RUNTIMES[self.runtime].python

    @property
    def name(self) -> str:
        """What its lock is called."""
        return f"{self.runtime}-{self.architecture}"

    @property
    def machine(self) -> str:
        """The kernel's word for the architecture."""
        return MACHINES[self.architecture]

    def tags(self) -> dict[Tag, int]:
        """The wheel tags that it takes, and how far down pip's list each is."""
        runtime = RUNTIMES[self.runtime]
        platforms = list(self._platforms(runtime.glibc))
        version, interpreter = (3, runtime.minor), f"cp3{runtime.minor}"
        tags = [*cpython_tags(version, [interpreter], platforms)]
        tags += compatible_tags(version, interpreter, platforms)
        return {tag: rank for rank, tag in reversed(list(enumerate(tags)))}

    def _platforms(self, glibc: int) -> Iterator[str]:
        for minor in range(glibc, _OLDEST_GLIBC[self.machine] - 1, -1):
            yield f"manylinux_2_{minor}_{self.machine}"
            if minor in _LEGACY_TAGS:
                yield f"{_LEGACY_TAGS[minor]}_{self.machine}"
        yield f"linux_{self.machine}"
