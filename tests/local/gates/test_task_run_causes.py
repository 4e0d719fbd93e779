"""Why a task did not do its work: what the cloud does, and in its words what only AWS can."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.wrappers import Response

from .gate import SUCCEEDS, WAITS, Gate, after, changed, refuses

pytestmark = pytest.mark.whole


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first minutes of the stack are over."""
    monkeypatch.setattr("components.gates.task.run._ATTEMPTS", 1)


def without_targets(gate: Gate) -> None:
    """No zone has a mount target."""
    found = gate.stack.efs.describe_mount_targets(FileSystemId=gate.stack.file_system)
    for target in found["MountTargets"]:
        gate.stack.efs.delete_mount_target(MountTargetId=target["MountTargetId"])


def without_right(gate: Gate) -> None:
    """The task's role may not mount."""
    gate.stack.allow("task", [])


def without_port(gate: Gate) -> None:
    """The mount targets let nobody in."""
    gate.stack.ec2.revoke_security_group_ingress(
        GroupId=gate.stack.target_group, IpPermissions=[gate.stack.nfs]
    )


def without_log(gate: Gate) -> None:
    """The execution role may not write the log."""
    gate.stack.allow("execution", [])


def with_targets(gate: Gate) -> None:
    """Each zone has a mount target."""
    for subnet in gate.stack.subnets:
        gate.stack.efs.create_mount_target(
            FileSystemId=gate.stack.file_system,
            SubnetId=subnet,
            SecurityGroups=[gate.stack.target_group],
        )


def with_right(gate: Gate) -> None:
    """The task's role may mount."""
    actions = ("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite")
    gate.stack.allow("task", [gate.stack.client_statement(*actions)])


def with_port(gate: Gate) -> None:
    """The mount targets let the clients in."""
    gate.stack.ec2.authorize_security_group_ingress(
        GroupId=gate.stack.target_group, IpPermissions=[gate.stack.nfs]
    )


def with_log(gate: Gate) -> None:
    """The execution role may write the log."""
    gate.stack.allow("execution", [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}])


REAL = [
    (without_targets, with_targets, "Failed to resolve", "the zone of the task has no mount"),
    (without_right, with_right, "access denied by server", "EFS denies the task's role the mount"),
    (without_port, with_port, "timed out", "the mount target does not answer the task"),
    (without_log, with_log, "logger args", "the task cannot write its log yet"),
]


@pytest.mark.parametrize(("breaks", "_repairs", "reason", "what"), REAL)
@pytest.mark.usefixtures("settled")
def test_what_keeps_a_task_from_starting_is_named(
    gate: Gate, breaks: Callable[[Gate], None], _repairs: object, reason: str, what: str
) -> None:
    breaks(gate)
    message = gate.failure(SUCCEEDS)
    assert message.splitlines()[0].startswith(f"release 0123456789abcdef: {what}")
    assert reason in message
    assert "stop code: TaskFailedToStart" in message
    assert "exit code: the container never started" in message
    assert "  Remedy: " in message
    assert gate.proxy.count("RunTask") == 1


@pytest.mark.parametrize(("breaks", "repairs", "_reason", "what"), REAL)
def test_what_passes_in_the_first_minutes_of_a_stack_is_tried_again(
    gate: Gate,
    monkeypatch: pytest.MonkeyPatch,
    breaks: Callable[[Gate], None],
    repairs: Callable[[Gate], None],
    _reason: str,
    what: str,
) -> None:
    breaks(gate)
    meanwhile(gate, monkeypatch, lambda: repairs(gate))
    assert gate.run(SUCCEEDS)["outcome"] == "published"
    assert gate.lines_with(f"populate: {what}") == 1
    assert gate.lines_with("usual in a new stack; again in 5 s (attempt 2 of 6)") == 1
    assert gate.proxy.count("RunTask") == 2


def meanwhile(gate: Gate, monkeypatch: pytest.MonkeyPatch, action: Callable[[], None]) -> None:
    """Do something in the gate's pauses for a stack that settles, instead of waiting."""
    paused: list[float] = []

    def pause(seconds: float) -> None:
        if gate.lines_with("usual in a new stack") > len(paused):
            paused.append(seconds)
            action()
        else:
            time.sleep(min(seconds, 0.2))

    for module in ("aws.settling", "task.run"):
        monkeypatch.setattr(f"components.gates.{module}.sleep", pause)


def test_attempts_are_counted_however_long_each_takes(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_port(gate)
    monkeypatch.setattr("components.gates.task.run._ATTEMPTS", 3)
    meanwhile(gate, monkeypatch, lambda: None)
    # Each look at the clock is three minutes later, as after a mount that was tried in vain.
    minutes = iter(range(0, 10_000_000, 180))
    monkeypatch.setattr("components.gates.task.run.monotonic", lambda: next(minutes))
    message = gate.failure(SUCCEEDS, timeout_minutes=20_000)
    assert "the mount target does not answer the task" in message
    assert gate.proxy.count("RunTask") == 3


def test_a_task_that_somebody_starts_in_the_settling_pause_and_stops_is_not_run_again(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_right(gate)
    definition = gate.define(WAITS)

    def another_up() -> None:
        with_right(gate)
        gate.stack.ecs.run_task(
            cluster="main",
            taskDefinition=definition,
            launchType="FARGATE",
            startedBy="0123456789abcdef",
            networkConfiguration=gate.stack.placed,
        )

    meanwhile(gate, monkeypatch, another_up)
    gate.proxy.fault("DescribeTaskDefinition", after(lambda _: gate.stop()))
    message = gate.failure(WAITS)
    assert gate.lines_with("waiting for task") == 1
    assert "somebody stopped the task" in message
    assert gate.proxy.count("RunTask") == 1


def test_the_service_linked_role_of_a_new_account_is_waited_for(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = "Unable to assume the service linked role. Please verify that it exists."
    gate.proxy.fault("RunTask", refuses("InvalidParameterException", 400, why), times=1)
    meanwhile(gate, monkeypatch, lambda: None)
    assert gate.run(SUCCEEDS)["outcome"] == "published"
    assert gate.lines_with("ECS has no service-linked role in this account yet") == 1


@pytest.mark.usefixtures("settled")
def test_a_service_linked_role_that_stays_away_comes_with_the_command(gate: Gate) -> None:
    why = "Unable to assume the service linked role. Please verify that it exists."
    gate.proxy.fault("RunTask", refuses("InvalidParameterException", 400, why))
    assert "aws iam create-service-linked-role" in gate.failure(SUCCEEDS)


@pytest.mark.parametrize(
    ("reason", "what"),
    [
        (
            "Capacity is unavailable at this time. Please try again later or in a different "
            "availability zone",
            "Fargate has no capacity for the task at the moment",
        ),
        (
            "You've reached the limit on the number of vCPUs you can run concurrently",
            "the account's quota of Fargate is used up",
        ),
        ("AGENT", "AWS refuses a call"),
    ],
)
def test_a_task_that_is_not_placed_says_why(gate: Gate, reason: str, what: str) -> None:
    failures = [{"arn": "arn:x", "reason": reason}]
    gate.proxy.fault("RunTask", lambda *_: answer({"tasks": [], "failures": failures}))
    message = gate.failure(SUCCEEDS)
    assert message.startswith(f"release 0123456789abcdef: {what}")
    assert f"RunTask placed no task: {reason}" in message
    assert gate.proxy.count("RunTask") == 1


def answer(body: Any) -> Response:
    """A response of ECS."""
    return Response(json.dumps(body), content_type="application/x-amz-json-1.1")


def stopped(container: dict[str, Any], **task: Any) -> Callable[[Any], Any]:
    """DescribeTasks says that the task has stopped so."""

    def change(body: Any) -> Any:
        (real,) = body["tasks"]
        known = {k: v for k, v in real["containers"][0].items() if k not in {"exitCode", "reason"}}
        ended = {**real, "lastStatus": "STOPPED", "desiredStatus": "STOPPED", **task}
        return {**body, "tasks": [{**ended, "containers": [{**known, **container}]}]}

    return change


ESSENTIAL = {
    "stopCode": "EssentialContainerExited",
    "stoppedReason": "Essential container in task exited",
}


@pytest.mark.parametrize(
    ("container", "task", "what"),
    [
        (
            {"exitCode": 137, "reason": "OutOfMemoryError: Container killed due to memory usage"},
            ESSENTIAL,
            "the container ran out of memory",
        ),
        ({"exitCode": 137}, ESSENTIAL, "the container was killed (SIGKILL)"),
        ({"exitCode": 139}, ESSENTIAL, "the container's program crashed (SIGSEGV)"),
        (
            {},
            {
                "stopCode": "TaskFailedToStart",
                "stoppedReason": "CannotPullContainerError: pull image manifest has been retried 1 "
                "time(s): failed to resolve ref public.ecr.aws/lambda/python:9: "
                "public.ecr.aws/lambda/python:9: not found",
            },
            "the container image, or its tag, does not exist for this architecture",
        ),
        (
            {},
            {
                "stopCode": "TaskFailedToStart",
                "stoppedReason": "CannotPullContainerError: pull image manifest has been retried 5 "
                "time(s): failed to resolve ref public.ecr.aws/lambda/python:3.11: failed to do "
                "request: Head: dial tcp 99.83.145.10:443: i/o timeout",
            },
            "the task has no way to the container registry",
        ),
        (
            {"exitCode": 143},
            {
                "stopCode": "SpotInterruption",
                "stoppedReason": "Your Spot Task was interrupted.",
            },
            "Fargate Spot took its capacity back",
        ),
        (
            {"exitCode": 143},
            {"stopCode": "TerminationNotice", "stoppedReason": "Task is retired."},
            "AWS ended the task for maintenance of its host",
        ),
    ],
)
def test_what_only_aws_can_do_to_a_task_is_named(
    gate: Gate, container: dict[str, Any], task: dict[str, str], what: str
) -> None:
    gate.proxy.fault("DescribeTasks", changed(stopped(container, **task)))
    message = gate.failure(WAITS)
    assert message.startswith(f"release 0123456789abcdef: {what}\n")
    assert f"stop code: {task['stopCode']}" in message
    assert task["stoppedReason"] in message
    if "reason" in container:
        assert f"container: {container['reason']}" in message
    assert gate.proxy.count("RunTask") == 1


def test_a_crash_of_a_library_is_named(gate: Gate) -> None:
    message = gate.failure("import ctypes; ctypes.string_at(0)")
    assert "the container's program crashed (SIGSEGV)" in message
    assert "exit code: 139" in message


def test_a_disk_without_room_is_named_even_without_a_last_line(gate: Gate) -> None:
    assert "a disk is full, or cannot be written" in gate.failure("raise SystemExit(14)")
