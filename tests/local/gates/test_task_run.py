"""The gate on the embedded cloud: what it does with a task in every state in which one can be."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from werkzeug.wrappers import Request, Response

from tests.processes import heard

from .gate import RELEASE, SUCCEEDS, SUMMARY, WAITS, Gate, Real, after, changed

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parents[3]
CHILD = """
import json, sys
from components.gates.task import TaskRun, TaskRunSpec
say = lambda text: print(text, flush=True)
TaskRun(TaskRunSpec(**json.loads(sys.argv[1])), say=say).complete()
"""


def test_a_task_that_publishes_gives_its_summary(gate: Gate) -> None:
    outcome = gate.run(SUCCEEDS)
    assert {key: outcome[key] for key in outcome if key != "task_arn"} == {
        "outcome": "published",
        "files": 3,
        "bytes": 1000,
        "seconds": 1.5,
        "summary": SUMMARY,
    }


def test_a_task_carries_the_tags_of_its_definition_and_those_of_ecs(gate: Gate) -> None:
    """Accounts that enforce tags refuse a task without."""
    gate.run(SUCCEEDS)
    (asked,) = (asked for name, asked in gate.proxy.asked if name == "RunTask")
    assert (asked["propagateTags"], asked["enableECSManagedTags"]) == ("TASK_DEFINITION", True)


def test_the_log_is_shown_while_the_task_runs(gate: Gate) -> None:
    with gate.background(WAITS):  # waits for the line "ready"
        gate.go()
    gate.run(f"print('begin', flush=True); {SUCCEEDS}")
    assert gate.said[1:] == ["populate: begin", "populate: published, 3 files, 0 MB, 1.5 s"]


def test_a_failure_says_exit_code_reason_the_last_lines_and_what_to_do(gate: Gate) -> None:
    line = json.dumps({"phase": "failure", "kind": "disk", "message": "it is full"})
    message = gate.failure(f"import sys; print('before'); print({line!r}); sys.exit(14)")
    task = gate.tasks("STOPPED")[0].rpartition("/")[2]
    assert message.splitlines() == [
        f"release {RELEASE}: a disk is full, or cannot be written",
        "  stop code: EssentialContainerExited",
        "  exit code: 14",
        "  reason: Essential container in task exited",
        "  failure: it is full",
        f"  log group /tasks, stream main/main/{task}, its last lines:",
        "    before",
    ]
    # The failure stands in the message, and not a second time before it.
    assert gate.said[1:] == ["populate: before"]


def test_a_failure_that_says_what_to_do_is_indented_and_stands_alone(gate: Gate) -> None:
    said = "no module named a\nAdd a to requirements.in, and run `make lock`."
    line = json.dumps({"phase": "failure", "kind": "import", "message": said})
    message = gate.failure(f"import sys; print({line!r}); sys.exit(13)")
    assert (
        "\n  failure: no module named a\n    Add a to requirements.in, and run `make lock`.\n  log"
    ) in message
    assert all(line.startswith("  ") for line in message.splitlines()[1:])
    assert "Remedy: " not in message


def test_a_task_with_a_command_of_its_own_runs_that(gate: Gate) -> None:
    gate.run("import sys; print(sys.argv[1:])", command=("a", "b c"), started_by="verify-1")
    assert gate.said[1] == "populate: ['a', 'b c']"
    (run,) = (asked for name, asked in gate.proxy.asked if name == "RunTask")
    assert run["startedBy"] == "verify-1"
    assert run["overrides"] == {"containerOverrides": [{"name": "main", "command": ["a", "b c"]}]}


# --- stopped in each phase -------------------------------------------------------------------


def test_a_task_stopped_before_it_runs_never_started(gate: Gate) -> None:
    def stopped_at_once(_: Request, real: Real) -> Response:
        with gate.cloud._lock:  # a task goes on only with this
            response = real()
            arn = json.loads(response.get_data())["tasks"][0]["taskArn"]
            gate.cloud._region("us-east-1").tasks.stop(
                {"cluster": "main", "task": arn, "reason": "too early"}
            )
        return response

    gate.proxy.fault("RunTask", stopped_at_once)
    message = gate.failure(WAITS)
    assert "somebody stopped the task" in message
    assert "stop code: UserInitiated" in message
    assert "exit code: the container never started" in message
    assert "reason: too early" in message


def test_a_task_stopped_while_it_runs_says_by_whom(gate: Gate) -> None:
    gate.when["ready"] = gate.stop
    message = gate.failure(WAITS)
    assert "somebody stopped the task" in message
    assert "stop code: UserInitiated" in message
    assert "exit code: 143" in message
    assert "reason: by hand" in message


def test_a_task_stopped_when_it_has_ended_has_published(gate: Gate) -> None:
    def stop_the_ended(answer: dict[str, list[dict[str, str]]]) -> None:
        if answer["tasks"][0]["lastStatus"] == "STOPPED":
            arn = answer["tasks"][0]["taskArn"]
            gate.stack.ecs.stop_task(cluster="main", task=arn, reason="too late")

    gate.proxy.fault("DescribeTasks", after(stop_the_ended))
    assert gate.run(SUCCEEDS)["outcome"] == "published"


def test_a_task_over_its_timeout_is_stopped_and_the_timeout_named(gate: Gate) -> None:
    message = gate.failure(WAITS, timeout_minutes=0)
    assert "the task was stopped because its time was over" in message
    assert "the timeout of the populate task (0 minutes) is over" in message
    assert gate.tasks() == []


# --- adopted ---------------------------------------------------------------------------------


def test_a_running_task_of_the_release_is_adopted_instead_of_a_second_one(gate: Gate) -> None:
    with gate.background(WAITS) as first:
        gate.proxy.fault("DescribeTaskDefinition", after(lambda _: gate.go()))
        assert gate.run("raise SystemExit(1)")["outcome"] == "published"
    assert [outcome["outcome"] for outcome in first] == ["published"]
    assert len(gate.tasks("STOPPED")) == 1
    assert gate.lines_with("waiting for task") == 1


def test_a_killed_gate_leaves_a_task_that_the_next_one_adopts(gate: Gate) -> None:
    spec = gate.values(WAITS)
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, json.dumps(spec)],
        cwd=ROOT,
        env={**os.environ},
        stdout=subprocess.PIPE,
        text=True,
    )
    heard(child, "ready")
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert child.returncode == -signal.SIGKILL
    (left,) = gate.tasks()
    gate.proxy.fault("DescribeTaskDefinition", after(lambda _: gate.go()))
    assert gate.run("raise SystemExit(1)")["task_arn"] == left
    assert gate.tasks("STOPPED") == [left]


def test_a_task_that_mounts_another_access_point_is_not_adopted(gate: Gate) -> None:
    other = gate.stack.efs.create_access_point(
        ClientToken="other",
        FileSystemId=gate.stack.file_system,
        PosixUser={"Uid": 1000, "Gid": 1000},
        RootDirectory={
            "Path": "/data",
            "CreationInfo": {"OwnerUid": 1000, "OwnerGid": 1000, "Permissions": "0755"},
        },
    )
    gate.stack.set_policy(Effect="Allow", Action="*")
    old = {"authorizationConfig": {"accessPointId": other["AccessPointId"], "iam": "ENABLED"}}
    old_task = gate.define(WAITS, efs=old)
    with gate.background(
        WAITS, task_definition_arn=old_task, access_point_arn=other["AccessPointArn"]
    ):
        (left,) = gate.tasks()
        assert gate.run(SUCCEEDS)["task_arn"] != left
        assert gate.lines_with("mounts another access point, it is not adopted") == 1
        gate.go()


def test_a_task_on_the_second_page_is_adopted(gate: Gate) -> None:
    def empty(answer: dict[str, object]) -> dict[str, object]:
        return {**answer, "taskArns": [], "nextToken": "0"}

    with gate.background(WAITS):
        gate.proxy.fault("ListTasks", changed(empty), times=1)
        gate.proxy.fault("DescribeTaskDefinition", after(lambda _: gate.go()))
        assert gate.run("raise SystemExit(1)")["outcome"] == "published"
    assert len(gate.tasks("STOPPED")) == 1


# --- refused ---------------------------------------------------------------------------------


def test_the_wrong_account_is_refused_before_anything_starts(gate: Gate) -> None:
    message = gate.failure(SUCCEEDS, account_id="999999999999")
    assert "the stack was planned for 999999999999: nothing was done" in message
    assert gate.proxy.count("RunTask") == 0


def test_what_aws_refuses_is_said_in_its_own_words(gate: Gate) -> None:
    message = gate.failure(SUCCEEDS, cluster_arn="other")
    assert "the cluster is gone" in message
    assert "ClusterNotFoundException" in message
    assert "\n  Nothing was started\n" in message


def test_roles_are_assumed_one_after_the_other(gate: Gate) -> None:
    arn = f"arn:aws:iam::{gate.cloud.account_id}:role/deployer"
    roles = [{"roleArn": arn, "externalId": "xyz", "sessionName": "one"}, {"roleArn": arn}]
    assert gate.run(SUCCEEDS, assume_roles=roles)["outcome"] == "published"
    assumed = [asked for name, asked in gate.proxy.asked if name == "AssumeRole"]
    assert [(a["RoleArn"], a.get("ExternalId")) for a in assumed] == [(arn, "xyz"), (arn, None)]
    assert assumed[0]["RoleSessionName"] == "one"
    keys = list(dict.fromkeys(gate.proxy.signed_by))
    assert keys[0] == "embedded"
    assert len(keys) == 3
    assert gate.proxy.signed_by[-1] == keys[2]
