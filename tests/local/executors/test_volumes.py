"""Volumes of a task that are no file systems, and what ends a task that cannot go on."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from local.account import Account
from local.sandbox import Process

from ..conftest import Stack


def with_volumes(stack: Stack, source: str, *volumes: dict[str, Any], path: str) -> dict[str, Any]:
    """A request for a task definition that has these volumes too, the first of them at a path."""
    request = stack.definition(textwrap.dedent(source))
    request["volumes"] += volumes
    point = {"sourceVolume": volumes[0]["name"], "containerPath": path}
    request["containerDefinitions"][0]["mountPoints"].append(point)
    return request


def ended(stack: Stack, request: dict[str, Any]) -> Any:
    stack.ecs.register_task_definition(**request)
    answer = stack.ecs.run_task(
        cluster="main",
        taskDefinition="job",
        networkConfiguration=stack.placed,
    )
    return stack.ended(answer["tasks"][0])


WRITE = """
    import os
    print(os.listdir("PATH"))
    open("PATH/x", "w")
    open("/mnt/shared/x", "w")
"""


@pytest.mark.parametrize(
    ("path", "more"),
    [("/mnt/own", {}), ("/data", {}), ("/data", {"host": {}}), ("/usr/share/own/deep", {})],
)
def test_a_bind_mount_is_empty_in_each_task_and_may_be_written(
    stack: Stack, path: str, more: dict[str, Any]
) -> None:
    request = with_volumes(stack, WRITE.replace("PATH", path), {"name": "own", **more}, path=path)
    for _ in range(2):
        assert ended(stack, request)["containers"][0]["exitCode"] == 0, stack.lines()
    assert stack.lines() == ["[]", "[]"]


def test_the_containers_of_a_task_share_a_volume_and_may_take_each_others(stack: Stack) -> None:
    wait = """
        import os, time
        while not os.path.exists("/data/x"): time.sleep(0.01)
        try: open("/data/y", "w")
        except OSError as error: print(error.strerror)
    """
    request = with_volumes(stack, wait, {"name": "own"}, path="/data")
    (first,) = request["containerDefinitions"]
    first["mountPoints"][1]["readOnly"] = True
    write = "import os; print(os.listdir('/mnt/shared')); open('/data/x', 'w')"
    second = first | {"name": "second", "essential": False, "mountPoints": []}
    second |= {"entryPoint": ["python3", "-c", write.replace("/data", "/other")]}
    second["mountPoints"] = [{"sourceVolume": "own", "containerPath": "/other"}]
    second["volumesFrom"] = [{"sourceContainer": "main", "readOnly": True}]
    request["containerDefinitions"].append(second)
    ended(stack, request)
    assert sorted(stack.lines()) == ["Read-only file system", "[]"]


@pytest.mark.parametrize(
    ("volume", "what"),
    [
        ({"host": {"sourcePath": "/etc"}}, ""),
        ({"dockerVolumeConfiguration": {}}, ""),
        ({"configuredAtLaunch": True}, "configuredAtLaunch is not emulated"),
    ],
    ids=["host", "docker", "at launch"],
)
def test_a_volume_that_is_not_emulated_ends_the_task_with_a_readable_reason(
    stack: Stack, volume: dict[str, Any], what: str
) -> None:
    request = with_volumes(stack, "pass", {"name": "own", **volume}, path="/data")
    task = ended(stack, request)
    assert (task["stopCode"], task["lastStatus"]) == ("TaskFailedToStart", "STOPPED")
    assert f"volume own: {what}" in task["stoppedReason"]
    assert "is not emulated here; what is: " in task["stoppedReason"]


def broken(*_: object, **__: object) -> None:
    raise KeyError("surprise")


@pytest.mark.parametrize(("where", "name"), [(Account, "bind"), (Process, "__init__")])
def test_an_error_of_our_own_ends_the_task_with_stop_code_and_reason(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, where: type, name: str
) -> None:
    monkeypatch.setattr(where, name, broken)
    task = stack.ended(stack.run("pass"))
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("InternalError: KeyError: 'surprise' (at ")
    assert "exitCode" not in task["containers"][0]


def test_an_error_at_the_end_still_stops_the_task(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Process, "terminate", broken)
    monkeypatch.setattr("threading.excepthook", lambda _: None)
    assert stack.ended(stack.run("pass"))["stopCode"] == "EssentialContainerExited"
