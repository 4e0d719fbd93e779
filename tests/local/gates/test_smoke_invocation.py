"""The gate before the alias on the embedded cloud: every answer that a version can give."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest
from werkzeug.wrappers import Request, Response

from components.errors import InvocationError
from components.gates import SmokeInvocationProvider
from components.gates.aws import AwsCalls
from components.gates.call import FirstCall, FunctionVersion, first_call
from local.cloud import Cloud

from ..conftest import Stack, without_pauses
from .gate import refuses

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
            "event": {},
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
    monkeypatch.setattr(first_call, "_POLL_SECONDS", (0.01, 0.01))
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


@pytest.mark.parametrize("answer", ["{'statusCode': 200}", "None", "[1, 'x']", "'text'"])
def test_a_version_may_answer_anything_to_the_empty_event(gate: Gate, answer: str) -> None:
    gate.create(f"return {answer}")
    assert gate.call()["answer"]


@pytest.mark.parametrize("status", [400, 413, 500])
def test_an_answer_with_an_error_status_is_a_failure_with_answer_and_log(
    gate: Gate, status: int
) -> None:
    gate.create(f"print('what went wrong'); return {{'statusCode': {status}, 'error': 'no model'}}")
    message = gate.failure()
    assert message.startswith(
        f"version 1: function reader answered its first call with status code {status}\n"
        f'  it answered: {{"statusCode": {status}, "error": "no model"}}\n'
        "  its log ends with:\n"
    )
    assert "    what went wrong\n" in message
    assert "The alias stays where it is" in message


SAMPLE = {"instances": [[1.0, 2], "ä"], "more": None}


def test_the_sample_is_sent_as_it_is_and_answered_with_as_many_predictions(gate: Gate) -> None:
    gate.create("return {'predictions': [str(event), 2]}")
    answer = json.loads(gate.call(event=SAMPLE)["answer"])
    assert answer == {"predictions": [str(SAMPLE), 2]}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("{'predictions': [1, 2, 3]}", "SAMPLE, 2 instances, with 3 predictions"),
        ("{'predictions': []}", "SAMPLE, 2 instances, with 0 predictions"),
        ("{'predictions': 'ab'}", "SAMPLE without a list of predictions"),
        ("{'statusCode': 200}", "SAMPLE without a list of predictions"),
        ("[1, 2]", "SAMPLE without a list of predictions"),
        ("None", "SAMPLE without a list of predictions"),
    ],
)
def test_another_number_of_predictions_than_instances_is_a_failure(
    gate: Gate, answer: str, why: str
) -> None:
    gate.create(f"return {answer}")
    assert f"function reader answered the model's {why}\n" in gate.failure(event=SAMPLE)


def test_the_log_of_a_failure_is_prose_with_its_stack_trace(gate: Gate) -> None:
    gate.stack.logs.create_log_group(logGroupName="/mine")
    logging = {"LogGroup": "/mine", "LogFormat": "JSON"}
    gate.create("raise RuntimeError('it is broken')", LoggingConfig=logging)
    lines = gate.failure().splitlines()
    begin = lines.index("  its log ends with:")
    assert lines[begin + 1] == "    ERROR RuntimeError: it is broken"
    assert "raise RuntimeError('it is broken')" in lines[begin + 3]
    assert not any(line.lstrip().startswith("{") for line in lines)
    assert all(line.startswith("  ") for line in lines[1:])


@pytest.mark.parametrize("code", sorted(first_call.SETTLING))
def test_each_answer_that_passes_is_one_that_lambda_gives_and_is_tried_again(
    gate: Gate, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes = gate.stack.lambda_.meta.service_model.operation_model("Invoke").error_shapes
    statuses = {shape.name: shape.metadata["error"]["httpStatusCode"] for shape in shapes}
    gate.create("return 1")
    refusals = [refuses(code, statuses[code])] * 3
    invoke = Cloud._invoke

    def refused(self: Cloud, request: Request, data: bytes) -> Response:
        if refusals:
            return refusals.pop()(request, lambda: Response()) or Response()
        return invoke(self, request, data)

    monkeypatch.setattr(Cloud, "_invoke", refused)
    assert gate.call()["answer"] == "1"
    assert [line.partition(";")[0] for line in gate.said] == [
        f"smoke test: AWS says {code}, usual with a new function"
    ] * 3
    assert gate.said[-1].endswith("(attempt 4 of 10)")


def test_a_slow_attempt_leaves_the_others(
    gate: Gate, calls: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.create("return 'mounted'")
    gate.stack.allow("reader", [gate.stack.network])
    monkeypatch.setattr(first_call, "_ATTEMPTS", 3)
    hours = iter(range(0, 1_000_000, 3_600))
    clock = SimpleNamespace(monotonic=lambda: next(hours), sleep=lambda _: None)
    monkeypatch.setattr(first_call, "time", clock)
    assert "EFSMountFailureException" in gate.failure()
    assert calls == ["1"] * 3


@pytest.mark.parametrize(
    "states",
    [
        [{"State": "Pending"}, {"State": "Active", "LastUpdateStatus": "InProgress"}],
        [{"State": "Pending", "StateReasonCode": "Creating"}],
        [{"State": "Active", "LastUpdateStatus": "InProgress"}] * 2,
    ],
)
def test_a_version_is_called_when_its_state_allows_it(
    gate: Gate, calls: list[str | None], monkeypatch: pytest.MonkeyPatch, states: list[Any]
) -> None:
    gate.create("return 1")
    left = list(states)
    original = AwsCalls.lambda_.fget  # type: ignore[attr-defined]

    def waiting(self: AwsCalls) -> Any:
        client = original(self)

        def configuration(**asked: Any) -> Any:
            found = client.get_function_configuration(**asked)
            return {**found, **left.pop(0)} if left else found

        return SimpleNamespace(get_function_configuration=configuration)

    monkeypatch.setattr(AwsCalls, "lambda_", property(waiting))
    assert gate.call()["answer"] == "1"
    assert (left, calls) == ([], ["1"])


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
    monkeypatch.setattr(first_call, "_BEFORE_START_SECONDS", -4.5)
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
        function="reader",
        version="1",
        event={},
        account_id=gate.cloud.account_id,
        region=gate.cloud.region,
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
    monkeypatch.setattr(first_call, "_ATTEMPTS", 1)
    message = gate.failure()
    assert "cannot be called" in message
    assert "EFSMountFailureException" in message
    assert "  Remedy: allow elasticfilesystem:ClientMount to the function's role" in message
    assert message.count("Remedy") == 1
    assert calls == ["1"]


def test_a_version_that_is_not_there_is_a_failure_at_once(
    gate: Gate, calls: list[str | None]
) -> None:
    gate.create("return 1")
    assert "ResourceNotFoundException" in gate.failure(version="7")
    assert (gate.said, calls) == ([], [])


def test_what_can_wait_no_longer_has_one_remedy(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.create("return 1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    without_pauses(monkeypatch)
    message = gate.failure()
    assert message.startswith("version 1: function reader cannot be called: Could not connect")
    assert "Remedy: restore the connection" in message
    assert message.count("Remedy") == 1


def test_without_credentials_the_remedy_is_about_them(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.create("return 1")
    assert "Remedy: name a profile that exists" in gate.failure(profile="nobody")


def test_the_wrong_account_is_refused_before_anything_is_called(
    gate: Gate, calls: list[str | None]
) -> None:
    gate.create("return 1")
    assert "the stack was planned for 000000000000" in gate.failure(account_id="000000000000")
    assert calls == []


def test_the_provider_says_the_diagnosis_once_and_raises_a_line_that_says_all(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.create("return {'statusCode': 503, 'error': 'no\\nmodel'}")
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", said.append)
    inputs = {
        "function_name": "reader",
        "function_version": "1",
        "account_id": gate.cloud.account_id,
        "region": gate.cloud.region,
    }
    with pytest.raises(InvocationError) as caught:
        SmokeInvocationProvider().create(inputs)
    assert str(caught.value).startswith(
        "version 1 failed its smoke invocation: function reader answered its first call with "
        "status code 503: no. model. Remedy: "
    )
    assert "\n" not in str(caught.value)
    assert "above" not in str(caught.value)
    (diagnosis,) = said
    assert "status code 503" in diagnosis


def test_what_the_state_keeps_of_an_answer_is_short(gate: Gate) -> None:
    gate.create("return 'x' * 1_000_000")
    assert len(gate.call()["answer"]) == 4096
