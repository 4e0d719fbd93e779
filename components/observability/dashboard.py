"""The dashboard of a stack, as the JSON that CloudWatch takes.

Its form: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import metrics
from .alarms import UTILIZATION
from .metrics import Metric

_THIRD, _HALF, _WHOLE = 8, 12, 24
_HEIGHT = 6
_ERRORS = 'fields @timestamp, message, error | filter level = "ERROR"'
_FAILURES = 'fields @timestamp, kind, message | filter phase = "failure"'
_LINES = 20
"""Log lines in a widget."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a dashboard shows.

    Attributes:
        region: Name of the AWS region.
        dimensions: The value of each dimension.
        function_log: Log group of the function.
        task_log: Log group of the populate tasks.
        timeout_seconds: Timeout of the function.
        cold_start_seconds: From when on a cold start is an alarm.
        bursting: Whether the file system has burst credits.
        alarms: ARNs of the alarms.
    """

    region: str
    dimensions: Mapping[str, str]
    function_log: str
    task_log: str
    timeout_seconds: float
    cold_start_seconds: float
    bursting: bool
    alarms: Sequence[str]


def dashboard(subject: Subject) -> dict[str, Any]:
    """The body of the dashboard: a row of alarms, calls, cold starts, file system, logs."""
    rows = (
        (_alarms(subject),),
        _calls(subject),
        _cold_starts(subject),
        _file_system(subject),
        (
            _log(subject, "Errors of the function", subject.function_log, _ERRORS),
            _log(subject, "Failures of populate tasks", subject.task_log, _FAILURES),
        ),
    )
    widgets, y = [], 0
    for row in rows:
        x = 0
        for widget in row:
            widgets.append({"x": x, "y": y, **widget})
            x += widget["width"]
        y += max(widget["height"] for widget in row)
    return {"widgets": widgets}


def _calls(subject: Subject) -> tuple[dict[str, Any], ...]:
    timeout = subject.timeout_seconds * 1000
    return (
        _graph(
            subject,
            "Calls of the alias",
            _line(subject, metrics.INVOCATIONS, "Sum", "calls"),
        ),
        _graph(
            subject,
            "Failed and throttled calls",
            _line(subject, metrics.ERRORS, "Sum", "failed"),
            _line(subject, metrics.THROTTLES, "Sum", "throttled"),
        ),
        _graph(
            subject,
            "Duration of a call (ms)",
            _line(subject, metrics.DURATION, "p50", "half of the calls"),
            _line(subject, metrics.DURATION, "p99", "99 of 100"),
            _line(subject, metrics.DURATION, "Maximum", "longest"),
            marks={"timeout": timeout},
        ),
    )


def _cold_starts(subject: Subject) -> tuple[dict[str, Any], ...]:
    steps = (
        _line(subject, step, "Average", step.name.removesuffix("Duration").lower())
        for step in metrics.COLD_START_STEPS
    )
    return (
        _graph(
            subject,
            "Cold starts",
            _line(subject, metrics.COLD_START, "SampleCount", "cold starts"),
            _line(subject, metrics.BUNDLE_USED, "Sum", "from the bundle"),
            _line(subject, metrics.LOAD_FAILURE, "Sum", "load failures"),
        ),
        _graph(
            subject,
            "Longest cold start (s)",
            _line(subject, metrics.COLD_START, "Maximum", "longest"),
            marks={"alarm": subject.cold_start_seconds},
        ),
        _graph(subject, "Steps of a cold start (s)", *steps, stacked=True),
    )


def _file_system(subject: Subject) -> tuple[dict[str, Any], ...]:
    parts = (
        (metrics.METERED_BYTES, "Sum", "bytes"),
        (metrics.PERMITTED, "Average", "permitted"),
    )
    hidden = [
        [*_key(subject, metric), {"stat": statistic, "id": id_, "visible": False}]
        for metric, statistic, id_ in parts
    ]
    throughput: list[Any] = [{"expression": UTILIZATION, "label": "throughput", "id": "used"}]
    burst = _line(subject, metrics.BURST_CREDITS, "Minimum", "burst credits (bytes)")
    clients = _line(subject, metrics.CONNECTIONS, "Sum", "connections")
    return (
        _graph(subject, "Throughput of what is permitted (%)", throughput, *hidden),
        _graph(
            subject,
            "Operations of what is possible (%)",
            _line(subject, metrics.IO_LIMIT, "Average", "operations"),
        ),
        _graph(subject, "Burst credits", burst)
        if subject.bursting
        else _graph(subject, "Clients of the file system", clients),
    )


def _key(subject: Subject, metric: Metric) -> list[Any]:
    pairs = [(name, subject.dimensions[name]) for name in metric.dimensions]
    return [metric.namespace, metric.name, *(part for pair in pairs for part in pair)]


def _line(subject: Subject, metric: Metric, statistic: str, label: str) -> list[Any]:
    return [*_key(subject, metric), {"stat": statistic, "label": label}]


def _graph(
    subject: Subject,
    title: str,
    *lines: list[Any],
    stacked: bool = False,
    marks: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "title": title,
        "region": subject.region,
        "view": "timeSeries",
        "stacked": stacked,
        "period": 300,
        "metrics": [*lines],
        "yAxis": {"left": {"min": 0}},
    }
    if marks:
        horizontal = [{"label": label, "value": value} for label, value in marks.items()]
        properties["annotations"] = {"horizontal": horizontal}
    return {"type": "metric", "width": _THIRD, "height": _HEIGHT, "properties": properties}


def _alarms(subject: Subject) -> dict[str, Any]:
    properties = {"title": "Alarms", "alarms": [*subject.alarms]}
    return {"type": "alarm", "width": _WHOLE, "height": 3, "properties": properties}


def _log(subject: Subject, title: str, group: str, found: str) -> dict[str, Any]:
    query = f"SOURCE '{group}' | {found} | sort @timestamp desc | limit {_LINES}"
    properties = {"title": title, "region": subject.region, "view": "table", "query": query}
    return {"type": "log", "width": _HALF, "height": _HEIGHT, "properties": properties}
