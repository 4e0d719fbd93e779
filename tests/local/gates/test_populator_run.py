"""The dynamic provider on the embedded cloud: from a resource's inputs to a published release."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pulumi.dynamic import Config, ConfigureRequest

from components.errors import PopulateError
from components.gates.populator_run import PopulatorRunProvider

from .gate import RELEASE, SUCCEEDS, Gate

pytestmark = pytest.mark.whole


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All lines that go out to the user, as there is no engine here."""
    lines: list[str] = []
    for severity in ("info", "warn", "error"):
        monkeypatch.setattr(f"pulumi.log.{severity}", lines.append)
    return lines


def provider(**config: str) -> PopulatorRunProvider:
    """As the engine makes it, with the stack's configuration of the aws provider."""
    made = PopulatorRunProvider()
    settings = {key.replace("_", ":", 1): value for key, value in config.items()}
    made.configure(ConfigureRequest(Config(settings, "project")))
    return made


def props(gate: Gate, source: str) -> dict[str, Any]:
    """The inputs of a PopulatorRun whose task runs `source`; numbers as the engine hands them."""
    return {
        "release_id": RELEASE,
        "cluster_arn": "main",
        "task_definition_arn": gate.define(source),
        "container": "main",
        "subnet_ids": gate.stack.subnets,
        "security_group_ids": [gate.stack.client_group],
        "assign_public_ip": True,
        "log_group": "/tasks",
        "file_system_id": gate.stack.file_system,
        "access_point_id": gate.stack.point,
        "access_point_arn": gate.stack.point_arn,
        "timeout_minutes": 10.0,
        "keep_releases": 3.0,
        "stack": "organization/project/dev/populate",
        "account_id": gate.cloud.account_id,
        "region": gate.cloud.region,
        "outcome": None,
    }


def test_a_run_that_is_created_is_a_published_release(gate: Gate) -> None:
    source = f"import os; print(os.environ['KEEP_RELEASES']); {SUCCEEDS}"
    inputs = props(gate, source)
    created = provider(aws_region=gate.cloud.region).create(inputs)
    assert created.id == RELEASE
    assert created.outs is not None
    assert "summary" not in created.outs
    made = {"outcome": "published", "files": 3, "bytes": 1000, "seconds": 1.5}
    assert created.outs == {**inputs, **made, "task_arn": gate.tasks("STOPPED")[0]}
    assert gate.stack.lines()[0] == "3"


def test_a_failure_is_shown_once_and_the_exception_is_a_line_that_says_all(
    gate: Gate, lines: list[str]
) -> None:
    line = json.dumps({"phase": "failure", "kind": "disk", "message": "it is full. Empty it."})
    inputs = props(gate, f"print({line!r}); raise SystemExit(14)")
    with pytest.raises(PopulateError) as caught:
        provider().create(inputs)
    assert str(caught.value) == (
        f"release {RELEASE} was not published: a disk is full, or cannot be written: it is full. "
        "Empty it"
    )
    whole = "\n".join(lines)
    assert whole.count("it is full") == 1
    assert whole.count("a disk is full, or cannot be written") == 1
    assert "Remedy" not in whole  # the task's own is the only one


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (
            "raise SystemExit(137)",
            "the container was killed (SIGKILL). Remedy: mostly that is a lack of memory too: ",
        ),
        ("raise SystemExit(77)", "the task failed. Remedy: the task's log and ECS's words "),
        (
            "print({}); raise SystemExit(13)",
            "the libraries were installed, but cannot be imported with model.py: "
            "ModuleNotFoundError: No module named 'x'. Add the package",
        ),
    ],
)
def test_the_exception_has_cause_and_one_remedy_in_one_line(
    gate: Gate, lines: list[str], source: str, sentence: str
) -> None:
    said = "it said:\n  File x\nModuleNotFoundError: No module named 'x'\nAdd the package."
    line = json.dumps({"phase": "failure", "kind": "import", "message": said})
    with pytest.raises(PopulateError) as caught:
        provider().create(props(gate, source.replace("{}", repr(line))))
    assert str(caught.value).startswith(f"release {RELEASE} was not published: {sentence}")
    assert "\n" not in str(caught.value)
    (diagnosis,) = (text for text in lines if "exit code" in text)
    assert diagnosis.count("Remedy: ") + diagnosis.count("Add the package") == 1
    assert all(text.startswith("  ") for text in diagnosis.splitlines()[1:])
    assert "above" not in diagnosis


def test_the_roles_of_the_aws_provider_are_assumed(gate: Gate) -> None:
    arn = f"arn:aws:iam::{gate.cloud.account_id}:role/deployer"
    roles = [{"roleArn": arn, "sessionName": "deploy"}]
    provider(aws_assumeRoles=json.dumps(roles)).create(props(gate, SUCCEEDS))
    (assumed,) = (asked for name, asked in gate.proxy.asked if name == "AssumeRole")
    assert (assumed["RoleArn"], assumed["RoleSessionName"]) == (arn, "deploy")
