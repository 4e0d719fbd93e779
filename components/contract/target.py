"""Target: the Python, the processor and the image that everything in a stack is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ..inputs import Args, Plain

_ID = "the release's id follows from it"
_LAMBDA_IMAGE = "public.ecr.aws/lambda/python"


@dataclass(frozen=True, kw_only=True)
class Target(Args):
    """What libraries are made for: the function's runtime, and the populate task with the same ABI.

    Attributes:
        runtime: Lambda runtime, for instance `python3.12`.
        architecture: `x86_64` or `arm64`.
        image: Image of the populate task, by tag or digest; default: AWS's Lambda base image of the
            runtime, by its tag.
    """

    runtime: Annotated[str, Plain(_ID)]
    architecture: Annotated[str, Plain(_ID)] = "x86_64"
    image: Annotated[str, Plain(_ID)] = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.image:
            object.__setattr__(self, "image", self.default_image)

    @property
    def python(self) -> str:
        """The Python's version, for instance `3.12`."""
        return self.runtime.removeprefix("python")

    @property
    def default_image(self) -> str:
        """AWS's Lambda base image of the runtime, by its tag."""
        return f"{_LAMBDA_IMAGE}:{self.python}"

    @property
    def name(self) -> str:
        """What its lock is called."""
        return f"{self.runtime}-{self.architecture}"
