"""Errors of the components. Each says what is wrong, the value, the rule and the remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pulumi


class EfsInferenceError(Exception):
    """Base of all errors that the components raise."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        subject: What is wrong, for instance a configuration key.
        value: The offending value as the user wrote it.
        rule: The rule that it breaks.
        remedy: What mends it, a command where there is one.
    """

    subject: str
    value: str
    rule: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.subject} = {self.value}: {self.rule}. Remedy: {self.remedy}"


class ConfigurationError(EfsInferenceError, pulumi.RunError):
    """All problems of a configuration at once.

    It is a `pulumi.RunError`, so the CLI shows the message without a stack trace.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        heading = "1 problem" if count == 1 else f"{count} problems"
        super().__init__(
            "\n".join([f"{heading} in the configuration:", *(f"  {p}" for p in self.problems)])
        )


class PopulateError(EfsInferenceError):
    """A task that did not do its work: a populate, for one, that did not publish its release.

    Attributes:
        kind: The task's own word for its failure, such as `damaged`; empty where it has none.
    """

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind


class InvocationError(EfsInferenceError):
    """A version of the function that failed its first call."""
