"""The keys of the function: its sizes, variables and layers, its concurrency, its callers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..contract import Application
from ..errors import Problem
from ..inference import InferenceFunction, InferenceFunctionArgs
from ..observability import ObservabilityArgs
from ..publications import Publication
from ..resources import FunctionRole, LogArgs
from ..serving import (
    ConcurrencyArgs,
    FunctionUrlArgs,
    alias_problems,
    concurrency_problems,
    dead_letter_problems,
    environment_problems,
    layer_problems,
)
from . import problems, rules
from .keys import key

_NUMBERS = ("reservedConcurrency", "provisionedConcurrency", "provisionedConcurrencyMaximum")
_ENVIRONMENT = "it is a list of entries Key=Value with different keys"


def _refuse(found: Iterator[Problem], *, named: bool = True) -> None:
    """Raise one error with all that is wrong, each `named` by its part of the value."""
    if broken := [f"{each.value}: {each.rule}" if named else each.rule for each in found]:
        raise rules.BreaksRuleError("; ".join(broken))


def _environment(text: str) -> Mapping[str, str]:
    """A JSON array of `Key=Value`."""
    parsed: dict[str, str] = {}
    for entry in rules.strings(text, _ENVIRONMENT):
        name, equals, value = entry.partition("=")
        if not equals or name in parsed:
            raise rules.BreaksRuleError(_ENVIRONMENT)
        parsed[name] = value
    _refuse(environment_problems("environment", parsed))
    return parsed


def _layers(text: str) -> tuple[str, ...]:
    """A JSON array of ARNs of versions of layers."""
    arns = rules.strings(text, "it is a list of ARNs of versions of layers")
    _refuse(layer_problems("layers", arns))
    return tuple(arns)


def _dead_letter(text: str) -> str:
    """The ARN of a queue or a topic, or nothing."""
    if text:
        _refuse(dead_letter_problems("deadLetterArn", text), named=False)
    return text


def _alias(text: str) -> str:
    """The name of an alias."""
    _refuse(alias_problems("aliasName", text), named=False)
    return text


# CloudWatch Logs API reference, PutRetentionPolicy.
LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
_number: Callable[[str], int] = rules.integer(0, 100_000)


@dataclass(frozen=True, kw_only=True)
class Serving:
    """The part of the configuration that is the function's, and what else it has with others."""

    memory_mb: int = key(rules.integer(128, 10_240), "3008")
    timeout_seconds: int = key(rules.integer(1, 900), "120")
    ephemeral_storage_mb: int = key(rules.integer(512, 10_240), "512")
    alias_name: str = key(_alias, "live")
    environment: Mapping[str, str] = key(_environment, "THRESHOLD=0.7")
    layers: tuple[str, ...] = key(
        _layers, "arn:aws:lambda:us-east-1:123456789012:layer:certificates:3"
    )
    reserved_concurrency: int = key(_number, "20")
    provisioned_concurrency: int = key(_number, "2")
    provisioned_concurrency_maximum: int = key(_number, "10")
    function_url: str = key(rules.one_of("none", "iam"), "iam")
    tracing: bool = key(rules.boolean, "true")
    dead_letter_arn: str = key(_dead_letter, "arn:aws:sqs:us-east-1:123456789012:failed")
    alarms: str = key(rules.alarms, "own")
    log_retention_days: int = key(rules.integer_of(*LOG_RETENTION_DAYS), "30")
    kms_key_arn: str = key(rules.arn("kms"), "arn:aws:kms:us-east-1:123456789012:key/<id>")
    tags: Mapping[str, str] = key(rules.tags, "team=ml")

    @property
    def concurrency(self) -> ConcurrencyArgs:
        """How many environments the function has, and how many are kept ready."""
        return ConcurrencyArgs(
            reserved=self.reserved_concurrency or None,
            provisioned=self.provisioned_concurrency or None,
            maximum=self.provisioned_concurrency_maximum or None,
        )

    @property
    def url(self) -> FunctionUrlArgs | None:
        """The function URL, which identities of the account call."""
        return FunctionUrlArgs() if self.function_url == "iam" else None

    @property
    def log(self) -> LogArgs:
        """How the log groups are kept."""
        return LogArgs(retention_days=self.log_retention_days, kms_key_arn=self.kms_key_arn or None)

    def function(
        self, libraries: Publication, application: Application, role: FunctionRole
    ) -> InferenceFunctionArgs:
        """The function that serves the application from this release."""
        return InferenceFunctionArgs(
            application=application,
            libraries=libraries,
            role=role,
            memory_mb=self.memory_mb,
            timeout_seconds=self.timeout_seconds,
            ephemeral_storage_mb=self.ephemeral_storage_mb,
            alias=self.alias_name,
            log=self.log,
            environment=self.environment,
            layers=self.layers,
            concurrency=self.concurrency,
            url=self.url,
            tracing=self.tracing,
            dead_letter_arn=self.dead_letter_arn or None,
            tags=self.tags,
        )

    def observability(self, function: InferenceFunction) -> ObservabilityArgs | None:
        """Alarms and a dashboard, if the stack has them."""
        if self.alarms == "none":
            return None
        return ObservabilityArgs(
            function=function,
            topic_arn=None if self.alarms == "own" else self.alarms,
            tags=self.tags,
        )


def concurrency(parsed: Mapping[str, Any]) -> list[Problem]:
    """What of the concurrency does not fit together, when each number is right by itself."""
    names = ("reserved_concurrency", "provisioned_concurrency", "provisioned_concurrency_maximum")
    if not set(names) <= set(parsed):
        return []
    reserved, provisioned, maximum = (parsed[name] or None for name in names)
    found = concurrency_problems(reserved, provisioned, maximum, _NUMBERS)
    return [with_command(problem) for problem in found]


def with_command(problem: Problem) -> Problem:
    """The problem of a number, with the command that sets what its remedy says: 0 for none."""
    number = re.search(r"\d+", problem.remedy)
    command = problems.set_command(problem.subject, number[0] if number else "0")
    return replace(problem, remedy=f"{problem.remedy}: {command}")
