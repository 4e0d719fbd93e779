"""Target: the Python, the processor and the image that everything in a stack is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from ..errors import Problem
from ..inputs import Args, Plain, comes_later
from .runtimes import MACHINES, RUNTIMES

_ID = "the release's id follows from it"


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
            object.__setattr__(self, "image", self.default_image)

    @property
    def python(self) -> str:
        """The Python's version, for instance `3.12`."""
        return RUNTIMES[self.runtime].python

    @property
    def default_image(self) -> str:
        """AWS's Lambda base image of the runtime, by its tag."""
        return RUNTIMES[self.runtime].image

    @property
    def name(self) -> str:
        """What its lock is called."""
        return f"{self.runtime}-{self.architecture}"
