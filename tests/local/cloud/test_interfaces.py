"""Interfaces of functions: they outlive what needed them, and go with the function's role."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local.cloud import Cloud
from tests.processes import eventually

from ..conftest import Stack, refusal

SECONDS = 0.5


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """With the function `reader`, and no mount targets beside its interfaces."""
    with Cloud(tmp_path / "state", seconds_to_create=0, seconds_to_free=SECONDS) as cloud:
        made = Stack(cloud)
        made.create_function("def handler(*_): return 0", FileSystemConfigs=None, Publish=True)
        for target in made.efs.describe_mount_targets(FileSystemId=made.file_system)[
            "MountTargets"
        ]:
            made.efs.delete_mount_target(MountTargetId=target["MountTargetId"])
        yield made


def accepts(call: Callable[..., object], **request: str) -> bool:
    """Whether AWS does what it is asked to."""
    try:
        call(**request)
    except ClientError:
        return False
    return True


def test_the_interfaces_of_a_deleted_function_stay_for_a_while(stack: Stack) -> None:
    stack.lambda_.delete_function(FunctionName="reader")
    said = refusal(stack.ec2.delete_subnet, SubnetId=stack.subnets[0])
    assert said == (
        f"DependencyViolation: The subnet '{stack.subnets[0]}' has dependencies and cannot be "
        "deleted."
    )
    said = refusal(stack.ec2.delete_security_group, GroupId=stack.client_group)
    assert said == f"DependencyViolation: resource {stack.client_group} has a dependent object"
    eventually(lambda: accepts(stack.ec2.delete_security_group, GroupId=stack.client_group), 10)
    stack.ec2.delete_subnet(SubnetId=stack.subnets[0])


def test_what_the_newest_code_no_longer_needs_a_version_still_pins(stack: Stack) -> None:
    """So a swap of groups when a function is destroyed frees nothing."""
    kept, removed = stack.subnets
    network = {"SubnetIds": [kept], "SecurityGroupIds": [stack.client_group]}
    stack.lambda_.update_function_configuration(FunctionName="reader", VpcConfig=network)
    time.sleep(2 * SECONDS)
    assert not accepts(stack.ec2.delete_subnet, SubnetId=removed)
    stack.lambda_.publish_version(FunctionName="reader")
    stack.lambda_.delete_function(FunctionName="reader", Qualifier="1")
    eventually(lambda: accepts(stack.ec2.delete_subnet, SubnetId=removed), 10)


def test_without_the_functions_role_its_interfaces_are_stranded(stack: Stack) -> None:
    """Why the network depends on the role, and a destroy deletes that last."""
    stack.lambda_.delete_function(FunctionName="reader")
    stack.allow("reader", [])
    time.sleep(2 * SECONDS)
    assert not accepts(stack.ec2.delete_security_group, GroupId=stack.client_group)
    stack.allow("reader", [stack.network])
    assert accepts(stack.ec2.delete_security_group, GroupId=stack.client_group)
