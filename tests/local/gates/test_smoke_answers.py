"""The gate before the alias on the embedded cloud: what a version answers, and what passes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest
from werkzeug.wrappers import Request, Response

from components.errors import InvocationError
from components.gates import SmokeInvocationProvider
from components.gates.aws import AwsCalls
from components.gates.call import first_call
from local.cloud import Cloud
from tests.deployments import point_clients_at

from ..conftest import PATH, Stack
from .calls import Gate, calls
from .gate import refuses

pytestmark = pytest.mark.whole
__all__ = ["calls"]


class Version(Gate):
    """One version for all tests: it answers what lies on its file system."""

    def answers(self, expression: str) -> None:
        self.said.clear()
        (self.cloud._state / "libraries" / "data" / "answer").write_text(expression)


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Version]:
    state = tmp_path_factory.mktemp("version") / "state"
    with Cloud(state, seconds_to_create=0) as cloud, pytest.MonkeyPatch.context() as patch:
        point_clients_at(cloud, patch)
        patch.setattr(first_call, "_POLL_SECONDS", (0.01, 0.01))
        made = Version(cloud, Stack(cloud))
        made.create(f"return eval(open('{PATH}/answer').read())")
        (state / "libraries" / "data").mkdir(parents=True)
        yield made


@pytest.mark.parametrize("answer", ["{'statusCode': 200}", "None", "[1, 'x']", "'text'"])
def test_a_version_may_answer_anything_to_the_empty_event(version: Version, answer: str) -> None:
    version.answers(answer)
    assert version.call()["answer"]


@pytest.mark.parametrize("status", [400, 413, 500])
def test_an_answer_with_an_error_status_is_a_failure_with_answer_and_log(
    version: Version, status: int
) -> None:
    version.answers(f"print('what went wrong') or {{'statusCode': {status}, 'error': 'no model'}}")
    message = version.failure()
    assert message.startswith(
        f"version 1: function reader answered its first call with status code {status}\n"
        f'  it answered: {{"statusCode": {status}, "error": "no model"}}\n'
        "  its log ends with:\n"
    )
    assert "    what went wrong\n" in message
    assert "The alias stays where it is" in message


SAMPLE = {"instances": [[1.0, 2], "ä"], "more": None}


def test_the_sample_is_sent_as_it_is_and_answered_with_as_many_predictions(
    version: Version,
) -> None:
    version.answers("{'predictions': [str(event), 2]}")
    answer = json.loads(version.call(event=SAMPLE)["answer"])
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
    version: Version, answer: str, why: str
) -> None:
    version.answers(answer)
    assert f"function reader answered the model's {why}\n" in version.failure(event=SAMPLE)


@pytest.mark.parametrize("code", sorted(first_call.SETTLING))
def test_each_answer_that_passes_is_one_that_lambda_gives_and_is_tried_again(
    version: Version, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes = version.stack.lambda_.meta.service_model.operation_model("Invoke").error_shapes
    statuses = {shape.name: shape.metadata["error"]["httpStatusCode"] for shape in shapes}
    version.answers("1")
    refusals = [refuses(code, statuses[code])] * 3
    invoke = Cloud._invoke

    def refused(self: Cloud, request: Request, data: bytes) -> Response:
        if refusals:
            return refusals.pop()(request, lambda: Response()) or Response()
        return invoke(self, request, data)

    monkeypatch.setattr(Cloud, "_invoke", refused)
    assert version.call()["answer"] == "1"
    assert [line.partition(";")[0] for line in version.said] == [
        f"smoke test: AWS says {code}, usual with a new function"
    ] * 3
    assert version.said[-1].endswith("(attempt 4 of 10)")


@pytest.mark.parametrize(
    "states",
    [
        [{"State": "Pending"}, {"State": "Active", "LastUpdateStatus": "InProgress"}],
        [{"State": "Pending", "StateReasonCode": "Creating"}],
        [{"State": "Active", "LastUpdateStatus": "InProgress"}] * 2,
    ],
)
def test_a_version_is_called_when_its_state_allows_it(
    version: Version, calls: list[str | None], monkeypatch: pytest.MonkeyPatch, states: list[Any]
) -> None:
    version.answers("1")
    left = list(states)
    original = AwsCalls.lambda_.fget  # type: ignore[attr-defined]

    def waiting(self: AwsCalls) -> Any:
        client = original(self)

        def configuration(**asked: Any) -> Any:
            found = client.get_function_configuration(**asked)
            return {**found, **left.pop(0)} if left else found

        return SimpleNamespace(get_function_configuration=configuration)

    monkeypatch.setattr(AwsCalls, "lambda_", property(waiting))
    assert version.call()["answer"] == "1"
    assert (left, calls) == ([], ["1"])


def test_the_provider_says_the_diagnosis_once_and_raises_a_line_that_says_all(
    version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    version.answers("{'statusCode': 503, 'error': 'no\\nmodel'}")
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", said.append)
    inputs = {
        "function_name": "reader",
        "function_version": "1",
        "account_id": version.cloud.account_id,
        "region": version.cloud.region,
        "event": "{}",
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


def test_what_the_state_keeps_of_an_answer_is_short(version: Version) -> None:
    version.answers("'x' * 1_000_000")
    assert len(version.call()["answer"]) == 4096
