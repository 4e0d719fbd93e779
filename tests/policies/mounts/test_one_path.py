"""The rule that whatever shares an access point mounts it at one path."""

from collections.abc import Callable
from typing import Any

import pytest

from ..conftest import ARN, TASK_DEFINITION, Graph, Judge, Node, Said, container, function, volume

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


def set_variable(graph: Graph, value: object) -> None:
    graph["inference"].props["environment"]["variables"]["RELEASE_PATH"] = value


def test_the_compliant_stack_is_silent(stack: Graph, judge: Judge) -> None:
    assert judge(stack) == []


def test_a_function_at_another_path_is_reported_once(stack: Graph, judge: Judge) -> None:
    stack["inference"].props["fileSystemConfig"]["localMountPath"] = "/mnt/models"
    assert judge(stack) == violation("inference", function_mounts("/mnt/models"))


def test_a_container_at_another_path_is_reported_once(stack: Graph, judge: Judge) -> None:
    stack["populator"].containers[0]["mountPoints"][0]["containerPath"] = "/mnt/models"
    message = function_mounts("/mnt/efs").replace("it at /mnt/efs", "it at /mnt/models")
    assert judge(stack) == violation("inference", message)


def test_the_odd_one_among_many_is_the_one_reported(stack: Graph, judge: Judge) -> None:
    for number in range(5):
        stack.copy_of("inference", f"inference-{number}")
    stack["populator"].containers[0]["mountPoints"][0]["containerPath"] = "/mnt/models"
    assert [line.about for line in judge(stack)] == ["populator"]


def test_each_disagreeing_consumer_is_reported_once_however_many_agree(
    stack: Graph, judge: Judge
) -> None:
    for number in range(4):
        stack.copy_of("inference", f"inference-{number}")
    for name in ("inference-1", "inference-3"):
        stack[name].props["fileSystemConfig"]["localMountPath"] = f"/mnt/{name}"
    assert [line.about for line in judge(stack)] == ["inference-1", "inference-3"]


def test_a_second_container_of_the_task_is_judged_too(stack: Graph, judge: Judge) -> None:
    stack["populator"].containers.append(container("check", "/mnt/check"))
    [line] = judge(stack)
    assert line.message.startswith(
        "container 'check' of task definition 'populator' mounts access point 'libraries' at "
        "/mnt/check, but container 'populate' of task definition 'populator' mounts it at /mnt/efs:"
    )


def test_a_second_task_definition_is_judged_too(stack: Graph, judge: Judge) -> None:
    stack.copy_of("populator", "cleaner").containers[0]["mountPoints"][0]["containerPath"] = "/data"
    assert "container 'populate' of task definition 'cleaner'" in judge(stack)[0].message


def test_an_access_point_made_elsewhere_is_recognised_by_arn_and_id(
    stack: Graph, judge: Judge
) -> None:
    foreign = "fsap-0f0f0f0f0f0f0f0f0"
    stack.add(function("reader", "libraries", "/mnt/b")).props["fileSystemConfig"]["arn"] = (
        ARN + foreign
    )
    writer = container("write", "/mnt/a")
    stack.add(
        Node(
            TASK_DEFINITION,
            "writer",
            {"containerDefinitions": [writer], "volumes": [volume("efs", foreign)]},
        )
    )
    [line] = judge(stack)
    assert line.message.startswith(
        f"container 'write' of task definition 'writer' mounts access point {foreign} at /mnt/a, "
        "but function 'reader' mounts it at /mnt/b:"
    ) or line.message.startswith(
        f"function 'reader' mounts access point {foreign} at /mnt/b, but container 'write' of task "
        "definition 'writer' mounts it at /mnt/a:"
    )


def test_a_path_of_the_environment_outside_the_mount_is_reported(
    stack: Graph, judge: Judge
) -> None:
    set_variable(stack, "/mnt/efs2/releases/0123456789abcdef")
    holder = "environment variable RELEASE_PATH"
    expected = stray(holder, "function 'inference'", "/mnt/efs2/releases/0123456789abcdef")
    assert judge(stack) == violation("inference", expected)


def test_a_path_that_climbs_out_of_the_mount_is_reported_as_written_and_as_it_is(
    stack: Graph, judge: Judge
) -> None:
    set_variable(stack, "/mnt/efs/../models/x")
    path = "/mnt/efs/../models/x (that is /mnt/models/x)"
    expected = stray("environment variable RELEASE_PATH", "function 'inference'", path)
    assert judge(stack) == violation("inference", expected)


def test_a_path_of_a_command_outside_the_mount_is_reported(stack: Graph, judge: Judge) -> None:
    stack["populator"].containers[0]["command"][1] = "/mnt/models/releases/x"
    expected = stray("command", POPULATE, "/mnt/models/releases/x")
    assert judge(stack) == violation("populator", expected)


def test_a_path_of_an_entry_point_outside_the_mount_is_reported(stack: Graph, judge: Judge) -> None:
    stack["populator"].containers[0]["entryPoint"] = ["sh", "-c", "ls '/mnt/models/x' >&2"]
    expected = stray("entry point", POPULATE, "/mnt/models/x")
    assert judge(stack) == violation("populator", expected)


def test_a_path_of_a_container_environment_outside_the_mount_is_reported(
    stack: Graph, judge: Judge
) -> None:
    environment = stack["populator"].containers[0]["environment"]
    environment.append({"name": "TARGET", "value": "/mnt/models"})
    expected = stray("environment variable TARGET", POPULATE, "/mnt/models")
    assert judge(stack) == violation("populator", expected)


@pytest.mark.parametrize(
    ("property_name", "holder"), [("commands", "command"), ("entryPoints", "entry point")]
)
def test_a_path_of_a_container_image_function_outside_the_mount_is_reported(
    stack: Graph, judge: Judge, property_name: str, holder: str
) -> None:
    stack["inference"].props["imageConfig"] = {property_name: ["serve", "--from=/mnt/models"]}
    expected = stray(holder, "function 'inference'", "/mnt/models")
    assert judge(stack) == violation("inference", expected)


def test_a_container_that_forgets_its_mount_point_is_reported(stack: Graph, judge: Judge) -> None:
    stack["populator"].containers[0]["mountPoints"] = []
    message = (
        f"command of {POPULATE} names {RELEASE}, where nothing is mounted: {POPULATE} mounts no "
        "access point, while function 'inference' mounts access point 'libraries' at /mnt/efs. Add "
        "a mount point for the volume on access point 'libraries', or let it name another path."
    )
    assert judge(stack) == violation("populator", message)


def two_access_points(stack: Graph) -> None:
    stack.copy_of("libraries", "models")
    stack.add(function("other", "models", "/mnt/other", MODEL="/mnt/other/model"))


def slash_at_the_end(stack: Graph) -> None:
    stack["populator"].containers[0]["mountPoints"][0]["containerPath"] = "/mnt/efs/"


def doubled_slash_and_dots(stack: Graph) -> None:
    set_variable(stack, "/mnt//efs/./releases/../releases/x/")


def url_with_mnt(stack: Graph) -> None:
    set_variable(stack, "https://example.org:8080/mnt/models?path=/mnt/models/x")


def list_of_own_paths(stack: Graph) -> None:
    set_variable(stack, f"/opt/python:{RELEASE}/site-packages:/mnt/efs")


def option_with_own_path(stack: Graph) -> None:
    stack["populator"].containers[0]["command"] = [f"--release={RELEASE}"]


def base64_that_looks_like_a_path(stack: Graph) -> None:
    set_variable(stack, "/mnt/" + "Ab3+" * 40 + "abc")


def parent_of_all_mounts(stack: Graph) -> None:
    set_variable(stack, "/mnt")


def mnt_deeper_down(stack: Graph) -> None:
    set_variable(stack, "/var/mnt/models:x/mnt/models:s3://bucket/mnt/models")


def without_environment(stack: Graph) -> None:
    del stack["inference"].props["environment"]


def null_environment(stack: Graph) -> None:
    stack["inference"].props["environment"] = None


def function_that_mounts_nothing(stack: Graph) -> None:
    stack.copy_of("inference", "starter").props["fileSystemConfig"] = None
    stack["starter"].props["environment"] = {"variables": {"PASS_ON": "/mnt/somewhere"}}


def sidecar_with_its_own_mnt(stack: Graph) -> None:
    sidecar = container("agent", "/mnt/efs", "--root", "/mnt/agent")
    stack["populator"].containers.append(sidecar | {"mountPoints": []})


def sidecar_that_borrows_the_mount(stack: Graph) -> None:
    sidecar = container("agent", "/mnt/efs", "--root", RELEASE)
    lent = {"mountPoints": [], "volumesFrom": [{"sourceContainer": "populate"}]}
    stack["populator"].containers.append(sidecar | lent)


def scratch_volume_beside(stack: Graph) -> None:
    stack["populator"].props["volumes"].append({"name": "scratch"})
    [populate] = stack["populator"].containers
    populate["mountPoints"].append({"sourceVolume": "scratch", "containerPath": "/mnt/scratch"})
    populate["command"] += ["--staging", "/mnt/scratch/x"]


def tmpfs_beside(stack: Graph) -> None:
    [populate] = stack["populator"].containers
    populate["linuxParameters"] = {"tmpfs": [{"containerPath": "/mnt/fast", "size": 64}]}
    populate["command"] += ["--staging", "/mnt/fast/x"]


def capital_keys(stack: Graph) -> None:
    [populate] = stack["populator"].containers
    mount = {"SourceVolume": "efs", "ContainerPath": "/mnt/efs"}
    stack["populator"].props["containerDefinitions"] = [
        {"Name": "populate", "Command": populate["command"], "MountPoints": [mount]}
    ]


def volume_without_access_point(stack: Graph) -> None:
    backup = {"name": "efs", "efsVolumeConfiguration": {"fileSystemId": "fs-0123456789abcdef0"}}
    props = {"containerDefinitions": [container("b", "/backup", "/mnt/x")], "volumes": [backup]}
    stack.add(Node(TASK_DEFINITION, "backup", props))


def mount_order_in_the_dependencies(stack: Graph) -> None:
    """An ARN made of the access point and of the mount targets that it waits for."""
    stack.add(Node("aws:efs/mountTarget:MountTarget", "target", {}))
    stack["inference"].origins["fileSystemConfig"] = ["target", "libraries"]


def access_point_of_a_component(stack: Graph) -> None:
    stack["inference"].origins["fileSystemConfig"] = ["store", "libraries"]


@pytest.mark.parametrize(
    "change",
    [
        two_access_points,
        slash_at_the_end,
        doubled_slash_and_dots,
        url_with_mnt,
        list_of_own_paths,
        option_with_own_path,
        base64_that_looks_like_a_path,
        parent_of_all_mounts,
        mnt_deeper_down,
        without_environment,
        null_environment,
        function_that_mounts_nothing,
        sidecar_with_its_own_mnt,
        sidecar_that_borrows_the_mount,
        scratch_volume_beside,
        tmpfs_beside,
        capital_keys,
        volume_without_access_point,
        mount_order_in_the_dependencies,
        access_point_of_a_component,
    ],
)
def test_there_is_no_false_alarm_for(
    stack: Graph, judge: Judge, change: Callable[[Graph], Any]
) -> None:
    change(stack)
    assert judge(stack) == []


def test_two_stacks_in_one_do_not_meet(stack: Graph, judge: Judge) -> None:
    stack.copy_of("libraries", "libraries-2")
    stack.copy_of("populator", "populator-2").origins = {"volumes": ["libraries-2"]}
    stack.copy_of("inference", "inference-2").origins = {"fileSystemConfig": ["libraries-2"]}
    [populate] = stack["populator-2"].containers
    populate["mountPoints"][0]["containerPath"] = "/mnt/two"
    populate["command"] = []
    stack["inference-2"].props["fileSystemConfig"]["localMountPath"] = "/mnt/two"
    stack["inference-2"].props["environment"]["variables"]["RELEASE_PATH"] = "/mnt/two/x"
    assert judge(stack) == []


def test_resources_of_one_name_are_distinguished_by_urn(stack: Graph, judge: Judge) -> None:
    twin = stack.copy_of("inference", "twin")
    twin.name, twin.type_of_parent = "inference", "acme:index:Blue"
    twin.props["fileSystemConfig"]["localMountPath"] = "/mnt/twin"
    [line] = judge(stack)
    assert f"function 'inference' ({twin.urn}) mounts access point 'libraries'" in line.message
