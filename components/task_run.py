"""One run of the populate task: start or adopt it, follow its log, judge how it ended."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from .errors import PopulateError
from .gate import other_account
from .task_log import TaskLog

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_ecs.type_defs import ContainerTypeDef, RunTaskResponseTypeDef, TaskTypeDef
    from mypy_boto3_logs import CloudWatchLogsClient

PLATFORM_VERSION = "1.4.0"  # the first with EFS
# A new account or a new mount target takes up to about three minutes until everybody knows it.
_SETTLING_SECONDS = 180
_SETTLING_SIGNS = (
    "unable to assume the service linked role",
    "unable to assume the role",
    "failed to resolve",
)
_POLL_SECONDS = (0.5, 5.0)
_LOG_LAG_SECONDS = 15


@dataclass(frozen=True, kw_only=True)
class TaskRunSpec:
    """What to run and where; all of it plain values.

    Attributes:
        release_id: The release; also what a running task of it is known by.
        cluster: ARN of the cluster.
        task_definition: ARN of the task definition.
        container: Name of the container whose exit code decides.
        subnets: Subnets of the task.
        security_groups: Security groups of the task.
        assign_public_ip: Whether the task gets a public IP.
        log_group: Name of the container's log group.
        timeout_seconds: Seconds after which the task is stopped.
        account_id: The account that the credentials have to belong to.
        region: The AWS region.
        profile: AWS profile, or None for the usual chain of credentials.
    """

    release_id: str
    cluster: str
    task_definition: str
    container: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    assign_public_ip: bool
    log_group: str
    timeout_seconds: int
    account_id: str
    region: str
    profile: str | None = None


class TaskRun:
    """Brings one populate task to its end."""

    def __init__(self, spec: TaskRunSpec, say: Callable[[str], None]) -> None:
        self._spec = spec
        self._say = say
        session = boto3.Session(profile_name=spec.profile, region_name=spec.region)
        config = Config(retries={"mode": "standard", "max_attempts": 10})
        self._session = session
        self._ecs: ECSClient = session.client("ecs", config=config)
        self._logs: CloudWatchLogsClient = session.client("logs", config=config)
        self._deadline = time.monotonic() + spec.timeout_seconds

    def complete(self) -> dict[str, Any]:
        """Run or adopt the task and wait until it has stopped.

        Returns:
            `task_arn`, and from the task's own summary `outcome` (`published` or
            `already-published`), `files`, `bytes` and `seconds`.

        Raises:
            PopulateError: The task did not start, did not end in time, or ended with a failure; the
                message says why, and what the log said last.
        """
        try:
            if why := other_account(self._session, self._spec.account_id):
                raise PopulateError(why)
            return self._until_settled()
        except (BotoCoreError, ClientError) as error:
            raise PopulateError(
                f"AWS refused a call while release {self._spec.release_id} was populated: {error}"
            ) from error

    def _until_settled(self) -> dict[str, Any]:
        """Run again while AWS says what it says in the first minutes of a new account."""
        settled = time.monotonic() + _SETTLING_SECONDS
        delay = 5.0
        while True:
            try:
                return self._attempt()
            except (_NotStartedError, ClientError) as error:
                sign = next((s for s in _SETTLING_SIGNS if s in str(error).lower()), None)
                if sign is None or time.monotonic() + delay > settled:
                    if isinstance(error, _NotStartedError):
                        raise PopulateError(str(error)) from error
                    raise
                self._say(
                    f'populate: AWS says "{sign}", usual in a new stack; again in {delay:.0f} s'
                )
                time.sleep(delay)
                delay = min(delay * 2, 30.0)

    def _attempt(self) -> dict[str, Any]:
        arn = self._running() or self._start()
        log = TaskLog(
            self._logs, self._spec.log_group, self._spec.container, arn.rpartition("/")[2]
        )
        task = self._follow(arn, log)
        return self._judge(task, log)

    def _running(self) -> str | None:
        """ARN of a task of this release that still runs, left by an `up` that was cut off."""
        arns = self._ecs.list_tasks(cluster=self._spec.cluster, startedBy=self._spec.release_id)[
            "taskArns"
        ]
        if not arns:
            return None
        self._say(f"populate: waiting for task {arns[0].rpartition('/')[2]}, which already runs")
        return arns[0]

    def _start(self) -> str:
        response = self._ecs.run_task(
            cluster=self._spec.cluster,
            taskDefinition=self._spec.task_definition,
            launchType="FARGATE",
            platformVersion=PLATFORM_VERSION,
            startedBy=self._spec.release_id,
            # New for each attempt: ECS hands back a failed task for 24 hours under the same token.
            clientToken=f"{self._spec.release_id}-{uuid.uuid4().hex}",
            networkConfiguration={
                "awsvpcConfiguration": {
                    "subnets": list(self._spec.subnets),
                    "securityGroups": list(self._spec.security_groups),
                    "assignPublicIp": "ENABLED" if self._spec.assign_public_ip else "DISABLED",
                }
            },
        )
        arn = _started(response)
        self._say(f"populate: started task {arn.rpartition('/')[2]}")
        return arn

    def _follow(self, arn: str, log: TaskLog) -> TaskTypeDef:
        """Show the log until the task has stopped, and return the stopped task."""
        delay, longest = _POLL_SECONDS
        stopping = False
        while True:
            described = self._ecs.describe_tasks(cluster=self._spec.cluster, tasks=[arn])
            self._show(log)
            if not described["tasks"]:
                raise PopulateError(
                    f"task {arn} has vanished: {described['failures']}. "
                    "Remedy: run `pulumi up` again"
                )
            task = described["tasks"][0]
            if task["lastStatus"] == "STOPPED":
                return task
            if time.monotonic() > self._deadline and not stopping:
                stopping = True
                minutes = self._spec.timeout_seconds // 60
                self._say(f"populate: not done after {minutes} minutes, stopping the task")
                reason = f"populatorTimeoutMinutes ({minutes}) passed"
                self._ecs.stop_task(cluster=self._spec.cluster, task=arn, reason=reason)
            time.sleep(delay)
            delay = min(delay * 1.3, longest)

    def _show(self, log: TaskLog) -> None:
        for message in log.messages():
            self._say(f"populate: {message}")

    def _judge(self, task: TaskTypeDef, log: TaskLog) -> dict[str, Any]:
        container = self._container(task)
        exit_code = container.get("exitCode")
        # The log comes a little behind the task. A task that was killed has no last line.
        late = time.monotonic() + (_LOG_LAG_SECONDS if exit_code not in {None, 137} else 0)
        self._show(log)
        while not log.ended and time.monotonic() < late:
            time.sleep(_POLL_SECONDS[0])
            self._show(log)
        if exit_code == 0:
            summary = log.summary or {}
            return {
                "task_arn": task["taskArn"],
                "outcome": summary.get("outcome", "published"),
                "files": summary.get("files"),
                "bytes": summary.get("bytes"),
                "seconds": summary.get("seconds", {}).get("total"),
            }
        message = self._diagnosis(task, container, log)
        if task.get("stopCode") == "TaskFailedToStart":
            raise _NotStartedError(message)
        raise PopulateError(message)

    def _container(self, task: TaskTypeDef) -> ContainerTypeDef:
        for container in task["containers"]:
            if container.get("name") == self._spec.container:
                return container
        return {}

    def _diagnosis(self, task: TaskTypeDef, container: ContainerTypeDef, log: TaskLog) -> str:
        exit_code = container.get("exitCode")
        lines = [
            f"the populate task of release {self._spec.release_id} did not publish it:",
            f"  stop code: {task.get('stopCode', 'none')}",
            f"  reason: {task.get('stoppedReason', 'none given')}",
            f"  exit code: {'the container never started' if exit_code is None else exit_code}",
        ]
        if container.get("reason"):
            lines.append(f"  container: {container['reason']}")
        if log.failure:
            lines.append(f"  failure: {log.failure}")
        lines.append(f"  log group {self._spec.log_group}, stream {log.stream}, its last lines:")
        lines += [f"    {line}" for line in log.tail or ["(empty)"]]
        return "\n".join(lines)


class _NotStartedError(Exception):
    """The task was stopped before its container ran."""


def _started(response: RunTaskResponseTypeDef) -> str:
    """ARN of the started task. RunTask answers 200 even when it has placed nothing."""
    if response["tasks"]:
        return response["tasks"][0]["taskArn"]
    reasons = "; ".join(
        f"{failure.get('reason')} {failure.get('detail', '')}".strip()
        for failure in response["failures"]
    )
    raise PopulateError(
        f"ECS did not place the populate task: {reasons}. "
        "Remedy: run `pulumi up` again later, or use other availabilityZones"
    )
