"""The errors with which a run of a task fails: cause, what AWS and the task say of it, remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import PopulateError
from ..diagnosis import REFUSED, Cause, Ending, cause_of, diagnose
from .log import TaskLog

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ContainerTypeDef, TaskTypeDef


class NotStartedError(Exception):
    """The task was not placed, or was stopped before its container ran.

    Attributes:
        cause: Why.
        failure: The error to raise if it stays so.
    """

    def __init__(self, cause: Cause, failure: PopulateError) -> None:
        super().__init__(str(failure))
        self.cause, self.failure = cause, failure


def refused(release: str, error: Exception, state: str = "") -> PopulateError:
    """Of a call that AWS refused; `state` says what has become of the task."""
    cause = cause_of(error)
    return PopulateError(
        cause.what,
        subject=f"release {release}",
        account=str(error),
        remedy=cause.remedy,
        details=[f"AWS says: {error}", *([state] if state else [])],
    )


def not_placed(release: str, reason: str) -> NotStartedError:
    """Of a task that RunTask did not place, for all that the call succeeded."""
    cause = diagnose(Ending(reasons=reason), REFUSED)
    failure = PopulateError(
        cause.what,
        subject=f"release {release}",
        account=reason,
        remedy=cause.remedy,
        details=[f"RunTask placed no task: {reason}"],
    )
    return NotStartedError(cause, failure)


def ended(
    release: str, task: TaskTypeDef, container: ContainerTypeDef, log: TaskLog
) -> tuple[Cause, PopulateError]:
    """Of a task that has stopped without success."""
    exit_code = container.get("exitCode")
    reasons = f"{task.get('stoppedReason', '')}\n{container.get('reason', '')}"
    cause = diagnose(
        Ending(
            stop_code=task.get("stopCode", ""),
            exit_code=exit_code,
            reasons=reasons,
            kind=log.kind,
        )
    )
    # What the task says of a SIGTERM is no account of who sent it.
    account = log.failure if log.failure and cause.kind in {"", log.kind} else ""
    details = [
        f"stop code: {task.get('stopCode', 'none')}",
        f"exit code: {'the container never started' if exit_code is None else exit_code}",
        f"reason: {task.get('stoppedReason', 'none given')}",
    ]
    if container.get("reason"):
        details.append(f"container: {container['reason']}")
    if account:
        details.append(f"failure: {account}")
    tail = [*(log.tail or ["(empty)"]), *([f"({log.unread})"] if log.unread else [])]
    where = f"log group {log.group}, stream {log.stream}, its last lines:"
    failure = PopulateError(
        cause.what,
        kind=cause.kind,
        subject=f"release {release}",
        # Where the container never ran, ECS's own words are the account.
        account=account or ("" if exit_code is not None else reasons.strip()),
        remedy="" if account and cause.kind and not cause.stands else cause.remedy,
        details=[*details, "\n".join([where, *tail])],
    )
    return cause, failure
