"""The function's entry point, ``handler.handler``: loads the model and answers events.

| event | answer |
|---|---|
| ``{"instances": [...]}`` | ``{"predictions": [...]}`` |
| ``{}`` or null | ``{"statusCode": 200, ...}`` with what ``model.demonstrate()`` returns |
| function URL, API Gateway (v1, v2) | the same as an HTTP answer with a JSON body |

Errors have a status code and a text: 400 an input that is refused, 413 an answer too large for
Lambda, 500 anything that is ours to mend. A direct call gets
``{"statusCode": ..., "error": ...}``.

Loading begins in a thread as soon as this module is imported. Lambda gives an init 10 s, then
kills it and begins anew within the first call; so the init waits for 9 s at most, and the first
call waits for the rest.

A release that is missing is looked for again at the next call. After an import or a load that
failed the process is not to be trusted (extension modules cannot be imported twice); it answers
with the reason and ends itself 0.1 s later, when no call is in progress, so that Lambda starts a
clean one. Caveats: a call that arrives in that very instant fails with Runtime.ExitError and has
to be repeated, and an environment that Lambda freezes before then answers with the same reason
once more.
"""

import base64
import binascii
import importlib
import json
import math
import os
import sys
import threading
import time
import traceback
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any, Self

# On Lambda this folder is the root of the code.
from release.activation.activate import ReleaseMissing, activate  # type: ignore[import-not-found]
from release.activation.cold_start import ColdStart  # type: ignore[import-not-found]
from release.activation.metrics import embedded  # type: ignore[import-not-found]

INIT_SECONDS = 9.0
"""How long an init waits for the model. Lambda's limit is 10 s (AWS Lambda Developer Guide,
execution environment lifecycle); with provisioned concurrency there is no such limit."""

MAX_ANSWER = 6_291_556
"""Bytes of the largest answer to a synchronous call, from Lambda's own error: "Exceeded maximum
allowed payload size (6291556 bytes)."."""

EXIT_SECONDS = 0.1
"""How long a process lives on after it has answered that it cannot import the model."""


class Refused(Exception):  # noqa: N818 (an answer more than an error)
    """The request gets no predictions but this status code and text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Loading:
    """One attempt to activate the release and to import and load the model, in a thread."""

    def __init__(self) -> None:
        self.model: ModuleType | None = None
        self.error: BaseException | None = None
        # It forks, so it comes before the thread.
        self._cold_start = ColdStart(os.environ.get("RELEASE_PATH", "").rstrip("/"))
        self._thread = threading.Thread(target=self._run, name="loading", daemon=True)
        self._thread.start()

    def wait(self, seconds: float | None) -> None:
        """Wait until the attempt has ended, at most that long."""
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            begin = time.monotonic()
            with self._cold_start as cold_start:
                activate(_release(), cold_start)
                activated = time.monotonic()
                model = importlib.import_module("model")
                cold_start.imported()
                imported = time.monotonic()
                if hasattr(model, "load"):
                    model.load()
            self.model = model
        except BaseException as error:
            self.error = error
            failure = embedded({"LoadFailure": (1, "Count")})
            log_error("the model cannot be loaded", error, **failure)
        else:
            self._log_cold_start(begin, activated, imported, time.monotonic())

    def _log_cold_start(self, *moments: float) -> None:
        begin, *_, end = moments
        steps = zip(("Activate", "Import", "Load"), pairwise(moments), strict=True)
        seconds = {f"{name}Duration": later - earlier for name, (earlier, later) in steps}
        seconds = {"ColdStartDuration": end - begin} | seconds
        imports = self._cold_start.state
        log(
            message="cold start",
            imports=imports,
            **embedded(
                {name: (round(value, 3), "Seconds") for name, value in seconds.items()}
                | {"BundleUsed": (int(imports.startswith("bundle")), "Count")}
            ),
        )


class Process:
    """The loading of this process, the calls in progress, and its end after a failed import."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls = 0
        self._ending = False
        self._loading = Loading()
        provisioned = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "provisioned-concurrency"
        self._loading.wait(None if provisioned else INIT_SECONDS)

    def __enter__(self) -> Self:
        with self._lock:
            self._calls += 1
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._calls -= 1

    def model(self) -> ModuleType:
        """The loaded model. Raises Refused if there is none."""
        with self._lock:
            if self._loading.model is None and isinstance(self._loading.error, ReleaseMissing):
                self._loading = Loading()
            loading = self._loading
        loading.wait(None)
        if loading.model is not None:
            return loading.model
        error = loading.error
        if isinstance(error, ReleaseMissing):
            raise Refused(500, str(error))
        self._end_after_this_call()
        raise Refused(500, _failed_import(error))

    def _end_after_this_call(self) -> None:
        with self._lock:
            if not self._ending:
                self._ending = True
                threading.Thread(target=self._end, name="ending", daemon=True).start()

    def _end(self) -> None:
        while True:
            time.sleep(EXIT_SECONDS)
            with self._lock:
                if self._calls == 0:
                    sys.stdout.flush()
                    os._exit(1)


def handler(event: Any, _context: object = None) -> Any:
    """Answer one event."""
    with process:
        http = isinstance(event, dict) and isinstance(event.get("requestContext"), dict)
        try:
            status, body = 200, answer(body_of(event) if http else event, direct=not http)
            text = to_json(body)
        except Refused as refused:
            status, body = refused.status, {"error": str(refused)}
            text = json.dumps(body)
        if http:
            headers = {"content-type": "application/json"}
            result = {"statusCode": status, "headers": headers, "body": text}
        else:
            result = body if status == 200 else {"statusCode": status, **body}
        size = sent_size(result) if len(text) > MAX_ANSWER // 3 else 0
        return result if size <= MAX_ANSWER else too_large(size, http)


def answer(request: Any, direct: bool) -> dict[str, Any]:
    """The body of the answer to a request. Raises Refused."""
    model = process.model()
    if request is None or request == {}:
        if not hasattr(model, "demonstrate"):
            raise Refused(400, 'the event is empty; send {"instances": [...]}')
        demonstration = call(model.demonstrate)
        if not isinstance(demonstration, dict):
            raise Refused(500, f"model.demonstrate returned {demonstration!r:.100}, no dictionary")
        return {"statusCode": 200, **demonstration} if direct else dict(demonstration)
    if not isinstance(request, dict):
        raise Refused(
            400,
            f'the event is of type {type(request).__name__}, not an object {{"instances": [...]}}',
        )
    if "instances" not in request:
        names = ", ".join(sorted(request)[:5])
        raise Refused(400, f'the event has no "instances", only {names[:100]}')
    instances = request["instances"]
    if not isinstance(instances, list) or not instances:
        raise Refused(400, '"instances" has to be a list of at least one instance')
    return {"predictions": call(model.predict, instances)}


def call(function: Any, *arguments: Any) -> Any:
    """Call the model. A ValueError about arguments is the caller's fault, all else is ours."""
    try:
        return function(*arguments)
    except Exception as error:
        if arguments and isinstance(error, ValueError):
            raise Refused(400, str(error)) from error
        log_error(f"model.{function.__name__} failed", error)
        raise Refused(
            500, f"model.{function.__name__} failed; the function's log has the reason"
        ) from error


def body_of(event: dict[str, Any]) -> Any:
    """The JSON in the body of an HTTP event, None if it is empty. Raises Refused."""
    body = event.get("body") or ""
    if not isinstance(body, str):
        raise Refused(400, f"the body is of type {type(body).__name__}, not a text")
    try:
        if event.get("isBase64Encoded"):
            body = base64.b64decode(body, validate=True).decode("utf-8")
        return json.loads(body, parse_constant=_no_constant) if body.strip() else None
    except (binascii.Error, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise Refused(400, f"the body is not JSON: {error}") from error


def to_json(body: dict[str, Any]) -> str:
    """The body as JSON text. Raises Refused for what the model returned and JSON cannot hold."""
    try:
        return json.dumps(body, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        log_error("the model's answer is not JSON", error)
        values = body.get("predictions")
        bad = next(
            (
                f"prediction {index} is {value}"
                for index, value in enumerate(values if isinstance(values, list) else ())
                if isinstance(value, float) and not math.isfinite(value)
            ),
            str(error),
        )
        raise Refused(500, f"the model's answer cannot be sent as JSON: {bad}") from error


def sent_size(result: dict[str, Any]) -> int:
    """Bytes that the runtime sends for a result.

    Up to Python 3.11 the runtime escapes everything beyond ASCII, later it does not
    (awslambdaric, lambda_runtime_marshaller.py).
    """
    text = json.dumps(result, ensure_ascii=sys.version_info < (3, 12))
    return len(text.encode("utf-8", "surrogatepass"))


def too_large(size: int, http: bool) -> dict[str, Any]:
    """The answer in place of one that Lambda would not deliver."""
    text = (
        f"the answer has {size:,} bytes, Lambda delivers at most {MAX_ANSWER:,}; send fewer "
        "instances in one call"
    )
    if not http:
        return {"statusCode": 413, "error": text}
    headers = {"content-type": "application/json"}
    return {"statusCode": 413, "headers": headers, "body": json.dumps({"error": text})}


def log(**fields: object) -> None:
    """Print one JSON line, which Lambda's JSON log format takes as it is."""
    print(json.dumps(fields, default=str), flush=True)


def log_error(message: str, error: BaseException, **fields: object) -> None:
    """Print an error with its stack trace, and further fields, as one JSON line."""
    trace = traceback.format_exception(error)
    log(
        level="ERROR",
        message=message,
        error=f"{type(error).__name__}: {error}",
        stack_trace="".join(trace)[-20_000:],
        **fields,
    )


def _release() -> Path:
    path = os.environ.get("RELEASE_PATH")
    if not path:
        raise ReleaseMissing("RELEASE_PATH is not set; it has to name the release's directory.")
    return Path(path)


def _failed_import(error: BaseException | None) -> str:
    return (
        f"the model cannot be imported from the release {_release()}: {type(error).__name__}: "
        f"{error}. The function's log has the stack trace"
    )


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


process = Process()
