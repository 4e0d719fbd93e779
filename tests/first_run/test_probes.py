"""What a probe says where AWS answers otherwise than expected."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from local.cloud import Cloud
from tests.local.conftest import Stack
from tools.first_run import probes
from tools.first_run.stacks import Made


@pytest.fixture
def stack(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Stack:
    monkeypatch.setattr(probes, "_POLICY_SECONDS", 0)
    boto3.setup_default_session(region_name=cloud.region)
    return Stack(cloud)


def made(kind: str, id_: str, **outputs: Any) -> Made:
    return Made(type=kind, name=kind, id=id_, outputs=outputs)


def facts(stack: Stack) -> probes.Facts:
    there = [
        made("FileSystem", stack.file_system),
        made("Function", "reader", name="reader"),
    ]
    return probes.Facts.of(there, {"up": {"error": "it failed", "populate": {}}})


@pytest.mark.parametrize(
    ("harmful", "said"),
    [
        (["first"], "first: without it Lambda mounts; second: without it too: EFSMount"),
        (["second"], "second: without it Lambda mounts"),
        (["first", "second"], "second: without it too: EFSMountFailureException"),
    ],
)
def test_the_deny_that_keeps_lambda_out_is_named_and_the_policy_comes_back(
    stack: Stack, harmful: list[str], said: str
) -> None:
    every = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Resource": stack.file_system_arn}
    statements = [
        {
            **every,
            "Sid": sid,
            "Action": "elasticfilesystem:ClientMount",
            "Condition": {"Bool": {"aws:SecureTransport": str(sid in harmful).lower()}},
        }
        for sid in ("first", "second")
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    stack.efs.put_file_system_policy(FileSystemId=stack.file_system, Policy=policy)
    stack.create_function("def handler(event, context): return 1")
    found = probes.denies(facts(stack))
    assert said in found["answer"]
    assert found["as_expected"] is False
    known = stack.efs.describe_file_system_policy(FileSystemId=stack.file_system)["Policy"]
    assert json.loads(known) == json.loads(policy)


def test_a_trust_that_ecs_does_not_accept_is_no_other_failure(
    stack: Stack,
) -> None:
    arn = stack.ecs.register_task_definition(
        **stack.definition("pass"),
    )["taskDefinition"]["taskDefinitionArn"]
    definition = made("TaskDefinition", arn, arn=arn)
    for error, expected in (
        ("ECS was unable to assume the role", False),
        ("CannotPullContainerError", None),
    ):
        steps = {"up": {"error": error, "populate": {"outcome": None}}}
        found = probes.trust(probes.Facts.of([definition], steps))
        assert found["as_expected"] is expected
        assert found["answer"].startswith("no task ran; the step `up` has ECS's reason")


def test_a_failure_without_its_reason_is_otherwise() -> None:
    assert probes.failure_in_call("... deliberate failure of the first run")["as_expected"]
    assert probes.failure_in_call("Runtime exited")["as_expected"] is False
