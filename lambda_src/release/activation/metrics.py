"""Log lines of the function, and metrics within them.

Lambda's JSON log format takes a line that is JSON as it is. Its level counts only beside a valid
RFC 3339 timestamp; without one every line is INFO (AWS Lambda Developer Guide, "Log-level
filtering"). CloudWatch Logs makes metrics of what has the embedded metric format (Amazon CloudWatch
User Guide, "Specification: Embedded metric format").
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime

NAMESPACE = "efs-inference"
_TRACE = 20_000
"""Characters of a stack trace that are logged; the end of it, which names the error."""
_encode = json.JSONEncoder(default=str).encode


def log(level: str, message: str, **fields: object) -> None:
    """Print one line. Levels are Lambda's: TRACE, DEBUG, INFO, WARN, ERROR, FATAL."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = {"timestamp": now, "level": level, "message": message, **fields}
    with contextlib.suppress(OSError, ValueError):  # where the model has closed the output
        print(_encode(line), flush=True)


def log_error(message: str, error: BaseException, **fields: object) -> None:
    """Print an error with its stack trace, and further fields, as one JSON line."""
    log(
        "ERROR",
        message,
        error=f"{type(error).__name__}: {text_of(error)}",
        stack_trace="".join(traceback.format_exception(error))[-_TRACE:],
        **fields,
    )


def text_of(error: BaseException) -> str:
    """What an error says, also if its own ``__str__`` fails."""
    try:
        return str(error)
    except Exception as failed:
        return f"its text cannot be had ({type(failed).__name__})"


def embedded(metrics: Mapping[str, tuple[float, str]]) -> dict[str, object]:
    """Fields of a JSON log line that carry metrics of this function: name to value and unit."""
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [["FunctionName"]],
        "Metrics": [{"Name": name, "Unit": unit} for name, (_, unit) in metrics.items()],
    }
    return {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
        "FunctionName": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
        **{name: value for name, (value, _) in metrics.items()},
    }
