"""Tasks and functions run as processes of this host, with real mounts."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
import textwrap
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local.cloud import Cloud
from local.sandbox import Bind, Host, Process, mapped
from tests.local.conftest import eventually, living

pytestmark = pytest.mark.whole

if TYPE_CHECKING:
    from tests.local.conftest import Stack

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


def test_a_file_system_keeps_its_files_from_one_cloud_to_the_next(tmp_path: Path) -> None:
    from tests.local.conftest import Stack

    for expected in ("[]", "['kept']"):
        with Cloud(tmp_path, seconds_to_create=0) as cloud:
            stack = Stack(cloud)
            source = "import os; print(os.listdir('/mnt/shared')); open('/mnt/shared/kept', 'w')"
            stack.ended(stack.run(source))
            assert stack.lines() == [expected]


def test_an_initialisation_over_the_limit_is_repeated_within_the_first_call(tmp_path: Path) -> None:
    from tests.local.conftest import Stack

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


def busy(stack: Stack, marker: str) -> None:
    """A task with a child that ignores signals, and a warm function."""
    source = f"""
        import subprocess, sys, time
        child = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(300)"
        subprocess.Popen([sys.executable, "-c", child, "{marker}"], start_new_session=True)
        print("on")
        time.sleep(300)
    """
    stack.run(textwrap.dedent(source))
    eventually(lambda: living(marker) and stack.lines())
    stack.create_function(f"def handler(e, c): return 1 # {marker}")
    stack.invoke()


def test_close_leaves_no_process_and_no_scratch_folder(cloud: Cloud, stack: Stack) -> None:
    marker = uuid.uuid4().hex
    busy(stack, marker)
    scratch = cloud.scratch
    assert living(str(scratch))
    cloud.close()
    cloud.close()
    assert not living(marker)
    assert not living(str(scratch))
    assert not scratch.exists()


def test_a_kill_of_the_program_leaves_no_process(tmp_path: Path) -> None:
    marker = uuid.uuid4().hex
    program = f"""
        import time
        from pathlib import Path
        from local.cloud import Cloud
        from tests.local.conftest import Stack
        from tests.local.executors.test_executors import busy
        with Cloud(Path({str(tmp_path)!r}), seconds_to_create=0) as cloud:
            busy(Stack(cloud), "{marker}")
            print(cloud.scratch, flush=True)
            time.sleep(300)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        scratch = Path(process.stdout.readline().strip())
        assert scratch.is_dir()
        process.send_signal(signal.SIGKILL)
    eventually(lambda: not living(marker) and not living(str(scratch)))


def test_two_clouds_of_two_processes_work_at_once_on_the_same_state(
    stack: Stack, tmp_path: Path
) -> None:
    program = f"""
        from pathlib import Path
        from local.cloud import Cloud
        from tests.local.conftest import Stack
        with Cloud(Path({str(tmp_path / "state")!r}), seconds_to_create=0) as cloud:
            stack = Stack(cloud)
            stack.ended(stack.run("open('/mnt/shared/other', 'w')"))
    """
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=Path(__file__).parents[3], check=True
    )
    stack.ended(stack.run("import os; print(os.listdir('/mnt/shared'))"))
    assert stack.lines() == ["['other']"]


def test_where_nothing_can_be_mounted_the_path_is_mapped(tmp_path: Path) -> None:
    lines: list[str] = []
    source = "import os, sys; print(os.environ['RELEASE'], sys.argv[1]); open(sys.argv[1], 'w')"
    process = Process(
        Host(tmp_path, namespaces=False),
        [sys.executable, "-c", source, "/mnt/shared/file"],
        environment={"RELEASE": "/mnt/shared"},
        folder=tmp_path,
        binds=[Bind(str(tmp_path), "/mnt/shared")],
        on_output=lines.extend,
    )
    process.join(10)
    assert lines == [f"{tmp_path} {tmp_path}/file"]
    assert (tmp_path / "file").exists()


def test_a_host_without_namespaces_is_named_once_property_by_property_and_served_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.local.conftest import Stack

    monkeypatch.setattr("local.cloud.server.namespaces_work", lambda: False)
    said: list[str] = []
    with Cloud(tmp_path, log=said.append, seconds_to_create=0) as cloud:
        stack = Stack(cloud)
        stack.ended(stack.run("open('/mnt/shared/model', 'w').write('42')"))
        stack.create_function(
            "import os\ndef handler(event, context): return open(os.environ['MODEL']).read()",
            Environment={"Variables": {"MODEL": "/mnt/shared/model"}},
        )
        assert stack.invoke()[0] == "42"
    assert len(said) == 1
    assert said[0].startswith("This host allows no mount namespaces: ")
    for word in ("mount path", "read-only", "/tmp", "HOME", "/dev/shm", "network"):
        assert word in said[0]


def test_only_whole_paths_are_mapped() -> None:
    binds = [Bind("/host", "/mnt/a")]
    text = "/mnt/a /mnt/a/b --x=/mnt/a/c:/mnt/a /mnt/ab /x/mnt/a https://mnt/a"
    assert mapped(text, binds) == "/host /host/b --x=/host/c:/host /mnt/ab /x/mnt/a https://mnt/a"
