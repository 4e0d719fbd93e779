"""Everything of Pulumi's SDK that the local engine uses and that the SDK does not document.

Nothing else in local/ imports such a name. All are looked up before the first is imported, so
that a version of the SDK that lacks one is named instead of failing somewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..dependencies import require

TRIED = "3.255 to 3.272"
"""Versions of the package pulumi with which the tests of the engine pass."""

_NAMES = {
    "pulumi.output": "Unknown",
    "pulumi.runtime": "Settings configure reset_options run_in_stack set_all_config",
    "pulumi.runtime._serialization": "_deserialize",
    "pulumi.runtime.mocks": "MockMonitor",
    "pulumi.runtime.proto.analyzer_pb2": "AnalyzeRequest AnalyzeStackRequest AnalyzeResponse "
    "AnalyzerResourceOptions ConfigureAnalyzerRequest ADVISORY MANDATORY REMEDIATE DISABLED",
    "pulumi.runtime.proto.analyzer_pb2_grpc": "AnalyzerStub",
    "pulumi.runtime.proto.engine_pb2": "LogRequest DEBUG INFO WARNING ERROR",
    "pulumi.runtime.proto.resource_pb2": "RegisterResourceRequest RegisterResourceResponse "
    "RegisterResourceOutputsRequest ReadResourceRequest ReadResourceResponse "
    "ResourceInvokeRequest",
    "pulumi.runtime.rpc": "UNKNOWN deserialize_properties_unwrap_secrets serialize_properties "
    "_special_sig_key _special_asset_sig _special_resource_sig _special_secret_sig",
}


def check() -> None:
    """Look every name up. Raises DependencyError."""
    require("pulumi", TRIED, _NAMES)


check()

import dill  # type: ignore[import-untyped] # noqa: E402
from google.protobuf import empty_pb2, json_format, message_factory, struct_pb2  # noqa: E402
from pulumi.output import Unknown as Unknown  # noqa: E402
from pulumi.runtime import Settings as Settings  # noqa: E402
from pulumi.runtime import configure as configure  # noqa: E402
from pulumi.runtime import reset_options as reset_options  # noqa: E402
from pulumi.runtime import rpc  # noqa: E402
from pulumi.runtime import run_in_stack as run_in_stack  # noqa: E402
from pulumi.runtime import set_all_config as set_all_config  # noqa: E402
from pulumi.runtime._serialization import _deserialize  # noqa: E402
from pulumi.runtime.mocks import MockMonitor as MockMonitor  # noqa: E402
from pulumi.runtime.proto import analyzer_pb2 as analyzer_pb2  # noqa: E402
from pulumi.runtime.proto import analyzer_pb2_grpc as analyzer_pb2_grpc  # noqa: E402
from pulumi.runtime.proto import engine_pb2 as engine_pb2  # noqa: E402
from pulumi.runtime.proto import resource_pb2 as resource_pb2  # noqa: E402

UNKNOWN: str = rpc.UNKNOWN
"""What stands on the wire for a value that a preview does not know."""

# protobuf's generated code is made at run time, so its names have no types.
Empty: Any = empty_pb2.Empty  # type: ignore[attr-defined]
plain: Callable[[Any], dict[str, Any]] = json_format.MessageToDict
_calls = resource_pb2.DESCRIPTOR.services_by_name["ResourceMonitor"].methods_by_name
# Older versions have it in another module.
InvokeResponse: Any = message_factory.GetMessageClass(_calls["Invoke"].output_type)  # type: ignore[no-untyped-call]
serialized = rpc.serialize_properties


def Struct(values: Any = ()) -> Any:  # noqa: N802 - it is protobuf's
    """A protobuf structure with these values."""
    made = struct_pb2.Struct()  # type: ignore[attr-defined]
    made.update(values)
    return made


def unwrapped(struct: Any, keep_unknowns: bool | None = None) -> dict[str, Any]:
    """What a structure on the wire says, secrets like any other value."""
    values: dict[str, Any] = rpc.deserialize_properties_unwrap_secrets(struct, keep_unknowns)[0]
    return values


def unpickled(pickled: bytes) -> Any:
    """A provider that the program pickled."""
    return _deserialize(lambda: dill.loads(pickled))  # noqa: S301


def is_asset(value: dict[str, Any]) -> bool:
    """Whether a tagged object on the wire is an asset."""
    return value.get(rpc._special_sig_key) == rpc._special_asset_sig


def is_reference(value: dict[str, Any]) -> bool:
    """Whether a tagged object on the wire is a resource."""
    return value.get(rpc._special_sig_key) == rpc._special_resource_sig


def secret(value: Any) -> dict[str, Any]:
    """A value tagged as a secret."""
    return {rpc._special_sig_key: rpc._special_secret_sig, "value": value}


def integers(value: Any) -> Any:
    """A value with integers where numbers are whole: the wire knows one kind of number."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [integers(item) for item in value]
    if isinstance(value, dict):
        return {key: integers(item) for key, item in value.items()}
    return value
