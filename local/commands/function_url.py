"""Serves a deployed function over HTTP, as a Lambda function URL does."""

from __future__ import annotations

import base64
import json
import socket
import time
import uuid
from collections.abc import Callable
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request, Response

from ..web import Server
from .deployed import Answer

# A function URL hands these over as text, everything else in base64.
_TEXT = ("text/", "application/json", "application/javascript", "application/xml")
_JSON = "application/json"


class _Request(Request):
    max_content_length = 6 * 1024 * 1024


class FunctionUrl:
    """A port of 127.0.0.1 whose requests are handed to a function; port 0 takes a free one.

    Events and answers have payload format version 2.0.
    """

    def __init__(self, port: int) -> None:
        self._listening = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listening.getsockname()[1]

    def serve(self, invoke: Callable[[Any], Answer]) -> Server:
        """Answer what comes, and has come; what is returned ends it."""
        self._invoke = invoke
        return Server(_Request.application(self._answer), self._listening)

    def _answer(self, request: Request) -> Response:
        answer = self._invoke(_event(request))
        if isinstance(answer.payload, dict) and "statusCode" in answer.payload:
            try:
                return _http(answer.payload)
            except (ValueError, TypeError, AttributeError):
                return Response("Internal Server Error", 502)  # as AWS's own answer has it
        if answer.error is not None:
            return Response(answer.error, 502)
        return Response(json.dumps(answer.payload), content_type=_JSON)


def _http(answer: dict[str, Any]) -> Response:
    """The HTTP answer that a function gives; an error where it is none."""
    status = int(answer["statusCode"])
    if not 100 <= status <= 599:
        raise ValueError("no HTTP status")
    headers = Headers({str(n): str(value) for n, value in (answer.get("headers") or {}).items()})
    for cookie in answer.get("cookies") or []:
        headers.add("set-cookie", str(cookie))
    body = str(answer.get("body") or "").encode()
    if answer.get("isBase64Encoded"):
        body = base64.b64decode(body, validate=True)
    headers.setdefault("content-type", _JSON)
    return Response(body, status, headers)


def _event(request: Request) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in request.headers.items()}
    path, _, query = request.environ["RAW_URI"].partition("?")
    body, as_text = request.get_data(), headers.get("content-type", "").startswith(_TEXT)
    now = time.time()
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "local",
            "domainName": headers.get("host", "127.0.0.1"),
            "domainPrefix": "local",
            "http": {
                "method": request.method,
                "path": path,
                "protocol": request.environ["SERVER_PROTOCOL"],
                "sourceIp": request.remote_addr,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": "$default",
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": bool(body) and not as_text,
    }
    if request.args:
        event["queryStringParameters"] = {n: ",".join(v) for n, v in request.args.lists()}
    if "cookie" in headers:
        event["cookies"] = headers["cookie"].split("; ")
    if body:
        event["body"] = (
            body.decode("utf-8", "replace") if as_text else base64.b64encode(body).decode()
        )
    return event
