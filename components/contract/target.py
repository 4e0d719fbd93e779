"""Target: the Python, the processor and the image that everything in a stack is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ..errors import ConfigurationError, Problem
from ..inputs import Args, Plain
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

    def __post_init__(self) -> None:
        super().__post_init__()
        known = {"runtime": RUNTIMES, "architecture": MACHINES}
        problems = [
            Problem(
                subject=f"Target.{name}",
                value=repr(getattr(self, name)),
                rule=f"libraries are made for {', '.join(values)}",
                remedy="name one of them",
            )
            for name, values in known.items()
            if getattr(self, name) not in values
        ]
        if problems:
            raise ConfigurationError(problems)
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
