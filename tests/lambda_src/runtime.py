"""A function under AWS's own runtime, `awslambdaric`, and the Runtime API that it talks to."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import resource
import subprocess
import sys
import sysconfig
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lambda_src.release.installation.trial.confine import confine

from .function import Function

_API = "/2018-06-01/runtime"
_ATTEMPT = "Lambda-Runtime-Invocation-Id"
_OVER = object()


@dataclass
class Running:
    """A process that serves; it gets one event at a time, as Lambda hands them out.

    ``happened`` has what the process asked or said: ``next``, or ``response``, ``error`` or
    ``init error`` with a body, and ``exit`` in the end.
    """

    process: subprocess.Popen[str]
    events: queue.SimpleQueue[Any]
    happened: queue.SimpleQueue[tuple[str, str]]
    lines: list[str] = field(default_factory=list)

    def wait(self) -> tuple[str, str]:
        """What happens next."""
        return self.happened.get(timeout=60)

    def read(self) -> None:
        """Read what it prints until it ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
        self.process.wait()
        self.happened.put(("exit", ""))

    def ready(self) -> None:
        """Wait until it has asked for an event."""
        what = self.wait()
        assert what == ("next", ""), (what, self.lines)

    def call(self, event: Any) -> tuple[str, Any]:
        """What comes of an event that was asked for: a response or an error, and its body."""
        what, body = self.send(event)
        return what, json.loads(body) if body else None

    def send(self, event: Any) -> tuple[str, str]:
        """The same with the body as it was sent."""
        self.events.put(event)
        return self.wait()

    @property
    def logs(self) -> list[dict[str, Any]]:
        """The lines of its log that are JSON."""
        found = []
        for line in self.lines:
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
        return [line for line in found if isinstance(line, dict)]


def alone(folders: Sequence[Path]) -> Callable[[], None]:
    """What a child does before its program starts, so that it can start no process and no thread.

    It can read the folders, and belongs to a user for whom the limit counts.
    """
    confined = confine(folders)

    def prepare() -> None:
        confined()
        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))

    return prepare


class _Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        assert self.path == f"{_API}/invocation/next"
        if self.server.attempt:  # Lambda hands out one event at a time
            self._say(403)
            return
        self.server.happened.put(("next", ""))
        if (event := self.server.events.get()) is _OVER:
            self.close_connection = True
            return
        self.server.attempt = uuid.uuid4().hex
        self.send_response(200)
        for name, value in {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": f"request-{self.server.attempt}",
            "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 60_000),
            "Lambda-Runtime-Invoked-Function-Arn": "arn",
            "Lambda-Runtime-Trace-Id": "trace",
            _ATTEMPT: self.server.attempt,
            "Transfer-Encoding": "chunked",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        for part in filter(None, (body[:1000], body[1000:])):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        *_, request, what = self.path.split("/")
        if request == "init":
            what = "init error"
        else:
            assert request == f"request-{self.server.attempt}"
            assert self.headers[_ATTEMPT] == self.server.attempt
        self.server.attempt = ""
        # First, so that the next request comes behind it.
        self.server.happened.put((what, body))
        self._say(202)

    def _say(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Api)
        self.events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.happened: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self.attempt = ""
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, *_: object) -> None:
        """The process has ended in the middle of a request."""


@contextlib.contextmanager
def running(
    function: Function, prepare: Callable[[], None] | None = None, **environment: str
) -> Iterator[Running]:
    """A function's process, from its start to its end."""
    server = _Server()
    process = subprocess.Popen(
        [sys.executable, "-P", "-S", "-B", "-m", "awslambdaric", "handler.handler"],
        cwd=function.code,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{function.code}:{sysconfig.get_path('purelib')}",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
            "TMPDIR": str(function.folder),
        }
        | function.environment
        | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=prepare,
    )
    found = Running(process, server.events, server.happened)
    reading = threading.Thread(target=found.read)
    reading.start()
    try:
        yield found
    finally:
        server.events.put(_OVER)
        process.kill()
        reading.join()
        server.shutdown()
        server.server_close()
