"""A bench that shows a pack whatever stack a test describes, without an engine."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from policies.mounts.pack import LOOKED_FOR, RULES
from policies.reading.pack import policies_of

from .creation import created
from .programs import judged_by
from .wire import Part, Program, Said

FUNCTION = "aws:lambda/function:Function"
TASK_DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"
ACCESS_POINT = "aws:efs/accessPoint:AccessPoint"
ARN = "arn:aws:elasticfilesystem:eu-west-1:111122223333:access-point/"


def function(p: Program, name: str, ap: str, path: str, **variables: object) -> Part:
    """A function that mounts an access point of the stack, as a preview shows it."""
    props = {
        "fileSystemConfig": {"arn": UNKNOWN, "localMountPath": path},
        "environment": {"variables": variables},
        "runtime": "python3.11",
    }
    return p.add(FUNCTION, name, props, fileSystemConfig=p[ap])


def volume(name: str, access_point_id: str = UNKNOWN) -> dict[str, Any]:
    """A volume of a task definition."""
    authorization = {"accessPointId": access_point_id, "iam": "ENABLED"}
    return {
        "name": name,
        "efsVolumeConfiguration": {
            "fileSystemId": "fs-0123456789abcdef0",
            "transitEncryption": "ENABLED",
            "authorizationConfig": authorization,
        },
    }


def container(name: str, path: str, *command: str) -> dict[str, Any]:
    """A container definition that mounts the volume `efs`."""
    return {
        "name": name,
        "image": "public.ecr.aws/lambda/python:3.11",
        "entryPoint": ["python3", "-c", "import sys"],
        "command": list(command),
        "environment": [{"name": "INSTALLER", "value": "UEsDBBQ/mnt/AAA+"}],
        "mountPoints": [{"sourceVolume": "efs", "containerPath": path, "readOnly": False}],
    }


Judge = Callable[[Program], list[Said]]


@pytest.fixture
def judge_preview() -> Judge:
    """The first rule alone: the stacks of this bench have what that one reads."""
    return partial(judged_by, policies_of(RULES[:1], looked_for=LOOKED_FOR))


@pytest.fixture(params=["in preview", "after creation"])
def judge(request: pytest.FixtureRequest, judge_preview: Judge) -> Judge:
    if request.param == "in preview":
        return judge_preview
    return lambda p: judge_preview(created(p))


@pytest.fixture
def stack() -> Program:
    """The program's stack as a preview shows it, as far as that rule reads it: nothing is wrong."""
    release = "/mnt/efs/releases/0123456789abcdef"
    populate = container("populate", "/mnt/efs", "--release", release, "--index-url", "https://a/b")
    p = Program()
    store = p.add("efs-inference:index:EfsStore", "store", {})
    libraries = p.add(ACCESS_POINT, "libraries", {"posixUser": {"uid": 1000}})
    libraries.parent = store.urn
    task = {"containerDefinitions": [populate], "volumes": [volume("efs")]}
    populator = p.add(TASK_DEFINITION, "populator", task, volumes=libraries)
    function(p, "inference", "libraries", "/mnt/efs", RELEASE_PATH=release)
    run = {"create": "aws ecs run-task --task-definition populator"}
    p.add("command:local:Command", "populate", run, create=populator)
    return p
