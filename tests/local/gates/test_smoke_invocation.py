"""The gate before the alias on the embedded cloud: every answer that a version can give."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from components.gates.call import FirstCall, FunctionVersion, first_call
from local.cloud import Cloud
from tests.deployments import point_clients_at

from ..conftest import Stack, without_pauses
from .calls import Gate, calls

pytestmark = pytest.mark.whole
__all__ = ["calls"]


@pytest.fixture
def gate(cloud: Cloud, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Gate:
    point_clients_at(cloud, monkeypatch)
    monkeypatch.setattr(first_call, "_POLL_SECONDS", (0.01, 0.01))
    return Gate(cloud, stack)


def test_the_answer_to_the_empty_event_comes_back_with_the_seconds(
    gate: Gate, calls: list[str | None]
) -> None:
    gate.create("return {'event': event, 'version': context.function_version}")
    outcome = gate.call()
    assert json.loads(outcome["answer"]) == {"event": {}, "version": "1"}
    assert outcome["seconds"] > 0
    assert calls == ["1"]
    assert gate.said == []


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
