"""What the entry point answers, in processes of its own, with a small release and model."""

import base64
import json
from typing import Any

import pytest

from .function import Function, http, statuses


def test_instances_are_answered_with_predictions(function: Function) -> None:
    assert function.run({"instances": [1, 2]}).answers == [{"predictions": [1, 2]}]


@pytest.mark.parametrize("event", [None, {}])
def test_an_empty_event_is_answered_with_the_demonstration(
    function: Function, event: object
) -> None:
    assert function.run(event).answers == [{"statusCode": 200, "sides": 4}]


def test_an_empty_event_without_demonstration_is_bad_input(function: Function) -> None:
    function.write_model("def predict(instances):\n    return instances\n")
    assert statuses(function.run({})) == [400]


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ([1], 'the event is of type list, not an object {"instances": [...]}'),
        ("text", 'the event is of type str, not an object {"instances": [...]}'),
        ({"other": 1}, 'the event has no "instances", only other'),
        ({"instances": []}, '"instances" has to be a list of at least one instance'),
        ({"instances": 1}, '"instances" has to be a list of at least one instance'),
        ({"instances": ["refused"]}, "instance 0 is refused, send another"),
    ],
)
def test_bad_input_is_400_with_a_message(function: Function, event: object, error: str) -> None:
    assert function.run(event).answers == [{"statusCode": 400, "error": error}]


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_an_http_event_gets_an_http_answer(function: Function, version: str) -> None:
    assert function.run(http('{"instances": [1]}', version=version)).answers == [
        {
            "statusCode": 200,
            "headers": {"content-type": "application/json"},
            "body": '{"predictions": [1]}',
        }
    ]


def test_a_base64_body_is_decoded(function: Function) -> None:
    body = base64.b64encode('{"instances": ["ä"]}'.encode()).decode()
    answer = function.run(http(body, encoded=True)).answers[0]
    assert json.loads(answer["body"]) == {"predictions": ["ä"]}


def test_an_http_event_without_body_is_answered_with_the_demonstration(function: Function) -> None:
    answers = function.run(http(None), http(""), http(" \n"), http("{}")).answers
    assert [json.loads(answer["body"]) for answer in answers] == [{"sides": 4}] * 4


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (http("{"), "the body is not JSON"),
        (http('{"instances": [NaN]}'), "NaN is no JSON number"),
        (http('{"instances": [-Infinity]}'), "-Infinity is no JSON number"),
        (http("[" * 100_000), "the body is not JSON"),
        (http("no base64!", encoded=True), "the body is not JSON"),
        (http("/w==", encoded=True), "the body is not JSON"),
        (http("[1]"), "the event is of type list"),
        (http(None) | {"body": {"a": 1}}, "the body is of type dict"),
        (http('{"instances": ["refused"]}'), "instance 0 is refused"),
    ],
    ids=["json", "nan", "infinity", "deep", "base64", "utf8", "list", "dict", "refused"],
)
def test_a_bad_http_body_is_400_with_a_message(
    function: Function, event: dict[str, Any], error: str
) -> None:
    answer = function.run(event).answers[0]
    assert answer["statusCode"] == 400
    assert error in json.loads(answer["body"])["error"]


@pytest.mark.parametrize("code", ["raise ValueError('secret')", "return 'secret'[:0]"])
def test_a_demonstration_that_fails_is_500(function: Function, code: str) -> None:
    function.write_model(f"def demonstrate():\n    {code}\n")
    result = function.run({})
    assert (statuses(result), "secret" in str(result.answers)) == ([500], False)


def test_an_error_of_the_model_is_500_without_internals(function: Function) -> None:
    result = function.run({"instances": ["broken"]})
    assert statuses(result) == [500]
    assert "secret" not in str(result.answers)


def test_an_error_of_the_model_is_logged_with_its_stack_trace(function: Function) -> None:
    log = function.run({"instances": ["broken"]}).logs[-1]
    assert (log["level"], log["error"]) == ("ERROR", "RuntimeError: secret of the inside")
    assert 'raise RuntimeError("secret of the inside")' in log["stack_trace"]


def test_the_next_call_after_an_error_of_the_model_is_answered(function: Function) -> None:
    result = function.run({"instances": ["broken"]}, {"instances": [1]})
    assert statuses(result) == [500, 200]


@pytest.mark.parametrize(
    ("instance", "reason"), [("nan", "prediction 1 is nan"), ("object", "object is not JSON")]
)
def test_predictions_that_json_cannot_hold_are_500(
    function: Function, instance: str, reason: str
) -> None:
    answer = function.run({"instances": [1, instance]}).answers[0]
    assert (answer["statusCode"], reason in answer["error"]) == (500, True)


@pytest.mark.parametrize("event", [{"instances": ["large"]}, http('{"instances": ["large"]}')])
def test_an_answer_beyond_lambdas_limit_is_413(function: Function, event: dict[str, Any]) -> None:
    answer = function.run(event).answers[0]
    assert answer["statusCode"] == 413
    assert "Lambda delivers at most 6,291,556" in str(answer)
