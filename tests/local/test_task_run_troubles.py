"""The gate while AWS throttles, cannot be reached, forgets a task, or the credentials expire."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest
from werkzeug.wrappers import Request, Response

from .conftest import eventually
from .gate import SUCCEEDS, WAITS, Gate, Proxy, Real, after, changed, cut, refuses

pytestmark = pytest.mark.whole

# botocore itself asks this often before an error reaches the gate.
BOTOCORE = 3
OPERATIONS = ["GetCallerIdentity", "ListTasks", "RunTask", "DescribeTasks", "GetLogEvents"]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_throttled_call_is_made_again_and_told_once(gate: Gate, operation: str) -> None:
    gate.proxy.fault(operation, refuses("ThrottlingException"), times=2 * BOTOCORE)
    assert gate.run(SUCCEEDS)["outcome"] == "published"
    assert gate.told("AWS throttles its calls") == 1
    assert gate.told(operation) == 1
    assert len(gate.tasks("STOPPED")) == 1


def test_a_throttled_stop_is_made_again(gate: Gate) -> None:
    gate.proxy.fault("StopTask", refuses("ThrottlingException"), times=2 * BOTOCORE)
    assert "its time was over" in gate.failure(WAITS, timeout_seconds=0)
    assert gate.told("AWS throttles its calls (StopTask: ThrottlingException)") == 1


def test_a_fault_of_aws_is_waited_for(gate: Gate) -> None:
    gate.proxy.fault("DescribeTasks", refuses("ServerException", 500), times=BOTOCORE)
    gate.proxy.fault("DescribeTasks", refuses("ServiceUnavailable", 503), times=BOTOCORE)
    assert gate.run(SUCCEEDS)["outcome"] == "published"
    assert gate.told("AWS has a fault of its own (DescribeTasks: ServerException)") == 1


def test_a_connection_that_is_lost_and_comes_back_is_waited_for(gate: Gate) -> None:
    gate.proxy.fault("DescribeTasks", cut, times=2 * BOTOCORE)
    assert gate.run(SUCCEEDS)["outcome"] == "published"
    assert gate.told("AWS cannot be reached") == 1


def test_a_lost_answer_to_run_task_starts_no_second_task(gate: Gate) -> None:
    def lost(request: Request, real: Real) -> Response:
        real()
        return cut(request, real)

    gate.proxy.fault("RunTask", lost, times=BOTOCORE)
    assert gate.run(SUCCEEDS)["outcome"] == "published"
    assert gate.told("AWS cannot be reached") == 1
    tokens = {asked["clientToken"] for name, asked in gate.proxy.asked if name == "RunTask"}
    assert len(tokens) == 1
    assert len(gate.tasks("STOPPED")) == 1


def test_a_connection_that_stays_lost_ends_at_the_deadline_and_leaves_the_task(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.gates.task_run._STOPPING_SECONDS", 0)
    gate.proxy.fault("DescribeTasks", cut)
    message = gate.failure(WAITS, timeout_seconds=0)
    (left,) = gate.tasks()
    assert "AWS cannot be reached" in message
    assert f"Task {left.rpartition('/')[2]} goes on: the next `pulumi up` adopts it" in message


@pytest.mark.parametrize("operation", ["DescribeTasks", "GetLogEvents"])
def test_what_is_denied_fails_at_once_and_leaves_the_task(gate: Gate, operation: str) -> None:
    gate.proxy.fault(operation, refuses("AccessDeniedException", 400, "not authorized"))
    message = gate.failure(WAITS)
    assert "the credentials may not do what starts and watches a task" in message
    assert "AccessDeniedException" in message
    assert "goes on: the next `pulumi up` adopts it" in message
    assert gate.proxy.count(operation) == 1
    assert len(gate.tasks()) == 1


def test_a_log_that_cannot_be_read_does_not_keep_a_task_from_its_end(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.gates.task_run._LOG_PATIENCE_SECONDS", 0)
    gate.proxy.fault("GetLogEvents", refuses("ThrottlingException"))
    message = gate.failure("raise SystemExit(1)")
    assert "exit code: 1" in message
    assert "(not all of it could be read: AWS throttles its calls" in message


# --- credentials -----------------------------------------------------------------------------


def profile(path: Path, key: str) -> None:
    """Write the credentials file with the profile `team`."""
    parser = configparser.ConfigParser()
    parser["team"] = {"aws_access_key_id": key, "aws_secret_access_key": "secret"}
    with path.open("w") as stream:
        parser.write(stream)


@pytest.fixture
def team(gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A credentials file whose profile `team` has the key OLD."""
    path = tmp_path / "credentials"
    profile(path, "OLD")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    return path


def expire(proxy: Proxy, key: str) -> None:
    """The key expires when the task has been described for the first time."""
    proxy.fault("DescribeTasks", after(lambda _: proxy.expired.add(key)), times=1)


def test_a_profile_that_is_renewed_while_the_gate_waits_goes_on(
    gate: Gate, team: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def renewed(_seconds: float) -> None:
        """First the file is gone for a moment, then it is there with another key."""
        if gate.told("the credentials have expired"):
            asked.append(len(asked))
            if len(asked) == 2:
                team.unlink()
            if len(asked) == 4:
                profile(team, "NEW")
                gate.go()

    expire(gate.proxy, "OLD")
    monkeypatch.setattr("components.gates.aws_calls.sleep", renewed)
    assert gate.run(WAITS, profile="team")["outcome"] == "published"
    assert gate.told("the credentials have expired") == 1
    assert gate.told("Waiting: renew them, for instance with `aws sso login`") == 1
    assert gate.told("the credentials are valid again") == 1
    assert set(gate.proxy.signed_by) == {"OLD", "NEW"}
    assert len(gate.tasks("STOPPED")) == 1


def test_a_profile_that_is_not_renewed_ends_at_the_deadline_and_leaves_the_task(
    gate: Gate, team: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.gates.task_run._STOPPING_SECONDS", 0)
    expire(gate.proxy, "OLD")
    message = gate.failure(WAITS, profile="team", timeout_seconds=1)
    assert "the credentials have expired" in message
    assert "goes on: the next `pulumi up` adopts it" in message
    assert len(gate.tasks()) == 1


def test_expired_credentials_of_the_environment_end_at_once_and_leave_the_task(gate: Gate) -> None:
    expire(gate.proxy, "embedded")
    message = gate.failure(WAITS)
    assert "environment variables AWS_* have expired" in message
    assert "goes on: the next `pulumi up` adopts it" in message
    assert len(gate.tasks()) == 1
    gate.proxy.mend()
    gate.proxy.fault("DescribeTaskDefinition", after(lambda _: gate.go()))
    assert gate.run("raise SystemExit(1)")["outcome"] == "published"
    assert len(gate.tasks("STOPPED")) == 1


def test_a_profile_that_does_not_exist_is_told_before_anything_starts(gate: Gate) -> None:
    message = gate.failure(SUCCEEDS, profile="nobody")
    assert "there are no credentials" in message
    assert "\n  Nothing was started\n" in message


# --- vanished --------------------------------------------------------------------------------


def unknown(answer: dict[str, list[dict[str, str]]]) -> dict[str, list[dict[str, str]]]:
    """DescribeTasks does not know the task."""
    return {"tasks": [], "failures": [{"arn": answer["tasks"][0]["taskArn"], "reason": "MISSING"}]}


def test_a_task_that_is_not_known_yet_is_waited_for(gate: Gate) -> None:
    gate.proxy.fault("DescribeTasks", changed(unknown), times=2)
    assert gate.run(SUCCEEDS)["outcome"] == "published"


def test_a_task_that_stays_unknown_has_vanished(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.gates.task_run._MISSING_SECONDS", 0)
    gate.proxy.fault("DescribeTasks", changed(unknown))
    message = gate.failure(SUCCEEDS)
    assert "any more" in message
    assert "Remedy: see that the cluster is there" in message
    eventually(lambda: gate.tasks() == [])
