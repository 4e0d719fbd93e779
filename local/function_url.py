"""Serves a deployed function over HTTP, as a Lambda function URL does."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from .deployment import Answer

_MAX_REQUEST = 6 * 1024 * 1024
# A function URL hands these over as text, everything else in base64.
_TEXT = ("text/", "application/json", "application/javascript", "application/xml")


class FunctionUrl(ThreadingHTTPServer):
    """An HTTP server on 127.0.0.1 that hands each request to `invoke`; port 0 takes a free one.

    Events and answers have payload format version 2.0.
    """

    invoke: Callable[[Any], Answer]

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)


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
        answer = self.server.invoke(_event(self, self.rfile.read(int(length))))
        if isinstance(answer.payload, dict) and "statusCode" in answer.payload:
            self._send(answer.payload)
        elif answer.error is not None:
            self._send({"statusCode": 502, "body": answer.error})
        else:
            headers = {"content-type": "application/json"}
            body = json.dumps(answer.payload)
            self._send({"statusCode": 200, "headers": headers, "body": body})

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do  # noqa: N815

    def _send(self, answer: dict[str, Any]) -> None:
        body = str(answer.get("body") or "").encode()
        if answer.get("isBase64Encoded"):
            body = base64.b64decode(body)
        self.send_response(int(answer["statusCode"]))
        for name, value in (answer.get("headers") or {}).items():
            self.send_header(name, str(value))
        for cookie in answer.get("cookies") or []:
            self.send_header("set-cookie", cookie)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


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
