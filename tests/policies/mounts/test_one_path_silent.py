"""What has nothing to do with the one path of a mount, or keeps it: no false alarm."""

from collections.abc import Callable
from typing import Any

import pytest

from ..conftest import TASK_DEFINITION, Judge, container, function
from ..wire import Program
from .test_one_path import RELEASE, set_variable


def two_access_points(stack: Program) -> None:
    stack.twin(stack["libraries"], "models")
    function(stack, "other", "models", "/mnt/other", MODEL="/mnt/other/model")


def slash_at_the_end(stack: Program) -> None:
    stack["populator"].containers[0]["mountPoints"][0]["containerPath"] = "/mnt/efs/"


def doubled_slash_and_dots(stack: Program) -> None:
    set_variable(stack, "/mnt//efs/./releases/../releases/x/")


def url_with_mnt(stack: Program) -> None:
    set_variable(stack, "https://example.org:8080/mnt/models?path=/mnt/models/x")


def list_of_own_paths(stack: Program) -> None:
    set_variable(stack, f"/opt/python:{RELEASE}/site-packages:/mnt/efs")


def option_with_own_path(stack: Program) -> None:
    stack["populator"].containers[0]["command"] = [f"--release={RELEASE}"]


def base64_that_looks_like_a_path(stack: Program) -> None:
    set_variable(stack, "/mnt/" + "Ab3+" * 40 + "abc")


def parent_of_all_mounts(stack: Program) -> None:
    set_variable(stack, "/mnt")


def mnt_deeper_down(stack: Program) -> None:
    set_variable(stack, "/var/mnt/models:x/mnt/models:s3://bucket/mnt/models")


def without_environment(stack: Program) -> None:
    del stack["inference"].props["environment"]


def null_environment(stack: Program) -> None:
    stack["inference"].props["environment"] = None


def function_that_mounts_nothing(stack: Program) -> None:
    stack.twin(stack["inference"], "starter").props["fileSystemConfig"] = None
    stack["starter"].props["environment"] = {"variables": {"PASS_ON": "/mnt/somewhere"}}


def sidecar_with_its_own_mnt(stack: Program) -> None:
    sidecar = container("agent", "/mnt/efs", "--root", "/mnt/agent")
    stack["populator"].containers.append(sidecar | {"mountPoints": []})


def sidecar_that_borrows_the_mount(stack: Program) -> None:
    sidecar = container("agent", "/mnt/efs", "--root", RELEASE)
    lent = {"mountPoints": [], "volumesFrom": [{"sourceContainer": "populate"}]}
    stack["populator"].containers.append(sidecar | lent)


def scratch_volume_beside(stack: Program) -> None:
    stack["populator"].props["volumes"].append({"name": "scratch"})
    [populate] = stack["populator"].containers
    populate["mountPoints"].append({"sourceVolume": "scratch", "containerPath": "/mnt/scratch"})
    populate["command"] += ["--staging", "/mnt/scratch/x"]


def tmpfs_beside(stack: Program) -> None:
    [populate] = stack["populator"].containers
    populate["linuxParameters"] = {"tmpfs": [{"containerPath": "/mnt/fast", "size": 64}]}
    populate["command"] += ["--staging", "/mnt/fast/x"]


def capital_keys(stack: Program) -> None:
    [populate] = stack["populator"].containers
    mount = {"SourceVolume": "efs", "ContainerPath": "/mnt/efs"}
    stack["populator"].props["containerDefinitions"] = [
        {"Name": "populate", "Command": populate["command"], "MountPoints": [mount]}
    ]


def volume_without_access_point(stack: Program) -> None:
    backup = {"name": "efs", "efsVolumeConfiguration": {"fileSystemId": "fs-0123456789abcdef0"}}
    props = {"containerDefinitions": [container("b", "/backup", "/mnt/x")], "volumes": [backup]}
    stack.add(TASK_DEFINITION, "backup", props)


def mount_order_in_the_dependencies(stack: Program) -> None:
    """An ARN made of the access point and of the mount targets that it waits for."""
    stack.add("aws:efs/mountTarget:MountTarget", "target", {})
    stack["inference"].origins["fileSystemConfig"] = [stack["target"].urn, stack["libraries"].urn]


def access_point_of_a_component(stack: Program) -> None:
    stack["inference"].origins["fileSystemConfig"] = [stack["store"].urn, stack["libraries"].urn]


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
    stack: Program, judge: Judge, change: Callable[[Program], Any]
) -> None:
    change(stack)
    assert judge(stack) == []


def test_two_stacks_in_one_do_not_meet(stack: Program, judge: Judge) -> None:
    stack.twin(stack["libraries"], "libraries-2")
    second = [stack["libraries-2"].urn]
    stack.twin(stack["populator"], "populator-2").origins = {"volumes": second}
    stack.twin(stack["inference"], "inference-2").origins = {"fileSystemConfig": second}
    [populate] = stack["populator-2"].containers
    populate["mountPoints"][0]["containerPath"] = "/mnt/two"
    populate["command"] = []
    stack["inference-2"].props["fileSystemConfig"]["localMountPath"] = "/mnt/two"
    stack["inference-2"].props["environment"]["variables"]["RELEASE_PATH"] = "/mnt/two/x"
    assert judge(stack) == []


def test_resources_of_one_name_are_distinguished_by_urn(stack: Program, judge: Judge) -> None:
    twin = stack.twin(stack["inference"], "inference")
    twin.urn = twin.urn.replace("::aws:", "::acme:index:Blue$aws:")
    twin.props["fileSystemConfig"]["localMountPath"] = "/mnt/twin"
    [line] = judge(stack)
    assert f"function 'inference' ({twin.urn}) mounts access point 'libraries'" in line.message
