"""The gate before the alias on the embedded cloud: every answer that a version can give."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest
from werkzeug.wrappers import Request, Response

from components.errors import InvocationError
from components.gates import smoke_invocation
from components.gates.smoke_invocation import FirstCall, FunctionVersion, SmokeInvocationProvider
from local.cloud import Cloud

from .conftest import Stack

pytestmark = pytest.mark.whole


class Gate:
    """A function on the cloud, and what `FirstCall` says of its version 1."""

    def __init__(self, cloud: Cloud, stack: Stack) -> None:
        self.cloud, self.stack = cloud, stack
        self.said: list[str] = []

    def create(self, body: str, **changes: Any) -> None:
        source = f"import os, time\ndef handler(event, context):\n    {body}\n"
        self.stack.create_function(source, Publish=True, **changes)

    def call(self, **changes: Any) -> Mapping[str, Any]:
        values = {
            "function": "reader",
            "version": "1",
            "account_id": self.cloud.account_id,
            "region": self.cloud.region,
            **changes,
        }
        return FirstCall(FunctionVersion(**values), say=self.said.append).complete()

    def failure(self, **changes: Any) -> str:
        with pytest.raises(InvocationError) as caught:
            self.call(**changes)
        return str(caught.value)


@pytest.fixture
def gate(cloud: Cloud, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Gate:
    for name, value in cloud.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(smoke_invocation, "_POLL_SECONDS", (0.01, 0.01))
    return Gate(cloud, stack)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The qualifier of each Invoke that reaches the cloud."""
    seen: list[str | None] = []
    invoke = Cloud._invoke

    def counted(self: Cloud, request: Request, data: bytes) -> Response:
        seen.append(request.args.get("Qualifier"))
        return invoke(self, request, data)

    monkeypatch.setattr(Cloud, "_invoke", counted)
    return seen


def test_the_answer_to_the_empty_event_comes_back_with_the_seconds(
    gate: Gate, calls: list[str | None]
) -> None:
    gate.create("return {'event': event, 'version': context.function_version}")
    outcome = gate.call()
    assert json.loads(outcome["answer"]) == {"event": {}, "version": "1"}
    assert outcome["seconds"] > 0
    assert calls == ["1"]
    assert gate.said == []


@pytest.mark.parametrize("answer", ["{'statusCode': 400, 'error': 'empty'}", "None", "[1, 'x']"])
def test_a_version_that_refuses_the_empty_event_or_answers_anything_passes(
    gate: Gate, answer: str
) -> None:
    gate.create(f"return {answer}")
    assert gate.call()["answer"]


def test_an_answer_with_status_500_is_a_failure_with_answer_and_log(gate: Gate) -> None:
    gate.create("print('what went wrong'); return {'statusCode': 500, 'error': 'no model'}")
    message = gate.failure()
    assert message.startswith(
        "version 1 of function reader answered its first call with status code 500\n"
        '  it answered: {"statusCode": 500, "error": "no model"}\n'
        "  its log ends with:\n"
    )
    assert "    what went wrong\n" in message
    assert "The alias stays where it is" in message


def test_an_exception_is_a_failure_with_its_words(gate: Gate) -> None:
    gate.create("raise RuntimeError('it is broken')")
    message = gate.failure()
    assert "failed in its first call (Unhandled)" in message
    assert "it is broken" in message


def test_a_function_that_takes_too_long_is_a_failure_and_called_once(
    gate: Gate, calls: list[str | None]
) -> None:
    gate.create("time.sleep(1000)", Timeout=1)
    message = gate.failure()
    assert "Task timed out after 1.00 seconds" in message
    assert "more timeoutSeconds or memoryMb" in message
    assert calls == ["1"]


def test_a_call_that_is_never_answered_is_not_repeated(
    gate: Gate, calls: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.create("time.sleep(1000)", Timeout=5)
    monkeypatch.setattr(smoke_invocation, "_BEFORE_START_SECONDS", -4.5)
    assert "Read timeout" in gate.failure()
    assert calls == ["1"]


def test_what_passes_in_the_first_minutes_is_tried_again(
    gate: Gate, calls: list[str | None]
) -> None:
    gate.create("return 'mounted'")
    group, rules = gate.stack.target_group, [gate.stack.nfs]
    gate.stack.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=rules)

    def reopen(line: str) -> None:
        gate.said.append(line)
        gate.stack.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rules)

    called = FunctionVersion(
        function="reader", version="1", account_id=gate.cloud.account_id, region=gate.cloud.region
    )
    assert FirstCall(called, say=reopen).complete()["answer"] == '"mounted"'
    (line,) = gate.said
    assert "AWS says EFSMountConnectivityException" in line
    assert calls == ["1", "1"]


def test_what_does_not_pass_ends_in_the_words_of_aws(
    gate: Gate, calls: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.create("return 'mounted'")
    gate.stack.allow("reader", [gate.stack.network])
    monkeypatch.setattr(smoke_invocation, "_SETTLING_SECONDS", 0)
    message = gate.failure()
    assert "cannot be called" in message
    assert "EFSMountFailureException" in message
    assert calls == ["1"]


def test_a_version_that_is_not_there_is_a_failure_at_once(
    gate: Gate, calls: list[str | None]
) -> None:
    gate.create("return 1")
    assert "ResourceNotFoundException" in gate.failure(version="7")
    assert (gate.said, calls) == ([], [])


def test_the_wrong_account_is_refused_before_anything_is_called(
    gate: Gate, calls: list[str | None]
) -> None:
    gate.create("return 1")
    assert "the stack was planned for 000000000000" in gate.failure(account_id="000000000000")
    assert calls == []


def test_the_provider_says_the_diagnosis_once_and_raises_a_line(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.create("return {'statusCode': 503}")
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", said.append)
    inputs = {
        "function_name": "reader",
        "function_version": "1",
        "account_id": gate.cloud.account_id,
        "region": gate.cloud.region,
    }
    with pytest.raises(
        InvocationError, match=r"^version 1 failed its smoke invocation, see above$"
    ):
        SmokeInvocationProvider().create(inputs)
    (diagnosis,) = said
    assert "status code 503" in diagnosis


def test_what_the_state_keeps_of_an_answer_is_short(gate: Gate) -> None:
    gate.create("return 'x' * 1_000_000")
    assert len(gate.call()["answer"]) == 4096
