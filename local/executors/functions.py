"""Invocations of Lambda functions: cold and warm starts, time-outs, and what Lambda says to it."""

from __future__ import annotations

import json
import signal
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from ..account import rules
from ..sandbox import Bind, Host
from .function import Function
from .runtime_api import Environment, Runtime

# The runtime gives up its request for the next event after 15 minutes; Lambda, too, ends an
# environment that is idle for some minutes.
_MAX_IDLE_SECONDS = 600
_MAX_RESPONSE_BYTES = rules.MAX_PAYLOAD_BYTES + 100  # as AWS's own error message has it


@dataclass(frozen=True)
class Answer:
    """What an invocation came to.

    Attributes:
        payload: The function's response, or the error as JSON.
        error: The value of the FunctionError header; None without an error.
        log: The lines that were logged for it, initialisation included.
    """

    payload: bytes
    error: str | None
    log: list[str]


class Functions:
    """The execution environments of all functions."""

    def __init__(
        self,
        host: Host,
        init_limit: float,
        mount: Callable[[Function], list[Bind]],
        say: Callable[[Function, str, list[str]], None],
    ) -> None:
        self._host, self._init_limit, self._mount, self._say = host, init_limit, mount, say
        self._runtime = Runtime.make(host.disk())
        self._idle: dict[str, list[Environment]] = {}
        self._all: set[Environment] = set()
        self._lock = threading.Lock()
        self._closed = False

    def invoke(self, function: Function, arn: str, payload: bytes) -> Answer:
        """Run a function on an event: in a warm environment, or in a new one.

        Raises:
            MountError: Its file system cannot be mounted.
        """
        call = _Call(function, arn)
        environment = self._warm(function)
        if environment is None:
            environment = self._new(function, [])
            what, body = environment.wait(self._init_limit)
            call.init_seconds = time.monotonic() - call.began
            if what != "ready":
                environment.write([call.init_report(what)])
                self._drop(environment)
                # Lambda repeats it in the first invocation, whose time it takes.
                # https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
                environment, call.init_seconds = self._new(function, environment.log), None
        else:
            what, body = "ready", b""
        call.start(environment)
        if what != "ready":
            what, body = environment.wait(call.left)
        if what == "ready":
            environment.events.put((call.headers(), payload))
            what, body = environment.wait(call.left)
        answer = call.finish(environment, what, body)
        if what in {"response", "error"} and not self._closed:
            environment.idle_since = time.monotonic()
            with self._lock:
                self._idle.setdefault(function.key, []).append(environment)
        else:
            self._drop(environment)
        return answer

    def _warm(self, function: Function) -> Environment | None:
        while True:
            with self._lock:
                idle = self._idle.get(function.key)
                environment = idle.pop() if idle else None
            if environment is None:
                return None
            environment.log = []
            fresh = time.monotonic() - environment.idle_since < _MAX_IDLE_SECONDS
            # A process may end after its answer, so that the next call gets a clean one.
            if (
                fresh
                and environment.wait(5)[0] == "ready"
                and environment.process.exit_code is None
            ):
                return environment
            self._drop(environment)

    def _new(self, function: Function, log: list[str]) -> Environment:
        binds = self._mount(function)
        environment = Environment(function, self._host, self._runtime, binds, log, self._say)
        self._all.add(environment)
        if self._closed:
            environment.kill()
        return environment

    def _drop(self, environment: Environment) -> None:
        environment.close()
        self._all.discard(environment)

    def close(self) -> None:
        """End every environment; safe in a signal handler."""
        self._closed = True
        environments = list(self._all)
        for environment in environments:
            environment.kill()
        for environment in environments:
            self._drop(environment)


class _Call:
    """One invocation: its clock, and what Lambda logs and answers about it."""

    def __init__(self, function: Function, arn: str) -> None:
        self._function, self._arn = function, arn
        self._id = str(uuid.uuid4())
        self._timeout = float(function.configuration["Timeout"])
        self.began = time.monotonic()
        self.init_seconds: float | None = None

    @property
    def left(self) -> float:
        """Seconds until the function's time-out."""
        return self._timeout - (time.monotonic() - self.began)

    def headers(self) -> dict[str, str]:
        """The event's headers."""
        return {
            "Lambda-Runtime-Aws-Request-Id": self._id,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + self.left) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self._arn,
            "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}",
        }

    def _platform(self, kind: str, text: str, **record: object) -> str:
        if not self._function.logs_json:
            return text
        moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return json.dumps({"time": moment, "type": f"platform.{kind}", "record": record})

    def init_report(self, what: str) -> str:
        """What is logged of a failed initialisation."""
        milliseconds = round((self.init_seconds or 0) * 1000, 2)
        status = "timeout" if what == "timeout" else "error"
        return self._platform(
            "initReport",
            f"INIT_REPORT Init Duration: {milliseconds:.2f} ms\tPhase: init\tStatus: {status}",
            initializationType="on-demand",
            phase="init",
            status=status,
            metrics={"durationMs": milliseconds},
        )

    def start(self, environment: Environment) -> None:
        """The invocation begins."""
        self.began = time.monotonic()
        version = self._function.configuration["Version"]
        text = f"START RequestId: {self._id} Version: {version}"
        environment.write([self._platform("start", text, requestId=self._id, version=version)])

    def finish(self, environment: Environment, what: str, body: bytes) -> Answer:
        """The invocation has ended."""
        milliseconds = round((time.monotonic() - self.began) * 1000, 2)
        payload, status = self._outcome(what, body, environment.process.exit_code)
        memory = self._function.configuration["MemorySize"]
        billed = int(-(-milliseconds // 1))
        init = round(self.init_seconds * 1000, 2) if self.init_seconds is not None else None
        text = (
            f"REPORT RequestId: {self._id}\tDuration: {milliseconds:.2f} ms\t"
            f"Billed Duration: {billed} ms\tMemory Size: {memory} MB"
        )
        metrics = {"durationMs": milliseconds, "billedDurationMs": billed, "memorySizeMB": memory}
        if init is not None:
            text += f"\tInit Duration: {init:.2f} ms"
            metrics["initDurationMs"] = init
        lines = [self._platform("report", text, requestId=self._id, metrics=metrics, status=status)]
        if not self._function.logs_json:
            lines = [f"END RequestId: {self._id}", *lines]
        if status in {"timeout", "failure"}:
            lines.insert(0, json.loads(payload)["errorMessage"])
        environment.write(lines)
        return Answer(payload, None if status == "success" else "Unhandled", environment.log)

    def _outcome(self, what: str, body: bytes, exit_code: int | None) -> tuple[bytes, str]:
        """Payload and status, in Lambda's words."""
        if what == "response" and len(body) <= _MAX_RESPONSE_BYTES:
            return body, "success"
        if what in {"error", "init error"}:
            return body, "error"
        if what == "response":
            kind, status = "Function.ResponseSizeTooLarge", "error"
            why = "Response payload size exceeded maximum allowed payload size "
            why += f"({_MAX_RESPONSE_BYTES} bytes)."
        elif what == "timeout":
            kind, status = "Sandbox.Timedout", "timeout"
            why = f"RequestId: {self._id} Error: Task timed out after {self._timeout:.2f} seconds"
        else:
            kind, status = "Runtime.ExitError", "failure"
            why = f"RequestId: {self._id} Error: {_how_it_ended(exit_code or 0)}"
        return json.dumps({"errorType": kind, "errorMessage": why}).encode(), status


def _how_it_ended(exit_code: int) -> str:
    if exit_code == 0:
        return "Runtime exited without providing a reason"
    if exit_code > 128 and (name := signal.strsignal(exit_code - 128)):
        return f"Runtime exited with error: signal: {name.lower()}"
    return f"Runtime exited with error: exit status {exit_code}"
