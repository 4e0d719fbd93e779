"""A stand-in for the plugin pulumi-resource-aws: the resources of the embedded cloud, whole lives.

Pulumi's engine takes an executable of that name on the PATH for the plugin; it starts it with its
own address, and reads the port from its first line. What creates and updates is the table of the
local cloud; what ends is `kinds`. STAND_IN_WAITS says how many seconds a deletion waits for what is
in its way, 60 without it.
"""

# ruff: noqa: N802 - the methods are named by the protocol

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Mapping
from concurrent import futures
from typing import Any

import boto3
import grpc
from botocore.exceptions import BotoCoreError, ClientError
from pulumi.runtime import rpc
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from local.engine.sdk import Empty
from local.provider import KINDS, AwsProvider, ProviderError, refusal
from tests.engine.kinds import ENDINGS, delete
from tests.protocol import plain, struct

_DEFAULTS = "__defaults"  # where the provider keeps which names it has made up itself
_MEGABYTES = 400 << 20  # the engine's own limit of a message
# An update of these makes another version, so what tells one from another is unknown before.
_VERSIONED = {"aws:lambda/function:Function": ("version", "qualifiedArn", "lastModified")}


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _content(value: Any) -> Any:
    """What counts of an input: of a file not where it lies."""
    if isinstance(value, dict) and "hash" in value and rpc._special_sig_key in value:
        return value["hash"]
    return value


def _changed(olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
    names = {*olds, *news} - {_DEFAULTS}
    return sorted(n for n in names if _content(olds.get(n)) != _content(news.get(n)))


class AwsPlugin(provider_pb2_grpc.ResourceProviderServicer):
    """The provider protocol on the cloud that the environment names."""

    def __init__(self) -> None:
        self._provider: Any = None
        self._seconds = float(os.environ.get("STAND_IN_WAITS", "60"))

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="7.51.1")

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        changed = _changed(plain(request.old_inputs), plain(request.news))
        return _diff(changed, [name for name in changed if name == "region"])

    def Configure(self, request: Any, context: Any) -> Any:
        region = request.variables.get("aws:config:region") or os.environ["AWS_REGION"]
        boto3.setup_default_session(region_name=region)
        self._provider = AwsProvider(region, cloud=True)
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Invoke(self, request: Any, context: Any) -> Any:
        answer = _tried(context, lambda: self._provider.invoke(request.tok, plain(request.args)))
        return provider_pb2.InvokeResponse(**{"return": struct(answer or {})})

    def Check(self, request: Any, context: Any) -> Any:
        """A name for what has none: the one before, or a new one."""
        news, olds, type_ = plain(request.news), plain(request.olds), _type(request.urn)
        named, made_up = KINDS[type_].named if type_ in KINDS else "", []
        if named and not news.get(named):
            start = news.get(f"{named}Prefix") or f"{request.urn.rpartition('::')[2]}-"
            before = olds.get(named) if named in olds.get(_DEFAULTS, []) else None
            news[named], made_up = before or f"{start}{secrets.token_hex(4)[:7]}", [named]
        return provider_pb2.CheckResponse(inputs=struct({**news, _DEFAULTS: made_up}))

    def Diff(self, request: Any, context: Any) -> Any:
        type_, olds = _type(request.urn), plain(request.old_inputs)
        news = plain(request.news)
        changed = _changed(olds, news)
        replacing = [name for name in changed if type_ in ENDINGS and ENDINGS[type_].replaces(name)]
        named = KINDS[type_].named if type_ in KINDS else ""
        # Two of one name cannot be at once; of a made up one there is another.
        same = bool(named) and named not in olds.get(_DEFAULTS, []) and named not in changed
        return _diff(changed, replacing, first=bool(replacing) and same)

    def Create(self, request: Any, context: Any) -> Any:
        type_, name = _type(request.urn), request.urn.rpartition("::")[2]
        given, values = plain(request.properties), _values(request.properties)
        if request.preview:
            outputs = {**self._provider.planned(type_, given), **given}
            return provider_pb2.CreateResponse(properties=struct(outputs))
        made = _tried(context, lambda: self._provider.create(type_, name, values))
        if made is None:
            return provider_pb2.CreateResponse()
        return provider_pb2.CreateResponse(id=made[0], properties=struct({**given, **made[1]}))

    def Read(self, request: Any, context: Any) -> Any:
        """As the state has it: nothing here changes by itself."""
        return provider_pb2.ReadResponse(
            id=request.id, properties=request.properties, inputs=request.inputs
        )

    def Update(self, request: Any, context: Any) -> Any:
        type_, olds, given = _type(request.urn), plain(request.olds), plain(request.news)
        if request.preview:
            unknown = dict.fromkeys(_VERSIONED.get(type_, ()), rpc.UNKNOWN)
            return provider_pb2.UpdateResponse(properties=struct({**olds, **given, **unknown}))
        changed = [name for name in _changed(plain(request.old_inputs), given) if name != "tags"]
        values = _values(request.news)
        made: Any = ("", {})
        if changed:
            made = _tried(context, lambda: self._provider.update(type_, values, changed))
        outputs = made[1] if made else {}
        return provider_pb2.UpdateResponse(properties=struct({**olds, **given, **outputs}))

    def Delete(self, request: Any, context: Any) -> Any:
        type_, properties = _type(request.urn), plain(request.properties)
        _tried(context, lambda: delete(type_, request.id, properties, self._seconds))
        return Empty()

    def Cancel(self, request: Any, context: Any) -> Any:
        return Empty()

    def GetMapping(self, request: Any, context: Any) -> Any:
        return provider_pb2.GetMappingResponse()

    def GetMappings(self, request: Any, context: Any) -> Any:
        return provider_pb2.GetMappingsResponse()


def _diff(changed: list[str], replacing: list[str], *, first: bool = False) -> Any:
    answer = provider_pb2.DiffResponse
    return answer(
        changes=answer.DIFF_SOME if changed else answer.DIFF_NONE,
        diffs=changed,
        replaces=replacing,
        deleteBeforeReplace=first,
    )


def _values(properties: Any) -> dict[str, Any]:
    found = rpc.deserialize_properties(properties, keep_unknowns=True)
    return {name: value for name, value in found.items() if name != _DEFAULTS}


def _tried(context: Any, what: Callable[[], Any]) -> Any:
    """What it returns; or None, and the engine gets the reason."""
    try:
        return what()
    except ClientError as error:
        said = refusal(error)
    except (ProviderError, BotoCoreError) as error:
        said = str(error)
    context.set_code(grpc.StatusCode.UNKNOWN)
    context.set_details(said)
    return None


def main() -> None:
    """Serve until the engine ends it."""
    options = [("grpc.max_receive_message_length", _MEGABYTES)]
    server = grpc.server(  # type: ignore[no-untyped-call]
        futures.ThreadPoolExecutor(max_workers=32), options=options
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(AwsPlugin(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
