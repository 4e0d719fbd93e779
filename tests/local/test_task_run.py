"""The gate on the embedded cloud: what it does with a task in every state in which one can be."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from components.errors import PopulateError
from components.task_run import TaskRun, TaskRunSpec
from local.cloud import Cloud

from .conftest import Stack

pytestmark = pytest.mark.whole

SUMMARY = {
    "phase": "summary",
    "outcome": "published",
    "files": 3,
    "bytes": 1000,
    "seconds": {"total": 1.5},
}
SUCCEEDS = f"print({json.dumps(json.dumps(SUMMARY))})"
RELEASE = "0123456789abcdef"


class Gate:
    """A task definition on the cloud, and what `TaskRun` says of its task."""

    def __init__(self, cloud: Cloud, stack: Stack) -> None:
        self.cloud, self.stack = cloud, stack
        self.said: list[str] = []

    def run(self, source: str, **changes: Any) -> Mapping[str, Any]:
        options = {
            "awslogs-group": "/tasks",
            "awslogs-region": self.cloud.region,
            "awslogs-stream-prefix": "main",
        }
        log = {"logDriver": "awslogs", "options": options}
        definition = self.stack.ecs.register_task_definition(
            **self.stack.definition(source, container={"logConfiguration": log})
        )
        values = {
            "release_id": RELEASE,
            "cluster": "main",
            "task_definition": definition["taskDefinition"]["taskDefinitionArn"],
            "container": "main",
            "subnets": tuple(self.stack.subnets),
            "security_groups": (self.stack.client_group,),
            "assign_public_ip": True,
            "log_group": "/tasks",
            "timeout_seconds": 60,
            "account_id": self.cloud.account_id,
            "region": self.cloud.region,
            **changes,
        }
        return TaskRun(TaskRunSpec(**values), say=self.said.append).complete()

    def failure(self, source: str, **changes: Any) -> str:
        with pytest.raises(PopulateError) as caught:
            self.run(source, **changes)
        return str(caught.value)


@pytest.fixture
def gate(cloud: Cloud, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Gate:
    for name, value in cloud.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    # Here the log is never behind the task by more than a moment.
    monkeypatch.setattr("components.task_run._LOG_LAG_SECONDS", 1)
    return Gate(cloud, stack)


def test_a_task_that_publishes_gives_its_summary(gate: Gate) -> None:
    outcome = gate.run(SUCCEEDS)
    assert {key: outcome[key] for key in ("outcome", "files", "bytes", "seconds")} == {
        "outcome": "published",
        "files": 3,
        "bytes": 1000,
        "seconds": 1.5,
    }


def test_the_log_is_shown_while_the_task_runs(gate: Gate) -> None:
    gate.run(f"import time; print('begin', flush=True); time.sleep(2); {SUCCEEDS}")
    assert gate.said[1:] == ["populate: begin", "populate: published, 3 files, 0 MB, 1.5 s"]


def test_a_failure_says_exit_code_reason_and_the_last_lines(gate: Gate) -> None:
    line = json.dumps({"phase": "failure", "kind": "disk", "message": "it is full"})
    message = gate.failure(f"import sys; print('before'); print({line!r}); sys.exit(14)")
    assert "exit code: 14" in message
    assert "stop code: EssentialContainerExited" in message
    assert "failure: it is full" in message
    assert "    before\n" in message


def test_a_task_stopped_from_outside_says_by_whom(gate: Gate) -> None:
    def stop() -> None:
        while not (arns := gate.stack.ecs.list_tasks(cluster="main")["taskArns"]):
            time.sleep(0.05)
        gate.stack.ecs.stop_task(cluster="main", task=arns[0], reason="by hand")

    stopper = threading.Thread(target=stop)
    stopper.start()
    source = "import signal, time; signal.signal(15, lambda *_: exit(143)); time.sleep(50)"
    message = gate.failure(source)
    stopper.join()
    assert "stop code: UserInitiated" in message
    assert "reason: by hand" in message


def test_a_passed_deadline_stops_the_task_and_names_the_key(gate: Gate) -> None:
    message = gate.failure("import time; time.sleep(50)", timeout_seconds=0)
    assert "populatorTimeoutMinutes (0) passed" in message


def test_a_running_task_of_the_release_is_adopted_instead_of_a_second_one(gate: Gate) -> None:
    other = threading.Thread(
        target=lambda: gate.run(f"import time; time.sleep(3); {SUCCEEDS}"), daemon=True
    )
    other.start()
    while not gate.said:
        time.sleep(0.05)
    assert gate.run("raise SystemExit(1)")["outcome"] == "published"
    other.join()
    assert len(gate.stack.ecs.list_tasks(cluster="main", desiredStatus="STOPPED")["taskArns"]) == 1


def test_the_wrong_account_is_refused_before_anything_starts(gate: Gate) -> None:
    message = gate.failure(SUCCEEDS, account_id="999999999999")
    assert "the stack was planned for 999999999999: nothing was started" in message
    assert gate.stack.ecs.list_tasks(cluster="main")["taskArns"] == []


def test_what_aws_refuses_is_said_in_its_own_words(gate: Gate) -> None:
    assert "ClusterNotFoundException" in gate.failure(SUCCEEDS, cluster="other")


def test_a_mount_that_is_denied_is_told_as_ecs_tells_it(gate: Gate) -> None:
    gate.stack.allow("task", [])
    message = gate.failure(SUCCEEDS)
    assert "access denied by server" in message
    assert "exit code: the container never started" in message


def test_what_passes_in_the_first_minutes_is_tried_again(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets = gate.stack.efs.describe_mount_targets(FileSystemId=gate.stack.file_system)
    for target in targets["MountTargets"]:
        gate.stack.efs.delete_mount_target(MountTargetId=target["MountTargetId"])

    def instead_of_waiting(_seconds: float) -> None:
        for subnet in gate.stack.subnets:
            gate.stack.efs.create_mount_target(
                FileSystemId=gate.stack.file_system,
                SubnetId=subnet,
                SecurityGroups=[gate.stack.target_group],
            )
        monkeypatch.undo()
        for name, value in gate.cloud.environment().items():
            monkeypatch.setenv(name, value)

    _once(monkeypatch, instead_of_waiting)
    assert gate.run(SUCCEEDS)["outcome"] == "published"
    assert any("failed to resolve" in line for line in gate.said)


def _once(monkeypatch: pytest.MonkeyPatch, action: Callable[[float], None]) -> None:
    """Run `action` at the gate's first pause of five seconds or more."""
    sleep = time.sleep

    def pause(seconds: float) -> None:
        action(seconds) if seconds >= 5 else sleep(seconds)

    monkeypatch.setattr("components.task_run.time.sleep", pause)
