"""Requests that the embedded cloud refuses by themselves, in AWS's words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.cloud import Cloud

from ..conftest import Stack, refusal

CLIENT_EXCEPTION = "ClientException: "
PARAMETER = "InvalidParameterValueException: "


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One for all: what is refused changes nothing."""
    with Cloud(tmp_path_factory.mktemp("state"), seconds_to_create=0) as cloud:
        yield Stack(cloud)


def test_ids_have_the_length_that_lambda_demands(stack: Stack) -> None:
    assert (len(stack.point), len(stack.file_system)) == (len("fsap-") + 17, len("fs-") + 17)


@pytest.mark.parametrize(
    ("root", "where"),
    [
        ({"Path": "data"}, "rootDirectory.path"),
        ({"Path": "/a/b/c/d/e"}, "rootDirectory.path"),
        ({"Path": "/a?"}, "rootDirectory.path"),
        (
            {"Path": "/a", "CreationInfo": {"OwnerUid": 1, "OwnerGid": 1, "Permissions": "rwx"}},
            "rootDirectory.creationInfo.permissions",
        ),
    ],
)
def test_an_access_point_follows_the_service_model(
    stack: Stack, root: dict[str, Any], where: str
) -> None:
    said = refusal(
        stack.efs.create_access_point,
        ClientToken="new",
        FileSystemId=stack.file_system,
        RootDirectory=root,
    )
    assert said.startswith("ValidationException: 1 validation error detected: ")
    assert f"at '{where}' failed to satisfy constraint" in said


def test_an_access_point_has_a_file_system(stack: Stack) -> None:
    said = refusal(stack.efs.create_access_point, ClientToken="new", FileSystemId="fs-" + "0" * 17)
    assert said.startswith("FileSystemNotFound: ")


def test_a_file_system_policy_is_json_about_its_own_file_system(stack: Stack) -> None:
    put = stack.efs.put_file_system_policy
    other = stack.file_system_arn.replace("fs-", "fs-0")
    document = {"Statement": [{"Effect": "Deny", "Action": "*", "Resource": other}]}
    broken = refusal(put, FileSystemId=stack.file_system, Policy="{")
    foreign = refusal(put, FileSystemId=stack.file_system, Policy=json.dumps(document))
    assert broken.startswith("InvalidPolicyException: Policy is not valid")
    assert foreign == "InvalidPolicyException: Policy contains an invalid resource"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"efs": {"rootDirectory": "/data"}},
            'When using an EFS access point, the root directory must either be set to "/" or be '
            "omitted.",
        ),
        (
            {"efs": {"transitEncryption": "DISABLED"}},
            "EFS IAM authorization requires TransitEncryption to be enabled.",
        ),
        ({"taskRoleArn": None}, "EFS IAM authorization requires a task role."),
        ({"networkMode": "bridge"}, "Fargate only supports network mode ‘awsvpc’."),
        (
            {"executionRoleArn": None},
            "Fargate requires task definition to have execution role ARN to support log driver "
            "awslogs.",
        ),
        ({"volumes": []}, "Unknown volume 'efs'."),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_task_definition_is_refused(stack: Stack, changes: dict[str, Any], said: str) -> None:
    request = stack.definition("pass", **changes)
    assert refusal(stack.ecs.register_task_definition, **request) == f"{CLIENT_EXCEPTION}{said}"


def test_a_task_definition_over_64_kib_is_refused(stack: Stack) -> None:
    said = refusal(stack.ecs.register_task_definition, **stack.definition("#" * 65_536))
    assert said.endswith("Max allowed length is '65536' bytes.")


def test_a_task_needs_a_cluster_a_network_and_subnets_that_exist(stack: Stack) -> None:
    unknown = refusal(stack.run, source="pass", request={"cluster": "no"})
    network = refusal(stack.run, source="pass", request={"networkConfiguration": {}})
    nowhere = {"awsvpcConfiguration": {"subnets": ["subnet-0"]}}
    subnet = refusal(stack.run, source="pass", request={"networkConfiguration": nowhere})
    assert unknown == "ClusterNotFoundException: Cluster not found."
    assert network == (
        "InvalidParameterException: Network Configuration must be provided when networkMode "
        "'awsvpc' is specified."
    )
    assert subnet.startswith("InvalidParameterException: Error retrieving subnet information")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Runtime": "python3.1"}, "Member must satisfy enum value set: ["),
        (
            {"Environment": {"Variables": {"A": "x" * 4090}}},
            "exceeded the 4KB limit. Measured size: 4098 bytes",
        ),
        (
            {"Environment": {"Variables": {"AWS_REGION": "x"}}},
            "Reserved keys used in this request: AWS_REGION",
        ),
        ({"VpcConfig": None}, "Function must be configured to execute in a VPC"),
        (
            {"VpcConfig": {"SubnetIds": ["subnet-0"], "SecurityGroupIds": []}},
            "The subnet ID 'subnet-0' does not exist",
        ),
        (
            {"Role": "arn:aws:iam::123456789012:role/task"},
            "The role defined for the function cannot be assumed by Lambda.",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_function_is_refused(stack: Stack, changes: dict[str, Any], said: str) -> None:
    assert said in refusal(stack.create_function, source="", **changes)


@pytest.mark.parametrize("path", ["/mnt/a/b", "/efs", "/mnt/"])
def test_a_functions_mount_path_has_lambdas_form(stack: Stack, path: str) -> None:
    mounts = [{"Arn": stack.point_arn, "LocalMountPath": path}]
    said = refusal(stack.create_function, source="", FileSystemConfigs=mounts)
    assert f"Value '{path}' at 'fileSystemConfigs.1.member.localMountPath' failed" in said


def test_a_functions_access_point_has_to_exist(stack: Stack) -> None:
    arn = stack.point_arn[:-17] + "0" * 17
    mounts = [{"Arn": arn, "LocalMountPath": "/mnt/shared"}]
    said = refusal(stack.create_function, source="", FileSystemConfigs=mounts)
    assert said == f"{PARAMETER}EFS access point {arn} does not exist."
