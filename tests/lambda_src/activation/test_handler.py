"""What the entry point answers, in processes of its own, with a small release and model."""

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ..function import MODEL, Function, http, statuses

ACCEPTED = 'send {"instances": [...]}, or {} for a demonstration'


def test_instances_are_answered_with_predictions(function: Function) -> None:
    assert function.run({"instances": [1, 2]}).answers == [{"predictions": [1, 2]}]


@pytest.mark.parametrize("event", [None, {}])
def test_an_empty_event_is_answered_with_the_demonstration(
    function: Function, event: object
) -> None:
    assert function.run(event).answers == [{"statusCode": 200, "sides": 4}]


def test_an_empty_event_without_demonstration_is_answered_with_the_sample(
    function: Function,
) -> None:
    function.write_model(
        "SAMPLE = {'instances': [3]}\ndef predict(instances):\n    return [-x for x in instances]\n"
    )
    result = function.run({}, http(None))
    assert result.answers[0] == {"statusCode": 200, "predictions": [-3]}
    assert json.loads(result.answers[1]["body"]) == {"predictions": [-3]}


def test_a_model_without_demonstration_and_sample_says_that_it_is_loaded(
    function: Function,
) -> None:
    function.write_model("def predict(instances):\n    return instances\n")
    [answer] = function.run({}).answers
    assert answer["statusCode"] == 200
    assert "the model is loaded and has no SAMPLE" in answer["message"]


@pytest.mark.parametrize("sample", ["{'instances': ['refused']}", "{}", "[1]", "{'instances': 1}"])
def test_a_model_that_refuses_its_own_sample_is_a_fault_of_ours(
    function: Function, sample: str
) -> None:
    function.write_model(f"{MODEL.partition('def demonstrate')[0]}\nSAMPLE = {sample}\n")
    result = function.run({}, http(None))
    assert statuses(result) == ["ModelError", 500]


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ([1], f"the event is of type list; {ACCEPTED}"),
        ([], f"the event is of type list; {ACCEPTED}"),
        ("text", f"the event is of type str; {ACCEPTED}"),
        (False, f"the event is of type bool; {ACCEPTED}"),
        ({"other": 1}, f'the event has no "instances", only other; {ACCEPTED}'),
        ({"instances": []}, '"instances" has to be a list of at least one instance'),
        ({"instances": 1}, '"instances" has to be a list of at least one instance'),
        ({"instances": ["refused"]}, "instance 0 is refused, send another"),
    ],
)
def test_bad_input_of_a_direct_call_is_a_function_error_with_a_message(
    function: Function, event: object, error: str
) -> None:
    assert function.run(event).answers == [{"errorType": "BadRequestError", "errorMessage": error}]


SQS = {"messageId": "1", "body": '{"instances": [1]}', "eventSource": "aws:sqs"}
LAMBDA = "arn:aws:lambda:eu-central-1:123456789012:function:other:$LATEST"


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ({"Records": [SQS]}, "comes from aws:sqs"),
        ([SQS], "comes from aws:sqs"),  # an EventBridge pipe
        ({"Records": [{"eventSource": "aws:s3", "s3": {}}]}, "comes from aws:s3"),
        ({"Records": [{"EventSource": "aws:sns", "Sns": {}}]}, "comes from aws:sns"),
        ({"Records": [{"eventSource": "aws:kinesis"}]}, "comes from aws:kinesis"),
        ({"eventSource": "aws:kafka", "records": {}}, "comes from aws:kafka"),
        ({"source": "aws.s3", "detail-type": "Object Created"}, "comes from aws.s3"),
        ({"source": "aws.events", "detail-type": "Other"}, "comes from aws.events"),
        ({"awslogs": {"data": "H4sI"}}, "only awslogs"),
        (
            {"requestContext": {"functionArn": LAMBDA}, "requestPayload": {}},
            "only requestContext, requestPayload",  # a destination of another function
        ),
        (
            {"requestContext": {"connectionId": "1", "eventType": "CONNECT"}},
            "only requestContext",  # a WebSocket
        ),
        ({"requestContext": {}}, "only requestContext"),
    ],
)
def test_what_nobody_reads_the_answer_of_is_refused_and_nothing_is_predicted(
    function: Function, event: object, error: str
) -> None:
    function.write_model(MODEL.replace("assert shapes.loaded", "raise SystemExit('predicted')"))
    [answer] = function.run(event).answers
    assert answer["errorType"] == "BadRequestError"
    assert error in answer["errorMessage"]
    assert answer["errorMessage"].endswith(ACCEPTED)


def test_a_schedule_keeps_the_model_warm(function: Function) -> None:
    scheduled = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
    assert function.run(scheduled).answers == [{"statusCode": 200, "sides": 4}]


@pytest.mark.parametrize("version", ["1.0", "2.0", "elb"])
def test_an_http_event_gets_an_http_answer(function: Function, version: str) -> None:
    assert function.run(http('{"instances": [1]}', version=version)).answers == [
        {
            "statusCode": 200,
            "headers": {"content-type": "application/json"},
            "body": '{"predictions": [1]}',
        }
    ]


def test_a_load_balancer_with_multi_value_headers_gets_such(function: Function) -> None:
    event = http("{}", version="elb") | {"multiValueHeaders": {"accept": ["*/*"]}}
    [answer] = function.run(event).answers
    assert answer["multiValueHeaders"] == {"content-type": ["application/json"]}


@pytest.mark.parametrize("version", ["1.0", "2.0", "elb"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "get"])
def test_a_health_check_is_answered_with_the_demonstration(
    function: Function, version: str, method: str
) -> None:
    [answer] = function.run(http(None, version=version, method=method)).answers
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"sides": 4})


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS"])
def test_another_method_is_405_and_names_those_that_are_allowed(
    function: Function, method: str
) -> None:
    [answer] = function.run(http('{"instances": [1]}', method=method)).answers
    assert (answer["statusCode"], answer["headers"]["allow"]) == (405, "GET, HEAD, POST")


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


@pytest.mark.parametrize(
    "code", ["raise ValueError('secret')", "return 'secret'[:0]", "return {'secret'[:0]: {1}}"]
)
def test_a_demonstration_that_fails_is_a_fault_of_ours(function: Function, code: str) -> None:
    function.write_model(
        MODEL.partition("def demonstrate")[0] + f"def demonstrate():\n    {code}\n"
    )
    result = function.run({}, http(None))
    assert (statuses(result), "secret" in str(result.answers)) == (["ModelError", 500], False)


def test_an_error_of_the_model_is_a_function_error_or_500_without_internals(
    function: Function,
) -> None:
    result = function.run({"instances": ["broken"]}, http('{"instances": ["broken"]}'))
    assert statuses(result) == ["ModelError", 500]
    assert "secret" not in str(result.answers)


def test_an_error_of_the_model_is_logged_with_its_stack_trace(function: Function) -> None:
    log = function.run({"instances": ["broken"]}).logs[-1]
    assert (log["level"], log["error"]) == ("ERROR", "RuntimeError: secret of the inside")
    assert 'raise RuntimeError("secret of the inside")' in log["stack_trace"]


def test_the_next_call_after_an_error_of_the_model_is_answered(function: Function) -> None:
    result = function.run({"instances": ["broken"]}, {"instances": [1]})
    assert statuses(result) == ["ModelError", 200]


@pytest.mark.parametrize(
    ("returned", "reason"),
    [
        ("[1, 2, 3]", "returned 3 predictions for 1 instances"),
        ("[]", "returned 0 predictions for 1 instances"),
        ("None", "returned NoneType, not a list"),
        ("{0: 1}", "returned dict, not a list"),
        ("'x'", "returned str, not a list"),
        ("(1,)", "returned tuple, not a list; list(...) makes one"),
        ("(x for x in instances)", "returned generator, not a list; list(...) makes one"),
        ("__import__('array').array('d', [1])", "array, not a list; its method tolist() makes one"),
        ("[float('nan')]", "prediction 0 is nan"),
        ("[float('-inf')]", "prediction 0 is -inf"),
        ("[[1, float('nan')]]", "prediction 0: Out of range float values"),
        ("[object()]", "prediction 0: Object of type object is not JSON"),
    ],
)
def test_predictions_that_break_the_contract_are_a_fault_of_ours_and_logged(
    function: Function, returned: str, reason: str
) -> None:
    function.write_model(f"def predict(instances):\n    return {returned}\n")
    result = function.run({"instances": [1]}, http('{"instances": [1]}'))
    assert statuses(result) == ["ModelError", 500]
    assert reason in result.answers[0]["errorMessage"]
    assert reason in json.loads(result.answers[1]["body"])["error"]
    assert [reason in log["error"] for log in result.logs if log["level"] == "ERROR"] == [True] * 2


def test_an_answer_beyond_lambdas_limit_is_413(function: Function) -> None:
    result = function.run({"instances": ["large"]}, http('{"instances": ["large"]}'))
    assert statuses(result) == ["AnswerTooLargeError", 413]
    assert str(result.answers).count("at most 6,291,556 are delivered") == 2


def test_a_load_balancer_delivers_less(function: Function) -> None:
    body = json.dumps({"instances": ["x" * 1_000_000]})
    result = function.run(http(body, version="elb"), http(body))
    assert statuses(result) == [413, 200]


def test_every_line_of_the_log_has_a_level_and_a_time_that_lambda_reads(
    function: Function,
) -> None:
    result = function.run({"instances": ["broken"]}, {})
    assert [log["level"] for log in result.logs] == ["WARN", "INFO", "ERROR"]
    for log in result.logs:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", log["timestamp"])
        age = datetime.now(UTC) - datetime.fromisoformat(log["timestamp"])
        assert timedelta() <= age < timedelta(hours=1)
