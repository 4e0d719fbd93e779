"""Deletes what a stack has, over the provider protocol and in the order of Pulumi's engine.

What something depends on, its parent too, is deleted after it. All that nothing is left to depend
on is deleted at once, and the next is not begun before.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2

from local.engine import Resource, Result
from tests.protocol import ROOT, running, serving, struct

_DYNAMIC = "pulumi-python:dynamic"


def layers(resources: Collection[Resource]) -> Iterator[list[Resource]]:
    """What is deleted at once, one layer after the other."""
    left = list(resources)
    while left:
        needed = {urn for r in left for urn in (*r.dependencies, r.parent)}
        layer = [resource for resource in left if resource.urn not in needed]
        assert layer, "dependencies in a circle"
        yield layer
        left = [resource for resource in left if resource not in layer]


def gone(result: Result) -> tuple[Resource, ...]:
    """What an `up` found made by an earlier one and no longer in the program."""
    # They come first, before the stack itself.
    types = [resource.type for resource in result.resources]
    return result.resources[: types.index("pulumi:pulumi:Stack")]


def destroy(
    resources: Sequence[Resource],
    config: Mapping[str, str],
    folder: Path = ROOT,
    deleted: Callable[[Resource], None] = lambda _: None,
) -> list[str]:
    """Delete resources of a stack; what it returns are the errors.

    After an error it deletes nothing further, and what depends on nothing that is left stays.

    Args:
        resources: Which; what depends on them has to be among them.
        config: The stack's configuration.
        folder: The program, whose providers are among them.
        deleted: Hears of each one that is gone.
    """
    with ExitStack() as stack:
        dynamic = stack.enter_context(running(folder, **config))
        aws = stack.enter_context(aws_plugin())
        pool = stack.enter_context(ThreadPoolExecutor(16))

        def delete(resource: Resource) -> str | None:
            if resource.custom and not resource.type.startswith("pulumi:"):
                stub = dynamic if resource.type.startswith(_DYNAMIC) else aws
                request = provider_pb2.DeleteRequest(
                    id=resource.id, urn=resource.urn, properties=struct(resource.outputs)
                )
                try:
                    stub.Delete(request)
                except grpc.RpcError as error:
                    return f"{resource.type} ({resource.name}): {error.details()}"  # type: ignore[attr-defined]
            deleted(resource)
            return None

        for layer in layers(resources):
            if errors := [error for error in pool.map(delete, layer) if error]:
                return errors
    return []


def aws_plugin() -> Any:
    """The stand-in of the AWS provider's plugin, configured, in a process of its own."""
    command = [sys.executable, "-u", "-m", "tests.engine.aws_plugin", "engine"]
    return serving(command, ROOT, {"aws:config:region": os.environ["AWS_REGION"]})
