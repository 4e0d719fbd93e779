"""What a running program talks to: takes its registrations, function calls and log lines.

It stands in for the real engine's services. Names of the SDK that are private, or that only its own
mocks use, stand in this module and in `engine.py`, and nowhere else.
"""

# ruff: noqa: N802 - the monitor's methods are named by the protocol

from __future__ import annotations

import asyncio
import base64
import hashlib
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import dill  # type: ignore[import-untyped]
import pulumi
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.dynamic import Config, ConfigureRequest, ResourceProvider
from pulumi.runtime import rpc
from pulumi.runtime._serialization import _deserialize
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto import engine_pb2, resource_pb2

from .project import Project

UNKNOWN: str = rpc.UNKNOWN
"""What stands on the wire for a value that a preview does not know."""

STACK = "pulumi:pulumi:Stack"
"""Type of the resource that is the stack itself."""

# protobuf's generated code is made at run time, so its names have no types.
Struct: Any = struct_pb2.Struct  # type: ignore[attr-defined]
_Empty: Any = empty_pb2.Empty  # type: ignore[attr-defined]
_plain: Callable[[Any], dict[str, Any]] = json_format.MessageToDict
_DYNAMIC = "pulumi-python:dynamic"
_PROVIDER = "__provider"
_NO_TRANSFORMS = "transforms are not run by the local engine, so its result would be another one"
_SEVERITIES = {
    engine_pb2.DEBUG: "debug",
    engine_pb2.INFO: "info",
    engine_pb2.WARNING: "warning",
    engine_pb2.ERROR: "error",
}


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A registered resource.

    Attributes:
        urn: As the real engine makes it.
        type: The type token.
        name: The logical name.
        custom: False for components and the stack.
        parent: URN of the parent; empty for the stack.
        dependencies: URNs of everything that it depends on.
        property_dependencies: For each input the URNs that its value comes from.
        protect: Whether deleting it is refused.
        options: Further options as the protocol names them.
        inputs: Inputs as on the wire: unknowns are `UNKNOWN`, secrets and assets tagged objects.
        id: The id; empty in a preview and for components.
        outputs: Outputs, in the form of the inputs.
    """

    urn: str
    type: str
    name: str
    custom: bool
    parent: str
    dependencies: tuple[str, ...]
    property_dependencies: Mapping[str, tuple[str, ...]]
    protect: bool
    options: Mapping[str, Any]
    inputs: Mapping[str, Any]
    id: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)


class Provider(Protocol):
    """What the engine needs of a cloud provider. Inputs and outputs are plain JSON-like values."""

    def check(self, type_: str, urn: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Inputs that the provider adds, such as a generated name."""

    def computed(self, type_: str) -> Collection[str]:
        """Outputs that are not known before creation."""

    def create(self, type_: str, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create a resource: its id and its outputs beside the inputs."""

    def update(
        self, type_: str, inputs: dict[str, Any], changed: Collection[str]
    ) -> tuple[str, dict[str, Any]]:
        """Bring a resource to new inputs, of which some changed: as `create`."""

    def invoke(self, token: str, args: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a function call such as `aws:index/getRegion:getRegion`."""


class Watcher(Protocol):
    """What is told of a run while it runs."""

    def log(self, severity: str, message: str) -> None:
        """A line of the program's log: debug, info, warning or error."""

    def created(self, resource: Resource, seconds: float) -> None:
        """A resource was created (in a preview: planned)."""


class CreationError(Exception):
    """A registration that failed; its message is the run's error."""


class Log:
    """The part of the engine's service that the SDK calls."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher

    def Log(self, request: engine_pb2.LogRequest) -> None:
        if not request.ephemeral:
            self._watcher.log(_SEVERITIES[request.severity], request.message)

    def RequirePulumiVersion(self, _request: object) -> None:
        """Whatever version the program asks for, this is not the CLI."""


class Monitor(MockMonitor):
    """Takes the program's registrations; called from several threads at once."""

    def __init__(
        self,
        project: Project,
        provider: Provider,
        watcher: Watcher,
        dry_run: bool,
        before: Mapping[str, Resource],
    ) -> None:
        super().__init__(None)  # type: ignore[arg-type] # this one answers by itself
        self._before = before
        self._project, self._provider = project, provider
        self._watcher, self._dry_run = watcher, dry_run
        self._lock = threading.Lock()
        self.registered: dict[str, Resource] = {}
        self.failure: str | None = None
        self.stopped = False
        self.program_error: BaseException | None = None

    def RegisterResource(
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        if request.transforms:
            raise self._failed(request, _NO_TRANSFORMS)
        resource = self._register(request)
        start = time.monotonic()
        try:
            reply = Struct()
            reply.update(resource.inputs)
            if request.custom:
                resource = self._create(resource, reply)
        except Exception as error:
            with self._lock:
                self.registered.pop(resource.urn)
            raise self._failed(request, str(error) or type(error).__name__) from error
        with self._lock:
            self.registered[resource.urn] = resource
        old = self._before.get(resource.urn)
        if resource.type != STACK and not (old and old.outputs is resource.outputs):
            self._watcher.created(resource, time.monotonic() - start)
        return resource_pb2.RegisterResourceResponse(urn=resource.urn, id=resource.id, object=reply)

    def _failed(self, request: resource_pb2.RegisterResourceRequest, why: str) -> CreationError:
        """The error of this request; the first is the run's, and nothing is created after it."""
        self.failure = self.failure or f"{request.type} ({request.name}): {why}"
        self.stopped = True
        return CreationError(self.failure)

    def _register(self, request: resource_pb2.RegisterResourceRequest) -> Resource:
        urn = self._urn(request.parent, request.type, request.name)
        inputs: dict[str, Any] = _hashed(_plain(request.object))
        if request.custom and not request.type.startswith(_DYNAMIC):
            inputs.update(self._provider.check(request.type, urn, inputs))
        resource = Resource(
            urn=urn,
            type=request.type,
            name=request.name,
            custom=request.custom,
            parent=request.parent,
            dependencies=tuple(sorted(request.dependencies)),
            property_dependencies={
                key: tuple(sorted(value.urns))
                for key, value in request.propertyDependencies.items()
            },
            protect=request.protect,
            options={
                "ignoreChanges": list(request.ignoreChanges),
                "aliases": list(request.aliasURNs),
                "additionalSecretOutputs": list(request.additionalSecretOutputs),
                "deleteBeforeReplace": request.deleteBeforeReplace,
                "deleteBeforeReplaceDefined": request.deleteBeforeReplaceDefined,
            },
            inputs=inputs,
        )
        with self._lock:
            if self.stopped:
                raise CreationError(self.failure or "the program has ended")
            if urn in self.registered:
                raise self._failed(request, f"two resources have the URN {urn}: rename one")
            self.registered[urn] = resource
        return resource

    def _urn(self, parent: str, type_: str, name: str) -> str:
        """A URN carries the types of all ancestors but the stack's."""
        ancestors = parent.split("::")[2] if parent else STACK
        qualified = type_ if ancestors == STACK else f"{ancestors}${type_}"
        return f"urn:pulumi:{self._project.stack}::{self._project.name}::{qualified}::{name}"

    def _create(self, resource: Resource, reply: Any) -> Resource:
        """Plan, create, update or keep it; `reply` comes with inputs and leaves with outputs."""
        old = self._before.get(resource.urn)
        if resource.type.startswith(_DYNAMIC):
            provider, props = self._dynamic_provider(reply)
            if self._dry_run:
                reply.Clear()  # the dynamic provider has no preview, so nothing of it is known
                return resource
            if old and not provider.diff(old.id, _unwrapped(old.outputs), props).replaces:
                return _kept(resource, old, reply)
            created = provider.create(props)
            outputs = {**(created.outs or {}), _PROVIDER: props[_PROVIDER]}
            loop = asyncio.new_event_loop()
            reply.CopyFrom(loop.run_until_complete(rpc.serialize_properties(outputs, {})))
            loop.close()
            return replace(resource, id=created.id, outputs=_plain(reply))
        if self._dry_run:
            computed = self._provider.computed(resource.type)
            reply.update({name: UNKNOWN for name in computed if name not in resource.inputs})
            return replace(resource, outputs=_plain(reply))
        new, known = resource.inputs, old.inputs if old else {}
        changed = sorted(key for key in {*known, *new} if known.get(key) != new.get(key))
        props = _unwrapped(new)
        if old is None:
            id_, computed_values = self._provider.create(resource.type, resource.name, props)
        elif changed:
            id_, computed_values = self._provider.update(resource.type, props, changed)
        else:
            return _kept(resource, old, reply)
        reply.update({"id": id_, **computed_values})
        return replace(resource, id=id_, outputs=_plain(reply))

    def _dynamic_provider(self, inputs: Any) -> tuple[ResourceProvider, dict[str, Any]]:
        """The provider that the program pickled, configured, and the inputs that it checked."""
        props, _ = rpc.deserialize_properties_unwrap_secrets(inputs, self._dry_run)
        pickled = base64.b64decode(props[_PROVIDER])
        provider: ResourceProvider = _deserialize(lambda: dill.loads(pickled))  # noqa: S301
        config = Config(dict(self._project.config), self._project.name)
        provider.configure(ConfigureRequest(config))
        checked = provider.check({}, props)
        if checked.failures:
            raise CreationError(
                "; ".join(f"{failure.property}: {failure.reason}" for failure in checked.failures)
            )
        return provider, {**checked.inputs, _PROVIDER: props[_PROVIDER]}

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> Any:
        with self._lock:
            resource = self.registered[request.urn]
            outputs = _plain(request.outputs)
            self.registered[request.urn] = replace(resource, outputs=outputs)
        return _Empty()

    def ReadResource(
        self, request: resource_pb2.ReadResourceRequest
    ) -> resource_pb2.ReadResourceResponse:
        """A resource that the program only refers to: it is taken to be as the program says."""
        urn = self._urn(request.parent, request.type, request.name)
        state = _plain(request.properties)
        with self._lock:
            self.registered[urn] = Resource(
                urn=urn,
                type=request.type,
                name=request.name,
                custom=True,
                parent=request.parent,
                dependencies=tuple(sorted(request.dependencies)),
                property_dependencies={},
                protect=False,
                options={},
                inputs=state,
                id=request.id,
                outputs={**state, "id": request.id},
            )
        return resource_pb2.ReadResourceResponse(urn=urn, properties=request.properties)

    def RegisterStackTransform(self, _request: object) -> Any:
        raise pulumi.RunError(_NO_TRANSFORMS)

    def RegisterStackInvokeTransform(self, _request: object) -> Any:
        raise pulumi.RunError(_NO_TRANSFORMS)

    def Invoke(
        self, request: resource_pb2.ResourceInvokeRequest
    ) -> resource_pb2.ResourceInvokeResponse:
        args, _ = rpc.deserialize_properties_unwrap_secrets(request.args)
        answer = Struct()
        try:
            answer.update(self._provider.invoke(request.tok, args))
        except Exception as error:
            raise pulumi.RunError(f"{request.tok}: {error}") from error
        return resource_pb2.ResourceInvokeResponse(**{"return": answer})


def _kept(resource: Resource, old: Resource, reply: Any) -> Resource:
    reply.Clear()
    reply.update(old.outputs)
    return replace(resource, id=old.id, outputs=old.outputs)


def _unwrapped(wire: Mapping[str, Any]) -> dict[str, Any]:
    struct = Struct()
    struct.update(wire)
    props: dict[str, Any] = rpc.deserialize_properties_unwrap_secrets(struct)[0]
    return props


def _hashed(value: Any) -> Any:
    """With the hash of each file asset, as the real engine has it: the path tells no change."""
    if isinstance(value, list):
        return [_hashed(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get(rpc._special_sig_key) == rpc._special_asset_sig and "path" in value:
        file = Path(value["path"])
        content = file.read_bytes() if file.is_file() else b""
        return {**value, "hash": hashlib.sha256(content).hexdigest()}
    return {key: _hashed(item) for key, item in value.items()}
