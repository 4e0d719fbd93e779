"""Why a task did not do its work, or AWS refused a call: the first cause that applies."""

from __future__ import annotations

from dataclasses import replace

from botocore.exceptions import ClientError

from ...contract import runtime
from .cause import Cause, Ending
from .installer import ABSENT, BY_THE_TASK
from .starts import NOT_STARTED
from .stops import FAILED, STOPPED

CAUSES = (*STOPPED, *NOT_STARTED, *FAILED, *BY_THE_TASK)
REFUSED = Cause(
    what="AWS refuses a call",
    remedy="its answer is all that is known; `pulumi refresh` where something was changed by hand",
)
"""Of a call's error that the table does not have."""

UNKNOWN = Cause(
    what="the task failed",
    remedy="the task's log and ECS's words are all that is known; `pulumi up` tries again",
)
"""Of a task's end that the table does not have."""


def diagnose(ending: Ending, otherwise: Cause = UNKNOWN) -> Cause:
    """The first cause of the table that applies, `otherwise` where none does."""
    # A task that was killed while it wrote has no last line; its exit code says the same.
    kind = ending.kind or runtime.KINDS.get(ending.exit_code or 0, "")
    known = replace(ending, kind=kind)
    return next((cause for cause in (*CAUSES, ABSENT) if cause.applies(known)), otherwise)


def cause_of(error: Exception) -> Cause:
    """Why AWS refused a call."""
    if isinstance(error, ClientError):
        answer = error.response.get("Error", {})
        reasons = f"{answer.get('Code', '')}: {answer.get('Message', '')}"
    else:
        reasons = f"{type(error).__name__}: {error}"
    return diagnose(Ending(reasons=reasons), REFUSED)
