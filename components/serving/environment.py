"""The function's environment variables: which Lambda and the handler keep for themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi

from ..contract import runtime
from ..errors import ConfigurationError, Problem

Variables = pulumi.Input[Mapping[str, pulumi.Input[str]]]

# Lambda: "...exceeded the 4KB limit. Measured size: N bytes", counted as JSON.
_MAX_BYTES = 4_096
# Lambda API reference, Environment.
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+")
# Lambda Developer Guide, "Defined runtime environment variables", the reserved ones.
_RESERVED = {
    *("_HANDLER", "_X_AMZN_TRACE_ID", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION"),
    *("AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME"),
    *("AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME"),
    *("AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION"),
    *("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT"),
}
_OURS = {runtime.RELEASE_PATH, runtime.ARTIFACTS_PATH}


def environment_problems(subject: str, names: Mapping[str, object]) -> Iterator[Problem]:
    """What is wrong with the names of variables that a user gives."""
    rules = (
        (_OURS, "the handler finds its releases by it, and the component sets it"),
        (_RESERVED, "Lambda keeps it for itself"),
    )
    for name in names:
        rule = next((rule for own, rule in rules if name in own), "")
        if not rule and not _NAME.fullmatch(name):
            rule = "a name is a letter, and then letters, digits and underscores, at least one"
        if rule:
            yield Problem(subject=subject, value=name, rule=rule, remedy="give it another name")


def checked_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """`variables` as they are.

    Raises:
        ConfigurationError: Lambda would refuse them for their size.
    """
    size = len(json.dumps(variables, separators=(",", ":")).encode())
    if size <= _MAX_BYTES:
        return dict(variables)
    largest = max(variables, key=lambda key: len(variables[key]))
    raise ConfigurationError(
        [
            Problem(
                subject="environment of the function",
                value=f"{size} bytes",
                rule=f"Lambda accepts {_MAX_BYTES} bytes, counted as JSON",
                remedy=f"shorten it; the largest variable is {largest}",
            )
        ]
    )


def environment(given: Variables, own: Mapping[str, str]) -> Variables:
    """All variables, checked as soon as they are known: now where all are plain."""
    if isinstance(given, Mapping):
        plain = {key: value for key, value in given.items() if isinstance(value, str)}
        if len(plain) == len(given):
            return checked_environment({**plain, **own})
    later: pulumi.Output[Any] = pulumi.Output.from_input(given)
    return later.apply(lambda known: checked_environment({**_named(known), **own}))


def _named(known: Mapping[str, str]) -> Mapping[str, str]:
    if problems := list(environment_problems("environment of the function", known)):
        raise ConfigurationError(problems)
    return known
