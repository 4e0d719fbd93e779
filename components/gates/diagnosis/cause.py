"""One thing that can go wrong with a task, and how it is known."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What is known of a task that failed, or of a call that would have started it.

    Attributes:
        stop_code: ECS's `stopCode`.
        exit_code: Of the container; None when it never started.
        reasons: ECS's texts: `stoppedReason`, the container's `reason`, an error's message.
        kind: The task's own word for its failure, from the last line of its log.
    """

    stop_code: str = ""
    exit_code: int | None = None
    reasons: str = ""
    kind: str = ""


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One thing that goes wrong. It is the cause when everything that it names applies.

    Attributes:
        what: What has happened.
        remedy: What to do.
        signs: A pattern in ECS's texts.
        stop_codes: Values of ECS's `stopCode`.
        exit_codes: Exit codes of the container.
        kind: The task's own word.
        settles: Whether AWS says so too in the first minutes of an account or a stack, while
            roles, names and security groups spread.
        stands: Whether the remedy is shown beside the task's own account too. Elsewhere the account
            ends with one, which knows more.
    """

    what: str
    remedy: str
    signs: str = ""
    stop_codes: frozenset[str] = frozenset()
    exit_codes: frozenset[int] = frozenset()
    kind: str = ""
    settles: bool = False
    stands: bool = False

    def applies(self, ending: Ending) -> bool:
        """Whether all that the cause names is so."""
        return (
            (not self.signs or _found(self.signs, ending.reasons))
            and (not self.stop_codes or ending.stop_code in self.stop_codes)
            and (not self.exit_codes or ending.exit_code in self.exit_codes)
            and (not self.kind or ending.kind == self.kind)
        )


def _found(signs: str, text: str) -> bool:
    return re.search(signs, text, re.IGNORECASE | re.DOTALL) is not None
