"""The rule that whatever shares an access point mounts it at one path."""

import pytest

from ..conftest import ARN, TASK_DEFINITION, Judge, container, function, volume
from ..wire import Program, Said

RELEASE = "/mnt/efs/releases/0123456789abcdef"


def violation(about: str, message: str) -> list[Said]:
    return [Said("one-access-point-one-path", True, about, message)]


def function_mounts(path: str) -> str:
    return (
        f"function 'inference' mounts access point 'libraries' at {path}, but container 'populate' "
        "of task definition 'populator' mounts it at /mnt/efs: what one writes under its path the "
        "other does not find. Give fileSystemConfig.localMountPath of function 'inference' and "
        "containerPath of container 'populate' of task definition 'populator' the same value."
    )


def stray(holder: str, who: str, path: str) -> str:
    return (
        f"{holder} of {who} names {path}, where nothing is mounted: {who} mounts access point "
        "'libraries' at /mnt/efs. Let it name a path under /mnt/efs, or mount there what it needs."
    )


POPULATE = "container 'populate' of task definition 'populator'"


def set_variable(stack: Program, value: object) -> None:
    stack["inference"].props["environment"]["variables"]["RELEASE_PATH"] = value


def test_the_compliant_stack_is_silent(stack: Program, judge: Judge) -> None:
    assert judge(stack) == []


def test_a_function_at_another_path_is_reported_once(stack: Program, judge: Judge) -> None:
    stack["inference"].props["fileSystemConfig"]["localMountPath"] = "/mnt/models"
    assert judge(stack) == violation("inference", function_mounts("/mnt/models"))


def test_a_container_at_another_path_is_reported_once(stack: Program, judge: Judge) -> None:
    stack["populator"].containers[0]["mountPoints"][0]["containerPath"] = "/mnt/models"
    message = function_mounts("/mnt/efs").replace("it at /mnt/efs", "it at /mnt/models")
    assert judge(stack) == violation("inference", message)


def test_the_odd_one_among_many_is_the_one_reported(stack: Program, judge: Judge) -> None:
    for number in range(5):
        stack.twin(stack["inference"], f"inference-{number}")
    stack["populator"].containers[0]["mountPoints"][0]["containerPath"] = "/mnt/models"
    assert [line.about for line in judge(stack)] == ["populator"]


def test_each_disagreeing_consumer_is_reported_once_however_many_agree(
    stack: Program, judge: Judge
) -> None:
    for number in range(4):
        stack.twin(stack["inference"], f"inference-{number}")
    for name in ("inference-1", "inference-3"):
        stack[name].props["fileSystemConfig"]["localMountPath"] = f"/mnt/{name}"
    assert [line.about for line in judge(stack)] == ["inference-1", "inference-3"]


def test_a_second_container_of_the_task_is_judged_too(stack: Program, judge: Judge) -> None:
    stack["populator"].containers.append(container("check", "/mnt/check"))
    [line] = judge(stack)
    assert line.message.startswith(
        "container 'check' of task definition 'populator' mounts access point 'libraries' at "
        "/mnt/check, but container 'populate' of task definition 'populator' mounts it at /mnt/efs:"
    )


def test_a_second_task_definition_is_judged_too(stack: Program, judge: Judge) -> None:
    cleaner = stack.twin(stack["populator"], "cleaner")
    cleaner.containers[0]["mountPoints"][0]["containerPath"] = "/data"
    assert "container 'populate' of task definition 'cleaner'" in judge(stack)[0].message


def test_an_access_point_made_elsewhere_is_recognised_by_arn_and_id(
    stack: Program, judge: Judge
) -> None:
    foreign = "fsap-0f0f0f0f0f0f0f0f0"
    reader = function(stack, "reader", "libraries", "/mnt/b")
    reader.props["fileSystemConfig"]["arn"] = ARN + foreign
    writer = {"containerDefinitions": [container("write", "/mnt/a")]}
    stack.add(TASK_DEFINITION, "writer", {**writer, "volumes": [volume("efs", foreign)]})
    [line] = judge(stack)
    assert line.message.startswith(
        f"container 'write' of task definition 'writer' mounts access point {foreign} at /mnt/a, "
        "but function 'reader' mounts it at /mnt/b:"
    ) or line.message.startswith(
        f"function 'reader' mounts access point {foreign} at /mnt/b, but container 'write' of task "
        "definition 'writer' mounts it at /mnt/a:"
    )


def test_a_path_of_the_environment_outside_the_mount_is_reported(
    stack: Program, judge: Judge
) -> None:
    set_variable(stack, "/mnt/efs2/releases/0123456789abcdef")
    holder = "environment variable RELEASE_PATH"
    expected = stray(holder, "function 'inference'", "/mnt/efs2/releases/0123456789abcdef")
    assert judge(stack) == violation("inference", expected)


def test_a_path_that_climbs_out_of_the_mount_is_reported_as_written_and_as_it_is(
    stack: Program, judge: Judge
) -> None:
    set_variable(stack, "/mnt/efs/../models/x")
    path = "/mnt/efs/../models/x (that is /mnt/models/x)"
    expected = stray("environment variable RELEASE_PATH", "function 'inference'", path)
    assert judge(stack) == violation("inference", expected)


def test_a_path_of_a_command_outside_the_mount_is_reported(stack: Program, judge: Judge) -> None:
    stack["populator"].containers[0]["command"][1] = "/mnt/models/releases/x"
    expected = stray("command", POPULATE, "/mnt/models/releases/x")
    assert judge(stack) == violation("populator", expected)


def test_a_path_of_an_entry_point_outside_the_mount_is_reported(
    stack: Program, judge: Judge
) -> None:
    stack["populator"].containers[0]["entryPoint"] = ["sh", "-c", "ls '/mnt/models/x' >&2"]
    expected = stray("entry point", POPULATE, "/mnt/models/x")
    assert judge(stack) == violation("populator", expected)


def test_a_path_of_a_container_environment_outside_the_mount_is_reported(
    stack: Program, judge: Judge
) -> None:
    environment = stack["populator"].containers[0]["environment"]
    environment.append({"name": "TARGET", "value": "/mnt/models"})
    expected = stray("environment variable TARGET", POPULATE, "/mnt/models")
    assert judge(stack) == violation("populator", expected)


@pytest.mark.parametrize(
    ("property_name", "holder"), [("commands", "command"), ("entryPoints", "entry point")]
)
def test_a_path_of_a_container_image_function_outside_the_mount_is_reported(
    stack: Program, judge: Judge, property_name: str, holder: str
) -> None:
    stack["inference"].props["imageConfig"] = {property_name: ["serve", "--from=/mnt/models"]}
    expected = stray(holder, "function 'inference'", "/mnt/models")
    assert judge(stack) == violation("inference", expected)


def test_a_container_that_forgets_its_mount_point_is_reported(stack: Program, judge: Judge) -> None:
    stack["populator"].containers[0]["mountPoints"] = []
    message = (
        f"command of {POPULATE} names {RELEASE}, where nothing is mounted: {POPULATE} mounts no "
        "access point, while function 'inference' mounts access point 'libraries' at /mnt/efs. Add "
        "a mount point for the volume on access point 'libraries', or let it name another path."
    )
    assert judge(stack) == violation("populator", message)
