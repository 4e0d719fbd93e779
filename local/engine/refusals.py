"""What the engine does not do, in words for the user.

A local run only creates, so options that concern replacing and deleting have no effect in it. Of
the others each is either done or refused; a field that is not known here is refused too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pulumi
from google.protobuf.message import Message

from .sdk import resource_pb2

AWS_PROVIDER = "pulumi:providers:aws"

_DONE = (
    "type name parent custom object dependencies provider providers propertyDependencies protect "
    "ignoreChanges additionalSecretOutputs replaceOnChanges replacement_trigger"
)
# Concern what is replaced, deleted, renamed or timed out, which plugin is loaded, how things are
# shown, or which forms of values the SDK understands.
_WITHOUT_EFFECT = (
    "deleteBeforeReplace deleteBeforeReplaceDefined retainOnDelete deletedWith replace_with "
    "aliases aliasURNs aliasSpecs customTimeouts version pluginDownloadURL pluginChecksums "
    "hideDiffs acceptSecrets acceptResources accepts_byte_string supportsPartialValues "
    "supportsResultReporting sourcePosition stackTrace parentStackTraceHandle snippetId"
)
_KNOWN = frozenset(f"{_DONE} {_WITHOUT_EFFECT}".split())
_NO_TRANSFORMS = "transforms are not run by the local engine, so its result would be another one"
_REMEDY = "Remedy: leave it out of this run, or run the program with `pulumi preview` or `up`"


def reason(error: BaseException) -> str:
    """What an exception says; its type too, where the text alone would say nothing."""
    text = str(error).strip()
    if isinstance(error, KeyError | IndexError | StopIteration | AssertionError) or not text:
        return f"{type(error).__name__}: {text}".rstrip(": ")
    return text


def of_call(name: str) -> str:
    """Why a call of the protocol is refused."""
    if name.endswith("Transform"):
        return _NO_TRANSFORMS
    return f"{name} is not emulated by the local engine. {_REMEDY}"


def check_registration(request: resource_pb2.RegisterResourceRequest) -> None:
    """Raise RunError for a registration with something in it that the engine does not do."""
    if request.transforms:
        raise pulumi.RunError(_NO_TRANSFORMS)
    fields: list[tuple[Any, Any]] = request.ListFields()  # type: ignore[no-untyped-call]
    given = [field.name for field, value in fields if not _is_empty(value)]
    if unknown := [name for name in given if name not in _KNOWN]:
        verb = "is" if len(unknown) == 1 else "are"
        raise pulumi.RunError(
            f"{', '.join(unknown)} {verb} not emulated by the local engine. {_REMEDY}"
        )


def _is_empty(value: Any) -> bool:
    """Whether it is a message without a value, as the SDK gives its hooks."""
    return isinstance(value, Message) and value == type(value)()


def check_provider(type_: str) -> None:
    """Raise RunError for an explicit provider that is not AWS's."""
    if type_ != AWS_PROVIDER:
        raise pulumi.RunError(
            f"provider {type_} is not emulated by the local engine, {AWS_PROVIDER} is. {_REMEDY}"
        )


def tops(paths: Sequence[str]) -> set[str]:
    """The properties in which these paths begin."""
    return {re.split(r"[.\[]", path)[0] for path in paths}


def check_update(request: resource_pb2.RegisterResourceRequest, changed: Sequence[str]) -> None:
    """Raise RunError for a change that has to replace the resource."""
    named = tops(request.replaceOnChanges)
    if replacing := sorted(name for name in changed if name in named or "*" in named):
        raise pulumi.RunError(
            f"{', '.join(replacing)} changed, for which replace_on_changes wants another resource; "
            "a local run replaces nothing. Remedy: a new run"
        )


def check_read(request: resource_pb2.ReadResourceRequest) -> None:
    """Raise RunError for a read that no emulated cloud can answer."""
    if request.type == "pulumi:pulumi:StackReference":
        raise pulumi.RunError(
            "the outputs of other stacks are not known to a local run. Remedy: take the value from "
            "the configuration, and give it for this run: --config KEY=VALUE"
        )
    if not request.type.startswith("aws:"):
        raise pulumi.RunError(f"reading one is not emulated by the local engine. {_REMEDY}")
