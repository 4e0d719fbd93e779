"""A private package index, with its credentials in Secrets Manager, on the embedded cloud."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from local.cloud import Cloud
from tests.chain import TINY, Chain
from tests.deployments import Stack, point_clients_at
from tests.lambda_src.conftest import Index

pytestmark = pytest.mark.whole
WORD = "s3cret+word"


@pytest.fixture
def index() -> Iterator[Index]:
    with Index(TINY) as served:
        served.user_and_password = f"team:{WORD}"
        yield served


@pytest.fixture
def stack(tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    chain = Chain(tmp_path / "project")
    chain.serve_tiny(index)
    monkeypatch.chdir(chain.folder)
    monkeypatch.syspath_prepend(str(chain.folder))
    with Cloud(tmp_path / "state", seconds_to_create=0) as cloud:
        point_clients_at(cloud, monkeypatch)
        made = Stack(chain.folder, "dev", **dict(each.split("=", 1) for each in chain.config))
        monkeypatch.setenv("HOME", str(tmp_path))
        yield made


def use(stack: Stack, arn: str) -> None:
    config = {**stack.project.config, "efs-inference:indexSecretArn": arn}
    stack.project = replace(stack.project, config=config)


def test_the_credentials_reach_the_index_and_nothing_else(stack: Stack, index: Index) -> None:
    text = f"machine 127.0.0.1 login team password {WORD}"
    secret = boto3.client("secretsmanager").create_secret(Name="index", SecretString=text)
    use(stack, secret["ARN"])
    assert stack.up() is None, stack.messages("error")
    assert stack.ask({"instances": [21]}) == {"predictions": [42]}
    assert "tiny" in index.asked
    (container,) = json.loads(stack.outputs("TaskDefinition")["containerDefinitions"])
    assert container["secrets"] == [{"name": "INDEX_NETRC", "valueFrom": secret["ARN"]}]
    assert stack.result is not None
    state = str([(each.inputs, each.outputs) for each in stack.result.resources])
    logs = boto3.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        state += "".join(event["message"] for event in events)
    assert WORD not in state + str(stack.said)
    policies = [each for each in stack.result.resources if each.type.endswith(":RolePolicy")]
    reading = [each for each in policies if "secretsmanager" in str(each.inputs["policy"])]
    assert [each.name for each in reading] == ["populator-execution"]
    statements = json.loads(reading[0].outputs["policy"])["Statement"]
    assert {
        "Effect": "Allow",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": secret["ARN"],
    } in statements


def test_a_missing_secret_is_named_and_nothing_is_published(stack: Stack, tmp_path: Path) -> None:
    use(stack, "arn:aws:secretsmanager:us-east-1:123456789012:secret:index-a1B2c3")
    assert stack.up() is not None
    assert "the secret with the package index's credentials is not there" in stack.messages("error")
    assert not list((tmp_path / "state").rglob("manifest.json"))


def test_without_a_secret_the_refusal_names_the_key(stack: Stack) -> None:
    assert stack.up() is not None
    assert "the secret that indexSecretArn names" in stack.messages("error")
