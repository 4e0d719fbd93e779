"""Secrets of a container: ECS reads them as the execution role when the task starts."""

from __future__ import annotations

from typing import Any

import pytest

from components.gates.diagnosis import Ending, diagnose
from local.cloud import Cloud

from ..conftest import Stack, client

pytestmark = pytest.mark.whole
LOG = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
OTHER = "arn:aws:secretsmanager:us-east-1:123456789012:secret:other-a1B2c3"


def run(stack: Stack, arn: str) -> Any:
    more = {"secrets": [{"name": "WORD", "valueFrom": arn}]}
    return stack.ended(stack.run("import os; print(os.environ['WORD'])", container=more))


def allow(stack: Stack, arn: str) -> None:
    read = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arn}
    stack.allow("execution", [LOG, read])


@pytest.fixture
def secret(cloud: Cloud) -> str:
    made = client(cloud, "secretsmanager").create_secret(Name="index", SecretString="machine x")
    return str(made["ARN"])


def test_a_container_has_the_secrets_value(stack: Stack, secret: str) -> None:
    allow(stack, secret)
    assert run(stack, secret)["containers"][0]["exitCode"] == 0
    assert stack.lines() == ["machine x"]


def test_a_role_without_the_right_is_refused_and_the_cause_is_named(
    stack: Stack, secret: str
) -> None:
    allow(stack, OTHER)
    ended = run(stack, secret)
    assert ended["stopCode"] == "TaskFailedToStart"
    reason = ended["stoppedReason"]
    assert reason.startswith("ResourceInitializationError: unable to pull secrets or registry auth")
    assert "is not authorized to perform: secretsmanager:GetSecretValue" in reason
    cause = diagnose(Ending(stop_code=ended["stopCode"], reasons=reason))
    assert cause.what.startswith("the execution role may not read the secret")


def test_a_secret_that_is_missing_is_refused_and_the_cause_is_named(stack: Stack) -> None:
    allow(stack, OTHER)
    ended = run(stack, OTHER)
    reason = ended["stoppedReason"]
    assert "Secrets Manager can't find the specified secret." in reason
    cause = diagnose(Ending(stop_code=ended["stopCode"], reasons=reason))
    assert cause.what == "the secret with the package index's credentials is not there"
    assert "indexSecretArn" in cause.remedy
