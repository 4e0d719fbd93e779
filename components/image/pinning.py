"""Prints what a tag names now: `python -m efs_inference.image public.ecr.aws/lambda/python:3.12`.

A tag may name another image tomorrow: on 2023-12-05 AWS's python:3.11 became one without
libffi.so.6, and ctypes failed (https://github.com/aws/aws-lambda-base-images/issues/129). So this
asks the registry for the multi-architecture digest.
"""

from __future__ import annotations

import argparse
import sys

from .registry import Reference, RegistryError, resolve

_DOCKER = {"x86_64": "amd64", "arm64": "arm64"}
"""Docker's names of Lambda's architectures."""


def pinned(image: str, architecture: str) -> str:
    """The image by the digest that the registry has for it now.

    Args:
        image: With a tag, with none (`latest`), or with a digest, which is only checked.
        architecture: Lambda's word for the architecture that it has to be there for.

    Raises:
        RegistryError: The registry cannot be asked, or the image is for other architectures.
    """
    reference = Reference.parse(image)
    found = resolve(reference)
    if _DOCKER.get(architecture, architecture) not in found.architectures:
        there = ", ".join(found.architectures) or "none"
        raise RegistryError(
            f"{image} is not there for {architecture}: it has linux on {there}. Remedy: another "
            "image, or another architecture of the stack"
        )
    return f"{reference.name}@{found.digest}"


def main(arguments: list[str] | None = None) -> int:
    """Run the command; what it returns is the exit status."""
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}", description=__doc__)
    parser.add_argument("image", help="an image, by its tag")
    parser.add_argument(
        "--architecture",
        choices=sorted(_DOCKER),
        default="x86_64",
        help="for which it has to be there, default: %(default)s",
    )
    options = parser.parse_args(arguments)
    try:
        print(pinned(options.image, options.architecture))
    except RegistryError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0
