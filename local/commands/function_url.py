"""Serves a deployed function over HTTP, as a Lambda function URL does."""

from __future__ import annotations

import base64
import json
import sys
import time
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from .deployed import Answer

_MAX_PORT = 65_535
_MAX_REQUEST = 6 * 1024 * 1024
# A function URL hands these over as text, everything else in base64.
_TEXT = ("text/", "application/json", "application/javascript", "application/xml")


class FunctionUrl(ThreadingHTTPServer):
    """An HTTP server on 127.0.0.1 that hands each request to `invoke`; port 0 takes a free one.

    Events and answers have payload format version 2.0.
    """

    invoke: Callable[[Any], Answer]

    def __init__(self, port: int) -> None:
        if not 0 <= port <= _MAX_PORT:
            raise ValueError(f"a port is a number from 0 to {_MAX_PORT}")
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that is gone: it asked, and did not wait for the answer."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: FunctionUrl

    def do(self) -> None:
        length = self.headers.get("content-length") or "0"
        if "transfer-encoding" in self.headers or not (length.isascii() and length.isdigit()):
            self._send({"statusCode": 411, "body": "the request needs a content-length"})
            return
        if int(length) > _MAX_REQUEST:
            self._send({"statusCode": 413, "body": "the request is larger than 6 MB"})
            return
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise ConnectionResetError("the client left in the middle of its request")
        answer = self.server.invoke(_event(self, body))
        if isinstance(answer.payload, dict) and "statusCode" in answer.payload:
            self._send(answer.payload)
        elif answer.error is not None:
            self._send({"statusCode": 502, "body": answer.error})
        else:
            headers = {"content-type": "application/json"}
            text = json.dumps(answer.payload)
            self._send({"statusCode": 200, "headers": headers, "body": text})

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do  # noqa: N815

    def _send(self, answer: dict[str, Any]) -> None:
        try:
            status, headers, body = _http(answer)
        except (ValueError, TypeError, AttributeError):
            status, headers, body = 502, [], b"Internal Server Error"  # as AWS's own answer has it
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _http(answer: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body of a function's answer; an error where it is no HTTP answer."""
    status = int(answer["statusCode"])
    headers = [(str(n), str(value)) for n, value in (answer.get("headers") or {}).items()]
    headers += [("set-cookie", str(cookie)) for cookie in answer.get("cookies") or []]
    body = str(answer.get("body") or "").encode()
    if answer.get("isBase64Encoded"):
        body = base64.b64decode(body, validate=True)
    if not 100 <= status <= 599 or any(c in text for h in headers for text in h for c in "\r\n"):
        raise ValueError("no HTTP answer")
    return status, headers, body


def _event(request: BaseHTTPRequestHandler, body: bytes) -> dict[str, Any]:
    path, _, query = request.path.partition("?")
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        lower = name.lower()
        headers[lower] = f"{headers[lower]},{value}" if lower in headers else value
    host = headers.get("host", "127.0.0.1")
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    as_text = headers.get("content-type", "").startswith(_TEXT)
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
            "domainName": host,
            "domainPrefix": "local",
            "http": {
                "method": request.command,
                "path": path,
                "protocol": request.request_version,
                "sourceIp": request.client_address[0],
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
    if parameters:
        event["queryStringParameters"] = parameters
    if "cookie" in headers:
        event["cookies"] = headers["cookie"].split("; ")
    if body:
        event["body"] = (
            body.decode("utf-8", "replace") if as_text else base64.b64encode(body).decode()
        )
    return event
