"""Requests that AWS has to refuse: what it answers is compared with the embedded cloud."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import ClientError

from .stacks import Made


def ask(made: Callable[[str], Made]) -> dict[str, Any]:
    """The error code of each; a request that is accepted is undone.

    Args:
        made: The stack's resource of a type.
    """
    system, point = made("FileSystem").id, made("AccessPoint").id
    point_arn = made("AccessPoint").outputs["arn"]
    target = made("MountTarget").outputs["subnetId"]
    efs, lambda_ = boto3.client("efs"), boto3.client("lambda")
    word, function = uuid.uuid4().hex, made("Function").outputs["name"]
    requests: dict[str, Callable[[], Callable[[], object]]] = {
        "access point with a relative path": lambda: _undo(
            efs.create_access_point(
                ClientToken=word, FileSystemId=system, RootDirectory={"Path": "relative"}
            ),
            lambda new: efs.delete_access_point(AccessPointId=new["AccessPointId"]),
        ),
        "second mount target in a zone": lambda: _undo(
            efs.create_mount_target(FileSystemId=system, SubnetId=target),
            lambda new: efs.delete_mount_target(MountTargetId=new["MountTargetId"]),
        ),
        "task definition with access point and root directory": lambda: _task(system, point, word),
        "policy of another file system": lambda: _policy(system),
        "call of an unknown version": lambda: _undo(
            lambda_.invoke(FunctionName=function, Qualifier="987654321"), lambda _: None
        ),
        "mount path of two levels": lambda: _undo(
            lambda_.update_function_configuration(
                FunctionName=function,
                FileSystemConfigs=[{"Arn": point_arn, "LocalMountPath": "/mnt/two/levels"}],
            ),
            lambda _: None,  # of $LATEST alone, which the next step configures
        ),
    }
    answers = {}
    for name, request in requests.items():
        try:
            request()()
            answers[name] = "accepted, and undone"
        except ClientError as error:
            answers[name] = str(error.response["Error"].get("Code"))
    return {"answer": json.dumps(answers), "as_expected": None, "codes": answers}


def _undo(new: Any, undo: Callable[[Any], object]) -> Callable[[], object]:
    return lambda: undo(new)


def _task(system: str, point: str, word: str) -> Callable[[], object]:
    ecs = boto3.client("ecs")
    new = ecs.register_task_definition(
        family=f"first-run-{word}",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "a", "image": "a", "essential": True}],
        volumes=[
            {
                "name": "v",
                "efsVolumeConfiguration": {
                    "fileSystemId": system,
                    "rootDirectory": "/elsewhere",
                    "transitEncryption": "ENABLED",
                    "authorizationConfig": {"accessPointId": point},
                },
            }
        ],
    )
    arn = new["taskDefinition"]["taskDefinitionArn"]
    return lambda: ecs.deregister_task_definition(taskDefinition=arn)


def _policy(system: str) -> Callable[[], object]:
    efs = boto3.client("efs")
    before = efs.describe_file_system_policy(FileSystemId=system)["Policy"]
    policy = json.loads(before)
    other = "fs-0123456789abcdef0"
    for statement in policy["Statement"]:
        statement["Resource"] = str(statement["Resource"]).replace(system, other)
    efs.put_file_system_policy(FileSystemId=system, Policy=json.dumps(policy))
    return lambda: efs.put_file_system_policy(FileSystemId=system, Policy=before)
