"""The function's entry point, ``handler.handler``: loads the model and answers events.

| event | answer |
|---|---|
| ``{"instances": [...]}`` | ``{"predictions": [...]}`` |
| ``{}``, null, or a scheduled event of EventBridge: a warm-up | status 200 with what \
``model.demonstrate()`` returns, else the answer to ``model.SAMPLE`` |
| HTTP POST: function URL, API Gateway (v1, v2), load balancer | the same as an HTTP answer with a \
JSON body |
| HTTP GET or HEAD, such as a health check | as to ``{}`` |
| another HTTP method | 405 |
| anything else: SQS, SNS, S3, other events of EventBridge, streams, destinations, WebSockets | an \
error, because nobody would read predictions |

Errors are of one of three kinds: 400 a request that is refused, 413 an answer too large to be
delivered, 500 a fault of ours. An HTTP caller gets the status and ``{"error": text}``. Every other
caller gets a function error, whose ``errorType`` is BadRequestError, AnswerTooLargeError or
ModelError: so it counts in Lambda's metric Errors, and an asynchronous call is repeated, and then
goes to its dead-letter queue or destination. What a queue or stream sends stays there.

The model is loaded in the main thread as soon as this module is imported, and answers every call
there. Lambda gives an init 10 s, then kills it and repeats it within the first call. So where the
model is not loaded after 9 s, the first call is asked for from another thread, which ends the init,
and is answered when the model is there: before the import of this module ends, after which AWS's
runtime takes over. A model that cannot be loaded fails the init, or the call that waits for it, and
then the process ends before it asks for another event: Lambda starts a clean one for the next call.
"""

import base64
import binascii
import json
import os
from types import ModuleType
from typing import Any

# On Lambda this folder is the root of the code.
from release.activation.contract import (  # type: ignore[import-not-found]
    AnswerError,
    demonstration,
    predictions,
    to_json,
)
from release.activation.first_call import FirstCall, sent  # type: ignore[import-not-found]
from release.activation.loading import LoadError, Loading  # type: ignore[import-not-found]
from release.activation.metrics import text_of  # type: ignore[import-not-found]
from release.encoding import written  # type: ignore[import-not-found]

INIT_SECONDS = 9.0
"""How long an init waits for the model. Lambda's limit is 10 s (AWS Lambda Developer Guide,
execution environment lifecycle), where an environment is made on demand."""

MAX_ANSWER = 6_291_556
"""Bytes of the largest answer to a synchronous call, from Lambda's own error: "Exceeded maximum
allowed payload size (6291556 bytes)."."""

MAX_BALANCED_ANSWER = 1_000_000
"""Bytes of the largest answer through an Application Load Balancer, whose guide says 1 MB (Lambda
functions as targets, limits)."""

ACCEPTED = 'send {"instances": [...]}, or {} for a demonstration'


class BadRequestError(AnswerError):  # type: ignore[misc]
    """The request is refused, and so will be each repetition."""

    status = 400


class MethodNotAllowedError(BadRequestError):
    """The HTTP method is none that asks for predictions."""

    status = 405


class AnswerTooLargeError(AnswerError):  # type: ignore[misc]
    """Lambda, or who is in front of it, would not deliver the answer."""

    status = 413


def handler(event: Any, context: object = None) -> Any:  # noqa: ARG001 (Lambda passes two)
    """Answer one event."""
    method = http_method(event)
    if method is None:
        request = request_of(event)
        body = answer(model, request)
        text, found = to_json({"statusCode": 200, **body} if is_empty(request) else body)
        return delivered(found, len(text))
    try:
        text, _ = to_json(answer(model, http_request(method, event)))
        balanced = "elb" in event["requestContext"]
        limit = MAX_BALANCED_ANSWER if balanced else MAX_ANSWER
        # Each quotation mark and backslash in it is sent with a backslash.
        return delivered(http_answer(200, text, event), 2 * len(text) + 1_000, limit)
    except AnswerError as error:
        return http_answer(error.status, written({"error": str(error)}), event)


def is_empty(request: Any) -> bool:
    """Whether a request asks for a demonstration."""
    return request is None or request == {}


def answer(model: ModuleType, request: Any) -> dict[str, Any]:
    """The body of the answer to a request.

    Raises:
        BadRequestError: The request is refused.
        ModelError: The model failed.
    """
    if is_empty(request):
        found: dict[str, Any] = demonstration(model)
        return found
    if not isinstance(request, dict):
        raise BadRequestError(f"the event is of type {type(request).__name__}; {ACCEPTED}")
    if "instances" not in request:
        names = ", ".join(sorted(request)[:5])
        raise BadRequestError(f'the event has no "instances", only {names[:100]}; {ACCEPTED}')
    instances = request["instances"]
    if not isinstance(instances, list) or not instances:
        raise BadRequestError('"instances" has to be a list of at least one instance')
    try:
        found = predictions(model, instances)
    except ValueError as error:
        raise BadRequestError(text_of(error)) from error
    return found


def request_of(event: Any) -> Any:
    """The request in an event that is no HTTP request; None for a warm-up.

    Raises:
        BadRequestError: The event comes from a service that does not read an answer.
    """
    if isinstance(event, list):
        records: Any = event
    elif isinstance(event, dict) and "instances" not in event:
        records = event.get("Records")
    else:
        return event
    first = records[0] if isinstance(records, list) and records else event
    if not isinstance(first, dict):
        return event
    names = ("eventSource", "EventSource", "source")
    sender = next((first[name] for name in names if isinstance(first.get(name), str)), "")
    if sender == "aws.events" and first.get("detail-type") == "Scheduled Event":
        return None
    if sender:
        raise BadRequestError(
            f"the event comes from {sender[:100]}, where nobody reads predictions: nothing was "
            f"predicted. Let a program of yours read it and call the function; {ACCEPTED}"
        )
    return event


def http_method(event: Any) -> str | None:
    """The method of an HTTP request; None for any other event, a WebSocket's among them."""
    context = event.get("requestContext") if isinstance(event, dict) else None
    if not isinstance(context, dict):
        return None
    described = context.get("http")
    method = described.get("method") if isinstance(described, dict) else event.get("httpMethod")
    return method.upper() if isinstance(method, str) else None


def http_request(method: str, event: dict[str, Any]) -> Any:
    """The JSON in an HTTP request, None if it asks for a demonstration. Raises BadRequestError."""
    if method in {"GET", "HEAD"}:
        return None
    if method != "POST":
        raise MethodNotAllowedError(f"{method[:20]} is not answered, but POST, GET and HEAD")
    body = event.get("body") or ""
    if not isinstance(body, str):
        raise BadRequestError(f"the body is of type {type(body).__name__}, not a text")
    try:
        if event.get("isBase64Encoded"):
            body = base64.b64decode(body, validate=True).decode("utf-8")
        return _read(body) if body.strip() else None
    except (binascii.Error, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BadRequestError(f"the body is not JSON: {error}") from error


def http_answer(status: int, body: str, event: dict[str, Any]) -> dict[str, Any]:
    """An HTTP answer with a body that is JSON."""
    headers = {"content-type": "application/json"}
    if status == MethodNotAllowedError.status:
        headers["allow"] = "GET, HEAD, POST"
    result: dict[str, Any] = {"statusCode": status, "headers": headers, "body": body}
    if "elb" in event["requestContext"] and "multiValueHeaders" in event:
        # A load balancer that sends these reads no others (its guide, multi-value headers).
        result["multiValueHeaders"] = {name: [value] for name, value in headers.items()}
    return result


def delivered(result: dict[str, Any], most: int, limit: int = MAX_ANSWER) -> dict[str, Any]:
    """A result of at most so many bytes. Raises AnswerTooLargeError beyond `limit` bytes."""
    if most <= limit:
        return result
    if (size := len(sent(result).encode())) > limit:
        raise AnswerTooLargeError(
            f"the answer has {size:,} bytes, and at most {limit:,} are delivered; send fewer "
            "instances in one call"
        )
    return result


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


# Made here, so that what a package puts in json's place decides about none of it.
_read = json.JSONDecoder(parse_constant=_no_constant).decode


def _load(seconds: float | None) -> None:
    """Load the model, and answer the first call if there was no model after so many seconds.

    Raises LoadError. If there is a first call, that fails with it and the process ends.
    """
    global model
    loading = Loading()  # forks, so before there is a thread
    first = FirstCall(seconds)
    try:
        model = loading.model()
    except LoadError as error:
        if call := first.end():
            call.end(error)
        raise
    if call := first.end():
        call.answer(handler)


model: ModuleType
_load(
    INIT_SECONDS
    if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand") == "on-demand"
    else None
)
