"""The gate while AWS throttles, cannot be reached or forgets a task, or credentials expire."""

from __future__ import annotations

import pytest
from werkzeug.wrappers import Request, Response

from tests.processes import eventually

from .gate import RELEASE, SUCCEEDS, WAITS, Answer, Gate, Real, after, changed, cut, refuses

pytestmark = pytest.mark.whole

TROUBLES = 6


@pytest.mark.parametrize(
    "operation", ["GetCallerIdentity", "ListTasks", "RunTask", "DescribeTasks"]
)
def test_a_throttled_call_is_made_again(gate: Gate, operation: str) -> None:
    gate.proxy.fault(operation, refuses("ThrottlingException"), times=TROUBLES)
    assert gate.run(SUCCEEDS)["outcome"] == "published"
    assert len(gate.tasks("STOPPED")) == 1


def test_a_throttled_stop_is_made_again(gate: Gate) -> None:
    gate.proxy.fault("StopTask", refuses("ThrottlingException"), times=TROUBLES)
    assert "its time was over" in gate.failure(WAITS, timeout_minutes=0)


@pytest.mark.parametrize(
    "answer", [cut, refuses("ServerException", 500), refuses("ServiceUnavailable", 503)]
)
def test_what_passes_by_itself_is_waited_for(gate: Gate, answer: Answer) -> None:
    gate.proxy.fault("DescribeTasks", answer, times=TROUBLES)
    assert gate.run(SUCCEEDS)["outcome"] == "published"


def test_a_lost_answer_to_run_task_starts_no_second_task(gate: Gate) -> None:
    def lost(request: Request, real: Real) -> Response:
        real()
        return cut(request, real)

    gate.proxy.fault("RunTask", lost, times=TROUBLES)
    assert gate.run(SUCCEEDS)["outcome"] == "published"
    tokens = {asked["clientToken"] for name, asked in gate.proxy.asked if name == "RunTask"}
    assert len(tokens) == 1
    assert len(gate.tasks("STOPPED")) == 1


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (cut, "AWS cannot be reached"),
        (refuses("ThrottlingException"), "AWS throttles its calls"),
        (refuses("ServerException", 500), "AWS has a fault of its own"),
        (refuses("ExpiredTokenException"), "the credentials have expired"),
    ],
)
def test_what_lasts_leaves_the_task_and_the_next_up_adopts_it(
    gate: Gate, answer: Answer, what: str
) -> None:
    gate.proxy.fault("DescribeTasks", answer)
    message = gate.failure(WAITS)
    (left,) = gate.tasks()
    assert message.startswith(f"release {RELEASE}: {what}\n")
    assert f"Task {left.rpartition('/')[2]} goes on: the next `pulumi up` adopts it" in message
    assert message.count("Remedy") == 1
    gate.proxy.restore()
    gate.proxy.fault("DescribeTaskDefinition", after(lambda _: gate.go()))
    assert gate.run("raise SystemExit(1)")["outcome"] == "published"
    assert gate.tasks("STOPPED") == [left]


def test_what_is_denied_fails_at_once_and_leaves_the_task(gate: Gate) -> None:
    gate.proxy.fault("DescribeTasks", refuses("AccessDeniedException", 400, "not authorized"))
    message = gate.failure(WAITS)
    assert "the credentials may not do what starts and watches a task" in message
    assert "AccessDeniedException" in message
    assert "goes on: the next `pulumi up` adopts it" in message
    assert gate.proxy.count("DescribeTasks") == 1
    assert len(gate.tasks()) == 1


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException"])
def test_a_log_that_cannot_be_read_does_not_keep_a_task_from_its_end(gate: Gate, code: str) -> None:
    gate.proxy.fault("GetLogEvents", refuses(code))
    message = gate.failure("raise SystemExit(1)")
    assert "exit code: 1" in message
    assert "(not all of it could be read: An error occurred" in message
    assert gate.lines_with("the task's log cannot be read") == 1


def test_a_profile_that_does_not_exist_is_reported_before_anything_starts(gate: Gate) -> None:
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
    monkeypatch.setattr("components.gates.task.run._MISSING_SECONDS", 0)
    gate.proxy.fault("DescribeTasks", changed(unknown))
    message = gate.failure(SUCCEEDS)
    assert "any more" in message
    assert "Remedy: see that the cluster is there" in message
    eventually(lambda: gate.tasks() == [])
