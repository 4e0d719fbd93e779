"""Everything of Pulumi's SDK that the local engine uses and that the SDK does not document.

Nothing else in local/ imports such a name, so a version of the SDK that lacks one is an ImportError
of the first import.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dill  # type: ignore[import-untyped]
from google.protobuf import empty_pb2, json_format, message_factory, struct_pb2
from pulumi.output import Unknown as Unknown
from pulumi.runtime import Settings as Settings
from pulumi.runtime import configure as configure
from pulumi.runtime import reset_options as reset_options
from pulumi.runtime import run_in_stack as run_in_stack
from pulumi.runtime import set_all_config as set_all_config
from pulumi.runtime._serialization import _deserialize
from pulumi.runtime.mocks import MockMonitor as MockMonitor
from pulumi.runtime.proto import analyzer_pb2 as analyzer_pb2
from pulumi.runtime.proto import analyzer_pb2_grpc as analyzer_pb2_grpc
from pulumi.runtime.proto import engine_pb2 as engine_pb2
from pulumi.runtime.proto import resource_pb2 as resource_pb2
from pulumi.runtime.rpc import UNKNOWN as UNKNOWN
from pulumi.runtime.rpc import (
    _special_archive_sig,
    _special_asset_sig,
    _special_resource_sig,
    _special_secret_sig,
    _special_sig_key,
    deserialize_properties_unwrap_secrets,
)
from pulumi.runtime.rpc import serialize_properties as serialize_properties

# protobuf's generated code is made at run time, so its names have no types.
Empty: Any = empty_pb2.Empty  # type: ignore[attr-defined]
plain: Callable[[Any], dict[str, Any]] = json_format.MessageToDict
_calls = resource_pb2.DESCRIPTOR.services_by_name["ResourceMonitor"].methods_by_name
# Older versions have it in another module.
InvokeResponse: Any = message_factory.GetMessageClass(_calls["Invoke"].output_type)  # type: ignore[no-untyped-call]


def Struct(values: Any = ()) -> Any:  # noqa: N802 - it is protobuf's
    """A protobuf structure with these values."""
    made = struct_pb2.Struct()  # type: ignore[attr-defined]
    made.update(values)
    return made


def unwrapped(struct: Any, keep_unknowns: bool | None = None) -> dict[str, Any]:
    """What a structure on the wire says, secrets like any other value."""
    values: dict[str, Any] = deserialize_properties_unwrap_secrets(struct, keep_unknowns)[0]
    return values


def unpickled(pickled: bytes) -> Any:
    """A provider that the program pickled."""
    return _deserialize(lambda: dill.loads(pickled))  # noqa: S301


def is_asset(value: dict[str, Any]) -> bool:
    """Whether a tagged object on the wire is an asset, or an archive of some."""
    return value.get(_special_sig_key) in (_special_asset_sig, _special_archive_sig)


def is_reference(value: dict[str, Any]) -> bool:
    """Whether a tagged object on the wire is a resource."""
    return value.get(_special_sig_key) == _special_resource_sig


def secret(value: Any) -> dict[str, Any]:
    """A value tagged as a secret."""
    return {_special_sig_key: _special_secret_sig, "value": value}


def integers(value: Any) -> Any:
    """A value with integers where numbers are whole: the wire knows one kind of number."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [integers(item) for item in value]
    if isinstance(value, dict):
        return {key: integers(item) for key, item in value.items()}
    return value
