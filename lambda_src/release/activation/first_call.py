"""The first call of a function whose model takes longer to load than an init may take.

An init ends when the function's process asks Lambda for an event (AWS Lambda Developer Guide,
execution environment lifecycle). AWS's runtime does that when it has imported the entry point. The
model is loaded meanwhile, and in the main thread, where a program finds what lives in a thread. So
where it is not there in time, a second thread asks for the event. The main thread answers it as
soon as the model is loaded, and then gives way to the runtime, which serves every later call.
"""

from __future__ import annotations

import _thread
import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, NoReturn

from ..encoding import written, written_beyond_ascii
from .metrics import log_error

_INVOCATION = "/2018-06-01/runtime/invocation"
"""Path of the Runtime API (AWS Lambda Developer Guide, Using the Lambda runtime API)."""

_ATTEMPT = "Lambda-Runtime-Invocation-Id"
"""Header of an event that goes back with its answer, as AWS's runtime does."""


_read = json.JSONDecoder().decode


class RuntimeApiError(Exception):
    """Lambda did not take the answer to a call."""


class Call:
    """A call that Lambda has handed to this process, and the context that its handler gets."""

    def __init__(self, api: str, headers: Any, body: bytes) -> None:
        self.aws_request_id: str = headers.get("Lambda-Runtime-Aws-Request-Id", "")
        self._api = api
        self._trace = headers.get("Lambda-Runtime-Trace-Id")
        self._attempt = headers.get(_ATTEMPT)
        self._body = body

    def answer(self, handler: Callable[[Any, object], Any]) -> None:
        """Let a handler answer. Raises OSError or RuntimeApiError if Lambda does not take it."""
        if self._trace is not None:
            os.environ["_X_AMZN_TRACE_ID"] = self._trace
        try:
            text = sent(handler(_read(self._body.decode()), self))
        except Exception as error:
            log_error("the call failed", error)
            self._fail(error)
        else:
            self._post("response", text)

    def end(self, error: Exception) -> NoReturn:
        """Let the call fail and end the process, as AWS's runtime for Go does.

        Lambda hands an event only to a process that has asked for it, so no other call meets the
        end.
        """
        try:
            self._fail(error)
        except (OSError, RuntimeApiError) as failed:
            log_error("the failure cannot be reported", failed)
        finally:
            os._exit(1)

    def _fail(self, error: Exception) -> None:
        failure = {
            "errorMessage": str(error),
            "errorType": type(error).__name__,
            "requestId": self.aws_request_id,
            "stackTrace": traceback.format_tb(error.__traceback__),
        }
        self._post("error", written(failure))

    def _post(self, what: str, text: str) -> None:
        headers = {"Content-Type": "application/json"}
        if self._attempt is not None:
            headers[_ATTEMPT] = self._attempt
        path = f"{_INVOCATION}/{self.aws_request_id}/{what}"
        status, _, said = _request(self._api, "POST", path, text.encode(), headers)
        if status != HTTPStatus.ACCEPTED:
            raise RuntimeApiError(f"Lambda answered {status} to the {what}: {said[:200]!r}")


class FirstCall:
    """The first call, if there is no model yet after so many seconds; None for no limit.

    Make it right before the load, and `end` it right after. Where no thread can be started, or
    Lambda is not there, nothing is asked for.
    """

    def __init__(self, seconds: float | None) -> None:
        self._api = os.environ.get("AWS_LAMBDA_RUNTIME_API", "")
        # Not of threading, so that threading.enumerate() has what the model has started.
        self._loaded, self._ended = _thread.allocate_lock(), _thread.allocate_lock()
        self._call: Call | None = None
        if not self._api or seconds is None:
            return
        self._loaded.acquire()
        self._ended.acquire()
        try:
            _thread.start_new_thread(self._wait, (seconds,))
        except RuntimeError:
            self._ended.release()

    def end(self) -> Call | None:
        """The loading has ended. Waits for the call if it was asked for; None if it was not."""
        if self._loaded.locked():
            self._loaded.release()
        with self._ended:
            return self._call

    def _wait(self, seconds: float) -> None:
        try:
            if self._loaded.acquire(timeout=seconds):
                return
            status, headers, body = _request(self._api, "GET", f"{_INVOCATION}/next")
            if status == HTTPStatus.OK:
                self._call = Call(self._api, headers, body)
        except Exception as error:
            # The runtime will ask for it.
            log_error("the first call cannot be asked for", error)
        finally:
            self._ended.release()


def sent(answer: Any) -> str:
    """The text of an answer as AWS's runtime sends it.

    Up to Python 3.11 it escapes everything beyond ASCII, later it does not (awslambdaric,
    lambda_runtime_marshaller.py).
    """
    return written(answer) if sys.version_info < (3, 12) else written_beyond_ascii(answer)


def _request(
    api: str,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> tuple[int, Any, bytes]:
    """Status, headers and body of an answer of the Runtime API. Raises OSError."""
    import http.client  # no start waits for it

    connection = http.client.HTTPConnection(api)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    except http.client.HTTPException as error:
        raise OSError(f"{method} {path}: {type(error).__name__}: {error}") from error
    finally:
        connection.close()
