"""Tasks and functions run as processes of this host, with real mounts."""

from __future__ import annotations

import base64
import json
import textwrap
from pathlib import Path

import pytest

from local.cloud import Cloud
from tests.processes import eventually

from ..conftest import Stack

pytestmark = pytest.mark.whole


STATE = Path("state/libraries/data")


def test_a_task_writes_through_its_mount_into_the_state_folder(
    stack: Stack, tmp_path: Path
) -> None:
    task = stack.run("open('/mnt/shared/hello', 'w').write('from the task')")
    assert task["lastStatus"] == "PROVISIONING"
    ended = stack.ended(task)
    assert ended["containers"][0]["exitCode"] == 0, stack.lines()
    assert (tmp_path / STATE / "hello").read_text() == "from the task"
    assert not Path("/mnt/shared").exists()


def test_a_task_that_ends_says_why_in_the_words_of_ecs(stack: Stack) -> None:
    ended = stack.ended(stack.run("raise SystemExit(12)"))
    assert ended["stopCode"] == "EssentialContainerExited"
    assert ended["stoppedReason"] == "Essential container in task exited"
    assert ended["containers"][0]["exitCode"] == 12


def test_the_log_has_every_line_in_order_while_the_task_runs(stack: Stack) -> None:
    source = """
        import sys, time
        for n in range(200): print("line", n, file=(sys.stdout, sys.stderr)[n % 2])
        time.sleep(60)
    """
    task = stack.run(textwrap.dedent(source))
    eventually(lambda: len(stack.lines()) == 200)
    assert stack.lines() == [f"line {n}" for n in range(200)]
    streams = stack.logs.describe_log_streams(logGroupName="/tasks")["logStreams"]
    assert [s["logStreamName"] for s in streams] == [f"run/main/{task['taskArn'].split('/')[-1]}"]


def test_a_container_sees_the_definition_and_of_the_host_only_what_the_network_needs(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("PIP_INDEX_URL", "https://mine.example")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    more = {"environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]}
    overrides = {"name": "main", "environment": [{"name": "B", "value": "2"}]}
    request = {"overrides": {"containerOverrides": [overrides]}}
    stack.ended(
        stack.run(
            "import os, json; print(json.dumps(dict(os.environ)))", container=more, request=request
        )
    )
    seen = json.loads(stack.lines()[0])
    assert (seen["A"], seen["B"], seen["HTTPS_PROXY"]) == ("1", "2", "http://proxy.example")
    assert seen["AWS_EXECUTION_ENV"] == "AWS_ECS_FARGATE"
    assert not {"AWS_PROFILE", "PIP_INDEX_URL", "AWS_ENDPOINT_URL"} & seen.keys()


def test_an_override_replaces_the_command_and_is_of_a_container_that_exists(stack: Stack) -> None:
    def request(name: str) -> dict[str, object]:
        return {"overrides": {"containerOverrides": [{"name": name, "command": ["x", "y z"]}]}}

    source = "import sys; print(sys.argv[1:])"
    stack.ended(stack.run(source, container={"command": ["of the definition"]}))
    stack.ended(stack.run(source, container={"command": ["a"]}, request=request("main")))
    assert stack.lines() == ["['of the definition']", "['x', 'y z']"]
    with pytest.raises(stack.ecs.exceptions.InvalidParameterException, match="named other is not"):
        stack.run(source, request=request("other"))


def test_a_stopped_task_gets_sigterm_and_the_chance_to_end_by_itself(stack: Stack) -> None:
    source = """
        import signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        print("ready", flush=True)
        time.sleep(60)
    """
    task = stack.run(textwrap.dedent(source))
    eventually(stack.lines)
    stack.ecs.stop_task(cluster="main", task=task["taskArn"], reason="enough")
    ended = stack.ended(task)
    assert (ended["stopCode"], ended["stoppedReason"]) == ("UserInitiated", "enough")
    assert ended["containers"][0]["exitCode"] == 143


def test_a_task_that_ignores_sigterm_is_killed_after_its_stop_timeout(stack: Stack) -> None:
    task = stack.run("print('on'); import time; time.sleep(60)", container={"stopTimeout": 1})
    eventually(stack.lines)
    stack.ecs.stop_task(cluster="main", task=task["taskArn"])
    assert stack.ended(task)["containers"][0]["exitCode"] == 137


def test_the_same_client_token_gives_the_same_task_and_other_parameters_a_conflict(
    stack: Stack,
) -> None:
    request = {"clientToken": "once", "startedBy": "me"}
    first = stack.run("pass", request=request)
    definition = {"taskDefinition": first["taskDefinitionArn"], "cluster": "main"}
    again = stack.ecs.run_task(
        **definition,
        **request,
        launchType="FARGATE",
        networkConfiguration=stack.placed,
    )
    assert [task["taskArn"] for task in again["tasks"]] == [first["taskArn"]]
    with pytest.raises(stack.ecs.exceptions.ConflictException) as caught:
        stack.run("pass", request={**request, "startedBy": "you"})
    assert caught.value.response["resourceIds"] == [first["taskArn"]]


def test_tasks_are_listed_in_pages(stack: Stack) -> None:
    tasks = [stack.run("pass", request={"startedBy": "me"})["taskArn"] for _ in range(3)]
    for task in tasks:
        stack.ended({"taskArn": task})
    pages = stack.ecs.get_paginator("list_tasks").paginate(
        cluster="main", desiredStatus="STOPPED", PaginationConfig={"PageSize": 2}
    )
    assert [page["taskArns"] for page in pages] == [tasks[:2], tasks[2:]]


def test_a_task_that_is_stopped_before_it_starts_never_runs(stack: Stack) -> None:
    registered = stack.ecs.register_task_definition(**stack.definition("print('ran')"))
    request = {
        "cluster": "main",
        "taskDefinition": registered["taskDefinition"]["taskDefinitionArn"],
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": stack.subnets}},
    }
    with stack.cloud._lock:  # a task goes on only with this
        tasks = stack.cloud._region("us-east-1").tasks
        task = tasks.run(request)["tasks"][0]
        tasks.stop({"cluster": "main", "task": task["taskArn"]})
    ended = stack.ended(task)
    assert ended["stopCode"] == "UserInitiated"
    assert "exitCode" not in ended["containers"][0]
    assert stack.lines() == []


def test_tasks_are_listed_by_who_started_them_and_stay_known_after_the_end(stack: Stack) -> None:
    task = stack.run("pass", request={"startedBy": "me"})
    stack.ended(task)
    listed = {
        status: stack.ecs.list_tasks(cluster="main", startedBy="me", desiredStatus=status)
        for status in ("RUNNING", "STOPPED")
    }
    assert listed["RUNNING"]["taskArns"] == []
    assert listed["STOPPED"]["taskArns"] == [task["taskArn"]]
    answer = stack.ecs.describe_tasks(cluster="main", tasks=["0" * 32])
    assert answer["failures"] == [{"arn": "0" * 32, "reason": "MISSING"}]


def test_a_container_that_may_not_write_mounts_read_only(stack: Stack) -> None:
    stack.allow("task", [stack.client_statement("elasticfilesystem:ClientMount")])
    stack.ended(stack.run("open('/mnt/shared/x', 'w')"))
    assert "Read-only file system" in stack.lines()[-1]


def test_an_initialisation_over_the_limit_is_repeated_within_the_first_call(tmp_path: Path) -> None:
    source = """
        import time
        print("initialising")
        time.sleep(2)
        def handler(event, context): return context.get_remaining_time_in_millis()
    """
    with Cloud(tmp_path, seconds_to_create=0, init_limit=1) as cloud:
        stack = Stack(cloud)
        stack.create_function(textwrap.dedent(source), Timeout=60)
        left, answer = stack.invoke(LogType="Tail")
    assert left < 58_000
    log = base64.b64decode(answer["LogResult"]).decode()
    assert log.count("initialising") == 2
    assert "Phase: init\tStatus: timeout" in log
