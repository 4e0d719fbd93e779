"""The function URL that a local run serves: requests become events, answers become HTTP."""

from __future__ import annotations

import json
import socket
import struct
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from local.commands import Answer, FunctionUrl
from tests.processes import eventually


class Url:
    """A function URL, and the events that came through it."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.answer = Answer(payload=None, seconds=0, error=None)
        self.invoke: Callable[[Any], Answer] = self._invoke
        self.server = FunctionUrl(0)
        self.base = f"http://127.0.0.1:{self.server.port}"

    def _invoke(self, event: Any) -> Answer:
        self.events.append(event)
        return self.answer

    def get(self, path: str = "/", **more: Any) -> tuple[int, bytes, Any]:
        request = urllib.request.Request(self.base + path, **more)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=10) as response:
                return response.status, response.read(), response.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read(), error.headers


@pytest.fixture
def url() -> Iterator[Url]:
    served = Url()
    server = served.server.serve(lambda event: served.invoke(event))
    yield served
    server.close()


def test_a_request_becomes_an_event_of_payload_format_2(url: Url) -> None:
    url.get(
        "/a%20b?x=1&x=2&y=",
        data=b'{"n": 1}',
        headers={"Content-Type": "application/json", "Cookie": "k=v; l=w"},
    )
    (event,) = url.events
    kept = ("version", "rawPath", "rawQueryString", "body", "isBase64Encoded", "cookies")
    assert {name: event[name] for name in kept} == {
        "version": "2.0",
        "rawPath": "/a%20b",
        "rawQueryString": "x=1&x=2&y=",
        "body": '{"n": 1}',
        "isBase64Encoded": False,
        "cookies": ["k=v", "l=w"],
    }
    assert event["queryStringParameters"] == {"x": "1,2", "y": ""}
    assert event["requestContext"]["http"]["method"] == "POST"


def test_a_body_that_is_no_text_travels_in_base64(url: Url) -> None:
    headers = {"Content-Type": "application/octet-stream"}
    url.get(data=b"\xff\x00", headers=headers)
    assert (url.events[0]["body"], url.events[0]["isBase64Encoded"]) == ("/wA=", True)


def test_an_answer_with_a_status_code_becomes_the_http_answer(url: Url) -> None:
    payload = {"statusCode": 418, "headers": {"x-a": "b"}, "body": "tea", "cookies": ["k=v"]}
    url.answer = Answer(payload=payload, seconds=0, error="status code 418")
    status, body, headers = url.get()
    assert (status, body, headers["x-a"], headers["set-cookie"]) == (418, b"tea", "b", "k=v")


def test_an_answer_without_a_status_code_is_a_json_body(url: Url) -> None:
    url.answer = Answer(payload={"a": 1}, seconds=0, error=None)
    status, body, headers = url.get()
    assert (status, json.loads(body), headers["content-type"]) == (
        200,
        {"a": 1},
        "application/json",
    )


def test_a_function_error_is_502(url: Url) -> None:
    url.answer = Answer(payload=None, seconds=0, error="Runtime.ExitError: it died")
    assert url.get()[:2] == (502, b"Runtime.ExitError: it died")


def quietly(url: Url, capsys: pytest.CaptureFixture[str]) -> None:
    """The server serves on, and has said nothing."""
    url.answer = Answer(payload={"still": "there"}, seconds=0, error=None)
    assert url.get()[0] == 200
    assert capsys.readouterr() == ("", "")


@contextmanager
def asking(url: Url, request: bytes, gone: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Send a request, and go before the answer, with a reset; in the end the server is done."""
    others = set(threading.enumerate())
    with socket.create_connection(("127.0.0.1", url.server.port)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(request)
        eventually(lambda: set(threading.enumerate()) - others)
        yield
    gone()
    eventually(lambda: set(threading.enumerate()) <= others)


@pytest.mark.parametrize(
    "request_",
    [b"", b"GET / HT", b"GET / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\n{"],
)
def test_a_client_that_leaves_in_the_middle_of_its_request_calls_nothing(
    url: Url, capsys: pytest.CaptureFixture[str], request_: bytes
) -> None:
    with asking(url, request_):
        pass
    assert url.events == []
    quietly(url, capsys)


def test_a_client_that_does_not_wait_for_the_answer_is_no_error(
    url: Url, capsys: pytest.CaptureFixture[str]
) -> None:
    asked, answered = threading.Event(), threading.Event()

    def slow(event: Any) -> Answer:
        asked.set()
        answered.wait(60)
        return Answer(payload={"large": "x" * 5_000_000}, seconds=0, error=None)

    url.invoke = slow
    with asking(url, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", gone=answered.set):
        assert asked.wait(60)
    url.invoke = url._invoke
    quietly(url, capsys)


@pytest.mark.parametrize(
    "payload",
    [
        {"statusCode": "tea"},
        {"statusCode": None},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "body": "ä", "isBase64Encoded": True},
        {"statusCode": 200, "cookies": 3},
        {"statusCode": 200, "headers": {"x-a": "b\r\nx-c: d"}},
        {"statusCode": 99999},
    ],
)
def test_an_answer_that_is_no_http_answer_is_502(
    url: Url, capsys: pytest.CaptureFixture[str], payload: Any
) -> None:
    url.answer = Answer(payload=payload, seconds=0, error=None)
    assert url.get()[:2] == (502, b"Internal Server Error")
    quietly(url, capsys)


@pytest.mark.parametrize("port", [-1, 65_536, 99_999])
def test_a_port_that_is_none_is_refused(port: int) -> None:
    with pytest.raises(OverflowError, match="port must be 0-65535"):
        FunctionUrl(port)
