"""One run of a task in the populator's place: start or adopt it, follow its log, judge its end."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ..errors import PopulateError
from .aws_calls import AwsCalls, AwsError, GaveUpError, Login
from .cause import Cause, Ending
from .diagnosis import DEADLINE, REFUSED, diagnose
from .gate import other_account
from .task_log import TaskLog
from .task_request import TaskRunSpec, adoptable, overrides, request, started

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ContainerTypeDef, TaskTypeDef

# A new account or a new mount target takes up to about three minutes until everybody knows it.
_SETTLING_SECONDS = 180
_SETTLING_PAUSES = (5.0, 30.0)
_POLL_SECONDS = (0.5, 5.0)
_LOG_LAG_SECONDS = 15
# A task that runs is asked for again after this, whatever its log does.
_LOG_PATIENCE_SECONDS = 30
# DescribeTasks may not know a new task yet.
_MISSING_SECONDS = 60
# After its deadline a task gets SIGTERM, up to 120 s later SIGKILL, and is STOPPED soon after.
_STOPPING_SECONDS = 300

__all__ = ["TaskRun", "TaskRunSpec"]


class TaskRun:
    """Brings one task to its end.

    Args:
        spec: What to run and where.
        say: Is told of progress.
        warn: Is told of what the user should look at; default: `say`.
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
        self._deadline = monotonic() + spec.timeout_seconds
        self._end = self._deadline + _STOPPING_SECONDS
        login = Login(region=spec.region, profile=spec.profile, roles=spec.assume_roles)
        self._aws = AwsCalls(login, self._end, self._warn)
        self._fate = "Nothing was started"
        self._unread = ""

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
            self._refuse_other_account()
            return self._until_settled()
        except GaveUpError as error:
            raise self._failed(f"{error}. {self._fate}") from error
        except AwsError as error:
            raise self._failed(f"{_refusal(error)}. {self._fate}") from error

    def _failed(self, why: str, kind: str = "") -> PopulateError:
        return PopulateError(f"release {self._spec.release_id}: {why}", kind)

    def _refuse_other_account(self) -> None:
        found = self._aws.patiently(lambda: self._aws.sts.get_caller_identity())["Account"]
        if why := other_account(found, self._spec.account_id):
            raise self._failed(why)

    def _until_settled(self) -> dict[str, Any]:
        """Run again while AWS says what it says in the first minutes of a new stack."""
        settled = monotonic() + _SETTLING_SECONDS
        delay, longest = _SETTLING_PAUSES
        while True:
            try:
                return self._attempt()
            except _NotStartedError as error:
                if not error.cause.settles or monotonic() + delay > settled:
                    raise self._failed(str(error)) from error
                what = error.cause.what
                self._say(f"{what}: usual in a new stack, again in {delay:.0f} s")
                sleep(delay)
                delay = min(delay * 2, longest)

    def _attempt(self) -> dict[str, Any]:
        arn = adoptable(self._aws, self._spec, self._say) or self._start()
        name = arn.rpartition("/")[2]
        self._fate = (
            f"Task {name} goes on: the next `pulumi up` adopts it, or finds its release published"
        )
        log = TaskLog(
            lambda where: self._aws.patiently(
                lambda: self._aws.logs.get_log_events(**where),
                monotonic() + _LOG_PATIENCE_SECONDS,
            ),
            self._spec.log_group,
            self._spec.container,
            name,
        )
        task = self._follow(arn, log)
        self._fate = f"Task {name} has ended"
        return self._judge(task, log)

    def _start(self) -> str:
        # New for each attempt: ECS hands back a failed task for 24 hours under the same token.
        token = f"{self._spec.release_id}-{uuid.uuid4().hex}"
        run = request(self._spec, token, overrides(self._aws, self._spec, self._warn))
        self._fate = "A task may have been started: then the next `pulumi up` adopts it"
        try:
            response = self._aws.patiently(lambda: self._aws.ecs.run_task(**run))
        except ClientError as error:
            raise _NotStartedError(_why(error), _refusal(error)) from error
        arn, refusal = started(response)
        if arn is None:
            cause = diagnose(Ending(reasons=refusal), REFUSED)
            said = f"RunTask placed no task: {refusal}"
            raise _NotStartedError(cause, f"{cause.what}\n  {said}\n  Remedy: {cause.remedy}")
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
                self._fate = "Nothing of it goes on"
                raise GaveUpError(
                    f"ECS does not know task {arn} any more. It keeps a stopped task for about an "
                    "hour, less where its cluster was deleted. Remedy: see that the cluster is "
                    "there (`pulumi refresh`), then run `pulumi up` again, which starts another"
                )
            if task and task["lastStatus"] == "STOPPED":
                return task
            self._show(log)
            if now > self._deadline and not stopping:
                stopping = True
                self._stop(arn)
            if now > self._end:
                raise GaveUpError(f"task {arn} was told to stop, and does not")
            sleep(delay)
            delay = min(delay * 1.3, longest)

    def _described(self, arn: str) -> TaskTypeDef | None:
        tasks = self._aws.patiently(
            lambda: self._aws.ecs.describe_tasks(cluster=self._spec.cluster, tasks=[arn])
        )["tasks"]
        return tasks[0] if tasks else None

    def _stop(self, arn: str) -> None:
        minutes = self._spec.timeout_seconds // 60
        self._say(f"not done after {minutes} minutes, stopping the task")
        reason = f"{DEADLINE} ({minutes}) passed"
        self._aws.patiently(
            lambda: self._aws.ecs.stop_task(cluster=self._spec.cluster, task=arn, reason=reason)
        )

    def _show(self, log: TaskLog) -> None:
        """Show what is new in the log. It decides nothing, so it may be late."""
        try:
            for message in log.messages():
                self._say(message)
            self._unread = ""
        except GaveUpError as error:
            self._unread = f"not all of it could be read: {error}"

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
        cause = diagnose(
            Ending(
                stop_code=task.get("stopCode", ""),
                exit_code=exit_code,
                reasons=f"{task.get('stoppedReason', '')}\n{container.get('reason', '')}",
                kind=log.kind,
            )
        )
        message = self._diagnosis(cause, task, container, log)
        if exit_code is None:
            raise _NotStartedError(cause, message)
        raise self._failed(message, cause.kind)

    def _container(self, task: TaskTypeDef) -> ContainerTypeDef:
        for container in task.get("containers", []):
            if container.get("name") == self._spec.container:
                return container
        return {}

    def _diagnosis(
        self, cause: Cause, task: TaskTypeDef, container: ContainerTypeDef, log: TaskLog
    ) -> str:
        exit_code = container.get("exitCode")
        lines = [
            cause.what,
            f"  stop code: {task.get('stopCode', 'none')}",
            f"  exit code: {'the container never started' if exit_code is None else exit_code}",
            f"  reason: {task.get('stoppedReason', 'none given')}",
        ]
        if container.get("reason"):
            lines.append(f"  container: {container['reason']}")
        if log.failure:
            lines.append(f"  failure: {log.failure}")
        lines.append(f"  log group {self._spec.log_group}, stream {log.stream}, its last lines:")
        lines += [f"    {line}" for line in log.tail or ["(empty)"]]
        lines += [f"    ({self._unread})"] * bool(self._unread)
        lines.append(f"  Remedy: {cause.remedy}")
        return "\n".join(lines)


def _speaker(say: Callable[[str], None]) -> Callable[[str], None]:
    return lambda text: say(f"populate: {text}")


class _NotStartedError(Exception):
    """The task was not placed, or was stopped before its container ran."""

    def __init__(self, cause: Cause, message: str) -> None:
        super().__init__(message)
        self.cause = cause


def _why(error: Exception) -> Cause:
    if isinstance(error, ClientError):
        told = error.response.get("Error", {})
        said = f"{told.get('Code', '')}: {told.get('Message', '')}"
    else:
        said = f"{type(error).__name__}: {error}"
    return diagnose(Ending(reasons=said), REFUSED)


def _refusal(error: Exception) -> str:
    cause = _why(error)
    return f"{cause.what}\n  AWS says: {error}\n  Remedy: {cause.remedy}"
