"""The gate for tests: `TaskRun` against the cloud, through a proxy that answers as AWS may, too."""

from __future__ import annotations

import io
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import pytest
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Request, Response

from components.errors import PopulateError
from components.gates.task import TaskRun, TaskRunSpec
from local.cloud import Cloud
from local.web import Server

from ..conftest import PATH, Stack

RELEASE = "0123456789abcdef"
SUMMARY = {
    "phase": "summary",
    "outcome": "published",
    "files": 3,
    "bytes": 1000,
    "seconds": {"total": 1.5},
}
SUCCEEDS = f"print({json.dumps(json.dumps(SUMMARY))})"
WAITS = f"""
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
print("ready", flush=True)
while not os.path.exists("{PATH}/go"):
    time.sleep(0.02)
{SUCCEEDS}
"""
"""Ends when there is a file `go` on the mount (`Gate.go`), or by SIGTERM."""

Real = Callable[[], Response]
Answer = Callable[[Request, Real], Response | None]


def refuses(code: str, status: int = 400, message: str = "no") -> Answer:
    """An error of AWS; a real one in the protocols of JSON (ECS, logs), REST (Lambda) and query."""

    def answer(request: Request, _: Real) -> Response:
        if "X-Amz-Target" in request.headers or request.path.startswith("/20"):
            body = json.dumps({"__type": code, "message": message})
            response = Response(body, status=status, content_type="application/x-amz-json-1.1")
            response.headers["X-Amzn-ErrorType"] = code
            return response
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        body = f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>"
        return Response(body, status=status, content_type="text/xml")

    return answer


def cut(request: Request, _: Real) -> Response:
    """The connection ends without an answer."""
    request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError


def changed(change: Callable[[Any], Any]) -> Answer:
    """The real answer, as `change` makes it."""

    def answer(_: Request, real: Real) -> Response:
        body = change(json.loads(real().get_data()))
        return Response(json.dumps(body), content_type="application/x-amz-json-1.1")

    return answer


def after(action: Callable[[Any], object]) -> Answer:
    """The real answer, `action` being done with it first."""

    def answer(_: Request, real: Real) -> Response:
        response = real()
        action(json.loads(response.get_data()))
        return response

    return answer


@dataclass
class _Fault:
    operation: str
    answer: Answer
    times: int


class Proxy:
    """In front of the cloud, on loopback.

    Attributes:
        endpoint: URL for an AWS client.
        asked: Operation and parameters of every request.
        signed_by: Access key ids of all requests.
        expired: Access key ids that count as expired.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._faults: list[_Fault] = []
        self.asked: list[tuple[str, Any]] = []
        self.signed_by: list[str] = []
        self.expired: set[str] = set()
        self._server = Server(self)
        self.endpoint = f"http://127.0.0.1:{self._server.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def fault(self, operation: str, answer: Answer, times: int = 1 << 30) -> None:
        """Answer the next `times` requests of this operation so."""
        self._faults.append(_Fault(operation, answer, times))

    def restore(self) -> None:
        """Answer everything really from now on."""
        self._faults.clear()
        self.expired.clear()

    def count(self, operation: str) -> int:
        """How often an operation was asked for."""
        return [name for name, _ in self.asked].count(operation)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        data = request.get_data()
        operation = _operation(request)
        self.asked.append((operation, _parameters(request, data)))
        key = re.search(r"Credential=([^/]+)/", request.headers.get("Authorization", ""))
        self.signed_by.append(key[1] if key else "")

        def real() -> Response:
            again = {**environ, "wsgi.input": io.BytesIO(data)}
            chunks, status, headers = run_wsgi_app(self._cloud, again, buffered=True)
            return Response(b"".join(chunks), status=status, headers=headers)

        if self.signed_by[-1] in self.expired:
            code = "ExpiredTokenException" if "X-Amz-Target" in request.headers else "ExpiredToken"
            return refuses(code)(request, real)(environ, start_response)  # type: ignore[misc]
        for fault in self._faults:
            if fault.operation == operation and fault.times > 0:
                fault.times -= 1
                return (fault.answer(request, real) or real())(environ, start_response)
        return real()(environ, start_response)


def _operation(request: Request) -> str:
    if target := request.headers.get("X-Amz-Target"):
        return target.rpartition(".")[2]
    if action := request.form.get("Action"):
        return str(action)
    for end, operation in {
        "/functions/?": "ListFunctions",
        "/aliases": "ListAliases",
        "/configuration": "GetFunctionConfiguration",
    }.items():
        if request.method == "GET" and re.search(f"{end}$", request.path):
            return operation
    return request.path


def _parameters(request: Request, data: bytes) -> Any:
    if "X-Amz-Target" in request.headers:
        return json.loads(data or b"{}")
    return {**request.form.to_dict(), **request.args.to_dict()}


class Gate:
    """A task definition on the cloud, and what `TaskRun` says of its task.

    Attributes:
        said: The lines.
        when: What to do, once, as soon as a line has these words.
    """

    def __init__(self, cloud: Cloud, stack: Stack, proxy: Proxy) -> None:
        self.cloud, self.stack, self.proxy = cloud, stack, proxy
        self.said: list[str] = []
        self.when: dict[str, Callable[[], object]] = {}

    def _say(self, line: str) -> None:
        self.said.append(line)
        for words in [words for words in self.when if words in line]:
            self.when.pop(words)()

    def define(self, source: str, **changes: Any) -> str:
        """Register a task definition that runs `source`; its ARN."""
        options = {
            "awslogs-group": "/tasks",
            "awslogs-region": self.cloud.region,
            "awslogs-stream-prefix": "main",
        }
        log = {"logDriver": "awslogs", "options": options}
        registered = self.stack.ecs.register_task_definition(
            **self.stack.definition(source, container={"logConfiguration": log}, **changes)
        )
        return str(registered["taskDefinition"]["taskDefinitionArn"])

    def values(self, source: str, **changes: Any) -> dict[str, Any]:
        """Of a `TaskRunSpec` for a task that runs `source`."""
        return {
            "release_id": RELEASE,
            "cluster_arn": "main",
            "task_definition_arn": changes.pop("task_definition_arn", None) or self.define(source),
            "container": "main",
            "subnet_ids": tuple(self.stack.subnets),
            "security_group_ids": (self.stack.client_group,),
            "assign_public_ip": True,
            "log_group": "/tasks",
            "timeout_minutes": 10,
            "account_id": self.cloud.account_id,
            "region": self.cloud.region,
            "access_point_arn": self.stack.point_arn,
            **changes,
        }

    def run(self, source: str, **changes: Any) -> Mapping[str, Any]:
        """Bring the task to its end."""
        spec = TaskRunSpec(**self.values(source, **changes))
        return TaskRun(spec, say=self._say).complete()

    def failure(self, source: str, **changes: Any) -> str:
        """The message with which it fails."""
        with pytest.raises(PopulateError) as caught:
            self.run(source, **changes)
        return str(caught.value)

    def go(self) -> None:
        """Let `WAITS` end well."""
        data = self.cloud._state / "libraries" / "data"
        data.mkdir(parents=True, exist_ok=True)
        (data / "go").touch()

    def tasks(self, status: str = "RUNNING") -> list[str]:
        """ARNs of the cluster's tasks."""
        found = self.stack.ecs.list_tasks(cluster="main", desiredStatus=status)["taskArns"]
        return [str(arn) for arn in found]

    def stop(self, reason: str = "by hand") -> None:
        """Stop every task."""
        for arn in self.tasks():
            self.stack.ecs.stop_task(cluster="main", task=arn, reason=reason)

    def lines_with(self, part: str) -> int:
        """How many lines with `part` it has said."""
        return sum(part in line for line in self.said)

    @contextmanager
    def background(self, source: str, **changes: Any) -> Iterator[list[Mapping[str, Any]]]:
        """A second gate meanwhile, with what it returned in the end."""
        returned: list[Mapping[str, Any]] = []
        other = Gate(self.cloud, self.stack, self.proxy)
        thread = threading.Thread(
            target=lambda: returned.append(other.run(source, **changes)), daemon=True
        )
        thread.start()
        while thread.is_alive() and not other.lines_with("ready"):
            thread.join(0.02)
        yield returned
        thread.join()
