"""One run of a task in the populator's place: start or adopt it, follow its log, judge its end."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ...commands import for_this_program
from ...errors import PopulateError
from ..aws import AwsCalls, AwsError, Login, refuse_other_account, until_settled
from ..diagnosis import DEADLINE, cause_of
from .failure import NotStartedError, ended, not_placed, refused
from .log import TaskLog
from .request import TaskRunSpec, adoptable, overrides, request, started

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ContainerTypeDef, TaskTypeDef

# A new account or a new mount target takes up to about three minutes until everybody knows it.
_ATTEMPTS = 6
_SETTLING_PAUSES = (5.0, 60.0)
_POLL_SECONDS = (0.5, 5.0)
_LOG_LAG_SECONDS = 15
# DescribeTasks may not know a new task yet.
_MISSING_SECONDS = 60
# After its deadline a task gets SIGTERM, up to 120 s later SIGKILL, and is STOPPED soon after.
_STOPPING_SECONDS = 300

__all__ = ["TaskRun", "TaskRunSpec"]


class TaskRun:
    """Brings one task to its end.

    Args:
        spec: What to run and where.
        say: Shows progress.
        warn: Shows what the user should look at; default: `say`.
    """

    def __init__(
        self,
        spec: TaskRunSpec,
        say: Callable[[str], None],
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self._spec = spec
        self._say = _speaker(say)
        self._warn = _speaker(warn or say)
        self._deadline = monotonic() + 60 * spec.timeout_minutes
        self._end = self._deadline + _STOPPING_SECONDS
        login = Login(region=spec.region, profile=spec.profile, roles=spec.assume_roles)
        self._aws = AwsCalls(login)
        self._state = "Nothing was started"

    def complete(self) -> dict[str, Any]:
        """Run or adopt the task and wait until it has stopped.

        Returns:
            `task_arn`; `summary`, the task's own summary line; and from it `outcome` (`published`,
            `already-published` or `intact`), `files`, `bytes` and `seconds`.

        Raises:
            PopulateError: The task did not start, did not end in time, or ended with a failure; the
                message says why, what the log said last, and what to do.
        """
        try:
            refuse_other_account(self._aws.account(), self._spec.account_id, PopulateError)
            return until_settled(
                self._attempt, _passing, self._say, attempts=_ATTEMPTS, pauses=_SETTLING_PAUSES
            )
        except NotStartedError as error:
            raise error.failure from error
        except AwsError as error:
            raise refused(self._spec.release_id, error, self._state) from error

    def _attempt(self) -> dict[str, Any]:
        arn = adoptable(self._aws, self._spec, self._say) or self._start()
        name = arn.rpartition("/")[2]
        self._state = (
            f"Task {name} goes on: the next `pulumi up` adopts it, or finds its release published"
        )
        log = TaskLog(
            lambda where: self._aws.logs.get_log_events(**where),
            self._spec.log_group,
            self._spec.container,
            name,
        )
        task = self._follow(arn, log)
        self._state = f"Task {name} has ended"
        return self._judge(task, log)

    def _start(self) -> str:
        # New for each attempt: ECS hands back a failed task for 24 hours under the same token.
        token = f"{self._spec.release_id}-{uuid.uuid4().hex}"
        run = request(self._spec, token, overrides(self._aws, self._spec, self._warn))
        self._state = "A task may have been started: then the next `pulumi up` adopts it"
        try:
            response = self._aws.ecs.run_task(**run)
        except ClientError as error:
            failure = refused(self._spec.release_id, error)
            raise NotStartedError(cause_of(error), failure) from error
        arn, reason = started(response)
        if arn is None:
            raise not_placed(self._spec.release_id, reason)
        self._say(f"started task {arn.rpartition('/')[2]}")
        return arn

    def _follow(self, arn: str, log: TaskLog) -> TaskTypeDef:
        """Show the log until the task has stopped, and return the stopped task."""
        delay, longest = _POLL_SECONDS
        stopping = False
        seen = monotonic()
        while True:
            task = self._described(arn)
            now = monotonic()
            seen = now if task else seen
            if now - seen > _MISSING_SECONDS:
                raise self._failure(
                    f"ECS does not know task {arn} any more. It keeps a stopped task for about an "
                    "hour, less where its cluster was deleted",
                    "see that the cluster is there (`pulumi refresh`), then run `pulumi up` again, "
                    "which starts another",
                )
            if task and task["lastStatus"] == "STOPPED":
                return task
            self._show(log)
            if now > self._deadline and not stopping:
                stopping = True
                self._stop(arn)
            if now > self._end:
                raise self._failure(
                    f"task {arn} was asked to stop, and does not",
                    "`pulumi up` again, which adopts it; an agent of ECS may be out of order",
                )
            sleep(delay)
            delay = min(delay * 1.3, longest)

    def _described(self, arn: str) -> TaskTypeDef | None:
        tasks = self._aws.ecs.describe_tasks(cluster=self._spec.cluster_arn, tasks=[arn])["tasks"]
        return tasks[0] if tasks else None

    def _stop(self, arn: str) -> None:
        minutes = int(self._spec.timeout_minutes)
        self._say(f"not done after {minutes} minutes, stopping the task")
        reason = f"{DEADLINE} ({minutes} minutes) is over"
        self._aws.ecs.stop_task(cluster=self._spec.cluster_arn, task=arn, reason=reason)

    def _show(self, log: TaskLog) -> None:
        """Show what is new in the log. It decides nothing, so it may be late."""
        try:
            for message in log.messages():
                self._say(message)
            log.unread = ""
        except AwsError as error:
            if not log.unread:
                self._warn(f"the task's log cannot be read: {error}")
            log.unread = f"not all of it could be read: {error}"

    def _judge(self, task: TaskTypeDef, log: TaskLog) -> dict[str, Any]:
        container = self._container(task)
        exit_code = container.get("exitCode")
        # The log comes a little behind the task. A task that was killed has no last line.
        late = monotonic() + (_LOG_LAG_SECONDS if exit_code not in {None, 137} else 0)
        self._show(log)
        while not log.ended and monotonic() < late:
            sleep(_POLL_SECONDS[0])
            self._show(log)
        if exit_code == 0:
            summary = log.summary or {}
            seconds = summary.get("seconds")
            return {
                "task_arn": task["taskArn"],
                "outcome": summary.get("outcome", "published"),
                "files": summary.get("files"),
                "bytes": summary.get("bytes"),
                "seconds": seconds.get("total") if isinstance(seconds, dict) else seconds,
                "summary": summary,
            }
        cause, failure = ended(self._spec.release_id, task, container, log)
        if exit_code is None:
            raise NotStartedError(cause, failure)
        raise failure

    def _failure(self, what: str, remedy: str) -> PopulateError:
        return PopulateError(what, subject=f"release {self._spec.release_id}", remedy=remedy)

    def _container(self, task: TaskTypeDef) -> ContainerTypeDef:
        for container in task.get("containers", []):
            if container.get("name") == self._spec.container:
                return container
        return {}


def _passing(error: Exception) -> str:
    """Why a task that did not start would start soon; empty where it would not."""
    if isinstance(error, NotStartedError) and error.cause.settles:
        return f"{error.cause.what}: usual in a new stack"
    return ""


def _speaker(say: Callable[[str], None]) -> Callable[[str], None]:
    return lambda text: say(f"populate: {for_this_program(text)}")
