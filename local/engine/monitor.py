"""What a running program talks to: takes its registrations, reads, function calls and log lines.

It stands in for the real engine's services. What it does not do it refuses by name.
"""

# ruff: noqa: N802 - the monitor's methods are named by the protocol

from __future__ import annotations

import asyncio
import base64
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pulumi
from pulumi.dynamic import Config, ConfigureRequest, ResourceProvider

from ..project import Project
from . import refusals, sdk
from .resource import STACK, Provider, Resource, Watcher
from .sdk import UNKNOWN, Empty, Struct, engine_pb2, plain, resource_pb2
from .values import as_known, content, unwrapped

_DYNAMIC = "pulumi-python:dynamic"
_PROVIDER = "__provider"
_SEVERITIES = {
    engine_pb2.DEBUG: "debug",
    engine_pb2.INFO: "info",
    engine_pb2.WARNING: "warning",
    engine_pb2.ERROR: "error",
}


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


class Monitor:
    """Takes the program's registrations; called from several threads at once."""

    def __init__(
        self,
        project: Project,
        provider: Provider,
        watcher: Watcher,
        dry_run: bool,
        before: Mapping[str, Resource],
    ) -> None:
        self._before = before
        self._project, self._provider = project, provider
        self._watcher, self._dry_run = watcher, dry_run
        self._lock = threading.Lock()
        self._reads: set[str] = set()
        self.registered: dict[str, Resource] = {}
        self.failure: str | None = None
        self.stopped = False
        self.program_error: BaseException | None = None

    def __getattr__(self, name: str) -> Callable[[Any], Any]:
        """A call that is not a method here: what it supports, or a refusal."""
        if name in {"GetDeploymentInfo", "SupportsFeature", "SignalAndWaitForShutdown"}:
            # It has to claim all features: without one the SDK says to update the CLI.
            answer: Callable[[Any], Any] = getattr(sdk.MockMonitor(None), name)  # type: ignore[arg-type]
            return answer
        if not name[:1].isupper():
            raise AttributeError(name)

        def refuse(_request: object) -> Any:
            raise self._failed("", refusals.of_call(name))

        return refuse

    def RegisterResource(
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        what = f"{request.type} ({request.name}): "
        urn = self._claim(request, what)
        start = time.monotonic()
        try:
            refusals.check_registration(request)
            resource = self._resource(request, urn)
            reply = Struct(resource.inputs)
            if request.custom:
                resource = self._create(resource, reply)
        except Exception as error:
            with self._lock:
                self.registered.pop(urn, None)
            raise self._failed(what, refusals.reason(error)) from error
        with self._lock:
            self.registered[urn] = resource
        old = self._before.get(urn)
        if resource.type != STACK and not (old and old.outputs is resource.outputs):
            self._watcher.created(resource, time.monotonic() - start)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=resource.id, object=reply)

    def _failed(self, what: str, why: str) -> CreationError:
        """The error of this request; the first is the run's, and nothing is created after it."""
        self.failure = self.failure or f"{what}{why}"
        self.stopped = True
        return CreationError(self.failure)

    def _claim(self, request: Any, what: str) -> str:
        """The URN of a new resource. A URN carries the types of all ancestors but the stack's."""
        ancestors = request.parent.split("::")[2] if request.parent else STACK
        qualified = request.type if ancestors == STACK else f"{ancestors}${request.type}"
        urn = f"urn:pulumi:{self._project.stack}::{self._project.name}::{qualified}::{request.name}"
        with self._lock:
            if self.stopped:
                raise CreationError(self.failure or "the program has ended")
            if urn in self.registered or urn in self._reads:
                raise self._failed(what, f"two resources have the URN {urn}: rename one")
            if isinstance(request, resource_pb2.ReadResourceRequest):
                self._reads.add(urn)
            else:
                self.registered[urn] = Resource(request=request, urn=urn, inputs={})
        return urn

    def _resource(self, request: resource_pb2.RegisterResourceRequest, urn: str) -> Resource:
        inputs: dict[str, Any] = as_known(plain(request.object))
        if request.custom and not request.type.startswith(_DYNAMIC):
            made_up = self._provider.check(request.type, urn, inputs)
            before = self._before[urn].inputs if urn in self._before else {}
            inputs.update({name: before.get(name, value) for name, value in made_up.items()})
        if old := self._before.get(urn):
            kept = {name: old.inputs[name] for name in request.ignoreChanges if name in old.inputs}
            inputs.update(kept)
        return Resource(request=request, urn=urn, inputs=inputs)

    def _provider_of(self, request: Any) -> Provider:
        """The provider that the program names for this resource or call, or the default one."""
        if not request.provider:
            return self._provider
        with self._lock:
            named = self.registered[request.provider.rpartition("::")[0]]
        refusals.check_provider(named.type)
        return self._provider.configured(unwrapped(named.inputs), named.name)

    def _create(self, resource: Resource, reply: Any) -> Resource:
        """Plan, create, update or keep it; `reply` comes with inputs and leaves with outputs."""
        old = self._before.get(resource.urn)
        if resource.type.startswith(_DYNAMIC):
            return self._create_dynamic(resource, old, reply)
        provider = self._provider_of(resource.request)
        new, known = resource.inputs, old.inputs if old else {}
        props = unwrapped(new)
        changed = sorted(
            key for key in {*known, *new} if content(known.get(key)) != content(new.get(key))
        )
        if self._dry_run:
            id_, outputs = "", provider.planned(resource.type, props)
        elif old is None:
            id_, outputs = provider.create(resource.type, resource.name, props)
        elif changed and provider.replaces(
            resource.type, changed, refusals.tops(resource.request.replaceOnChanges)
        ):
            # Before the old one goes, as Pulumi does it; here that stays, a run deletes nothing.
            given = plain(resource.request.object)
            made_up = provider.check(resource.type, resource.urn, given, old.id)
            resource = replace(resource, inputs={**new, **made_up})
            reply.update(made_up)
            id_, outputs = provider.create(resource.type, resource.name, props | made_up)
        elif changed:
            if not provider.puts(resource.type):
                refusals.check_update(resource.request, changed)
            id_, outputs = provider.update(resource.type, props, changed)
        else:
            return _kept(resource, old, reply)
        reply.update(outputs if self._dry_run else {"id": id_, **outputs})
        wire = plain(reply)
        names = resource.request.additionalSecretOutputs
        hidden = {name: sdk.secret(wire[name]) for name in names if name in wire}
        reply.update(hidden)
        return replace(resource, id=id_, outputs=wire | hidden)

    def _create_dynamic(self, resource: Resource, old: Resource | None, reply: Any) -> Resource:
        provider, props = self._dynamic_provider(reply, unwrapped(old.inputs) if old else {})
        if self._dry_run:
            reply.Clear()  # the dynamic provider has no preview, so nothing of it is known
            return resource
        known = unwrapped(old.outputs) if old else {}
        found = provider.diff(old.id, known, props) if old else None
        if old is None or (found and found.replaces):
            created = provider.create(props)
            id_, made = created.id, created.outs
        elif found and found.changes:
            id_, made = old.id, provider.update(old.id, known, props).outs
        else:
            return _kept(resource, old, reply)
        outputs = {**(made or {}), _PROVIDER: props[_PROVIDER]}
        loop = asyncio.new_event_loop()
        reply.CopyFrom(loop.run_until_complete(sdk.serialize_properties(outputs, {})))
        loop.close()
        return replace(resource, id=id_, outputs=plain(reply))

    def _dynamic_provider(
        self, inputs: Any, known_inputs: dict[str, Any]
    ) -> tuple[ResourceProvider, dict[str, Any]]:
        """The provider that the program pickled, configured, and the inputs that it checked."""
        props = sdk.unwrapped(inputs, self._dry_run)
        provider: ResourceProvider = sdk.unpickled(base64.b64decode(props[_PROVIDER]))
        config = Config(dict(self._project.config), self._project.name)
        provider.configure(ConfigureRequest(config))
        checked = provider.check(known_inputs, props)
        if checked.failures:
            raise CreationError(
                "; ".join(f"{failure.property}: {failure.reason}" for failure in checked.failures)
            )
        return provider, {**checked.inputs, _PROVIDER: props[_PROVIDER]}

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> Any:
        with self._lock:
            resource = self.registered[request.urn]
            outputs = as_known(plain(request.outputs))
            self.registered[request.urn] = replace(resource, outputs=outputs)
        return Empty()

    def ReadResource(
        self, request: resource_pb2.ReadResourceRequest
    ) -> resource_pb2.ReadResourceResponse:
        """A resource that is there already. The packs do not see it: the real engine's do not."""
        what = f"{request.type} ({request.name}), read by its id {request.id}: "
        urn = self._claim(request, what)
        try:
            refusals.check_read(request)
            provider = self._provider_of(request)
            found = (
                provider.planned(request.type, {})
                if request.id == UNKNOWN
                else provider.read(request.type, request.id)
            )
        except Exception as error:
            raise self._failed(what, refusals.reason(error)) from error
        properties = Struct({**plain(request.properties), **found})
        answer = resource_pb2.ReadResourceResponse(urn=urn, properties=properties)
        if hasattr(answer, "id") and request.id != UNKNOWN:  # of later versions
            answer.id = request.id
        return answer

    def Invoke(self, request: resource_pb2.ResourceInvokeRequest) -> Any:
        try:
            args = unwrapped(as_known(plain(request.args)))
            answer = self._provider_of(request).invoke(request.tok, args)
        except Exception as error:
            raise pulumi.RunError(f"{request.tok}: {refusals.reason(error)}") from error
        return sdk.InvokeResponse(**{"return": Struct(answer)})


def _kept(resource: Resource, old: Resource, reply: Any) -> Resource:
    reply.Clear()
    reply.update(old.outputs)
    return replace(resource, id=old.id, outputs=old.outputs)
