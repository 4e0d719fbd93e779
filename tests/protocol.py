"""Providers in the processes that the engine would start, over its protocol."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

ROOT = Path(__file__).parents[1]


def struct(values: Mapping[str, Any]) -> Any:
    """Properties as they go over the wire."""
    made = struct_pb2.Struct()  # type: ignore[attr-defined]
    made.update(values)
    return made


def plain(properties: Any) -> dict[str, Any]:
    """Properties as they come over the wire."""
    made: dict[str, Any] = MessageToDict(properties)  # type: ignore[no-untyped-call]
    return made


@contextmanager
def serving(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Iterator[Any]:
    """The stub of a plugin, configured as the engine does it, in the environment of the test."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        address = f"127.0.0.1:{int(process.stdout.readline())}"
        with grpc.insecure_channel(address) as channel:  # type: ignore[no-untyped-call]
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            stub.Configure(
                provider_pb2.ConfigureRequest(args=struct(variables), variables=variables)
            )
            yield stub
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def running(folder: Path = ROOT, /, **config: str) -> AbstractContextManager[Any]:
    """The stub of the dynamic provider of the program in a folder, with its configuration."""
    return serving([sys.executable, "-u", "-m", "pulumi.dynamic"], folder, config)


class Dynamic:
    """One dynamic resource and its state, driven as the engine drives it.

    Attributes:
        state: Its outputs, None before it is created and after it is deleted.
    """

    def __init__(self, stub: Any, provider: ResourceProvider, **inputs: Any) -> None:
        self._stub, self._reference = stub, str(serialize_provider(provider))
        self.inputs: dict[str, Any] = {**inputs, "__provider": self._reference}
        self.state: dict[str, Any] | None = None
        self._id = ""

    def create(self) -> None:
        """Create it."""
        answer = self._stub.Create(
            provider_pb2.CreateRequest(urn="urn", properties=struct(self.inputs))
        )
        self._id, self.state = answer.id, plain(answer.properties)

    def refusals(self, **changes: Any) -> list[str]:
        """Why a preview refuses these inputs."""
        news = struct({**self.inputs, **changes})
        answer = self._stub.Check(
            provider_pb2.CheckRequest(urn="urn", olds=struct(self.inputs), news=news)
        )
        return [failure.reason for failure in answer.failures]

    def diff(self, **changes: Any) -> Any:
        """What a preview says of these inputs."""
        return self._stub.Diff(
            provider_pb2.DiffRequest(
                id=self._id,
                urn="urn",
                olds=struct(self.state or {}),
                news=struct({**self.inputs, **changes}),
            )
        )

    def update(self, **changes: Any) -> None:
        """Bring it to other inputs."""
        self.inputs |= changes
        answer = self._stub.Update(
            provider_pb2.UpdateRequest(
                id=self._id, urn="urn", olds=struct(self.state or {}), news=struct(self.inputs)
            )
        )
        self.state = plain(answer.properties)

    def delete(self) -> None:
        """Delete it."""
        self._stub.Delete(
            provider_pb2.DeleteRequest(id=self._id, urn="urn", properties=struct(self.state or {}))
        )
        self.state = None
