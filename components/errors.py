"""Errors of the components. Each says what is wrong, the value, the rule and the remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pulumi

from .commands import for_this_program

_LAST_LINES = 2


class EfsInferenceError(Exception):
    """Base of all errors that the components raise."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        subject: What is wrong, for instance a configuration key.
        value: The offending value as the user wrote it; empty where there is none to show.
        rule: The rule that it breaks.
        remedy: What corrects it, a command where there is one.
    """

    subject: str
    value: str = ""
    rule: str
    remedy: str

    def __str__(self) -> str:
        what = f"{self.subject} = {self.value}" if self.value else self.subject
        return for_this_program(f"{what}: {self.rule}. Remedy: {self.remedy}")


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


class GateError(EfsInferenceError):
    """A gate that stays shut. Its text is the whole diagnosis: what, the evidence, the remedy.

    Attributes:
        what: What has happened, without a full stop.
        account: What the failed thing itself says of it; may have several lines.
        remedy: What to do; empty where the account says it, which then knows more.
        details: The evidence; each may have several lines.
    """

    def __init__(
        self,
        what: str,
        *,
        subject: str = "",
        account: str = "",
        remedy: str = "",
        details: Iterable[str] = (),
    ) -> None:
        remedy, account = for_this_program(remedy), for_this_program(account)
        self.what, self.account, self.remedy, self.details = what, account, remedy, tuple(details)
        lines = [*self.details, f"Remedy: {remedy}"] if remedy else self.details
        # Every line but the first is indented, those within a text once more.
        inner = ["  " + line.replace("\n", "\n    ") for line in lines]
        super().__init__("\n".join([f"{subject}: {what}" if subject else what, *inner]))

    def sentence(self, outcome: str) -> str:
        """All that counts in one line: the outcome, what has happened, and what to do."""
        # A traceback's last line names the error; what follows it says what to do.
        account = " ".join(map(_ended, self.account.splitlines()[-_LAST_LINES:]))
        parts = [outcome, self.what, *([account] if account else [])]
        line = ": ".join(part.strip().rstrip(".") for part in parts)
        return " ".join(f"{line}. Remedy: {self.remedy}".split() if self.remedy else line.split())


def _ended(line: str) -> str:
    """A line with a full stop, where it has no end of its own."""
    line = line.strip()
    return line if line.endswith(tuple(".:;!?,")) or not line else f"{line}."


class PopulateError(GateError):
    """A task that did not do its work, such as a populate task without a published release.

    Attributes:
        kind: The task's own word for its failure, such as `damaged`; empty where it has none.
    """

    def __init__(self, what: str, *, kind: str = "", **more: Any) -> None:
        super().__init__(what, **more)
        self.kind = kind


class InvocationError(GateError):
    """A version of the function that failed its first call."""
