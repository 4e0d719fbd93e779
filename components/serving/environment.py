"""The function's environment variables: which Lambda and the handler keep for themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

import pulumi

from ..contract import runtime
from ..errors import Problem
from ..inputs import checked, comes_later

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


def environment_problems(subject: str, variables: Mapping[str, object]) -> Iterator[Problem]:
    """What is wrong with variables that a user gives: their names, and the size of plain ones."""
    rules = (
        (_OURS, "the handler finds its releases by it, and the component sets it"),
        (_RESERVED, "Lambda keeps it for itself"),
    )
    for name in variables:
        rule = next((rule for own, rule in rules if name in own), "")
        if not rule and not _NAME.fullmatch(name):
            rule = "a name is a letter, and then letters, digits and underscores, at least one"
        if rule:
            yield Problem(subject=subject, value=name, rule=rule, remedy="give it another name")
        if not isinstance(variables[name], str) and not comes_later(variables[name]):
            rule = f"a value is a text, and this is of type {type(variables[name]).__name__}"
            yield Problem(subject=subject, value=name, rule=rule, remedy="give it a text")
    plain = {name: value for name, value in variables.items() if isinstance(value, str)}
    yield from _too_large(subject, plain)


def environment(given: Variables, own: Mapping[str, str]) -> Variables:
    """All variables, checked as soon as they are known: now where all are plain."""
    subject = "environment of the function"

    def problems(known: Mapping[str, str]) -> list[Problem]:
        # Its own count too.
        return [*environment_problems(subject, known)] or [*_too_large(subject, {**known, **own})]

    found = checked(given, problems)
    if isinstance(found, pulumi.Output):
        return found.apply(lambda known: {**known, **own})
    return {**found, **own}


def _too_large(subject: str, variables: Mapping[str, str]) -> Iterator[Problem]:
    size = len(json.dumps(variables, separators=(",", ":")).encode())
    if size > _MAX_BYTES:
        largest = max(variables, key=lambda name: len(variables[name]))
        yield Problem(
            subject=subject,
            value=f"{size} bytes",
            rule=f"Lambda accepts {_MAX_BYTES} bytes, counted as JSON",
            remedy=f"shorten it; the largest variable is {largest}",
        )
