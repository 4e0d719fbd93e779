"""Draws a dashboard of CloudWatch from its JSON, as SVG: where a widget is, and what is in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from benchmarks.report.chart import STYLE
from components.observability import Alarm, Subject, Thresholds, alarms, dashboard

from . import tables

_COLUMN, _ROW, _GAP, _LINE = 36, 26, 4, 16
_COLUMNS = 24
_BAR_WIDTH = 10


def example() -> dict[str, Any]:
    """The dashboard of a stack with the default thresholds."""
    return dashboard(
        Subject(
            region="eu-central-1",
            dimensions={
                "FunctionName": "inference",
                "Resource": "inference:live",
                "FileSystemId": "fs-0123456789abcdef0",
                "RuleName": "populate-failed",
            },
            function_log="/efs-inference/prod/inference",
            task_log="/efs-inference/prod/populator",
            timeout_seconds=120,
            cold_start_seconds=float(str(Thresholds().cold_start_seconds)),
            bursting=False,
            alarms=[f"prod/observability/{alarm.name}" for alarm in known(bursting=False)],
        )
    )


def known(*, bursting: bool) -> tuple[Alarm, ...]:
    """Every alarm, with the default thresholds and timeout."""
    return alarms(Thresholds(), 120, bursting=bursting)


def svg(body: Mapping[str, Any]) -> str:
    """The drawing: a box for each widget, with its title, its lines, alarms or query."""
    widgets = body["widgets"]
    width = _COLUMNS * _COLUMN
    height = max(widget["y"] + widget["height"] for widget in widgets) * _ROW
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="12">'
    )
    boxes = [line for widget in widgets for line in _box(widget)]
    style = f"  <style>{STYLE}    .box {{ fill: none; stroke: #90a4ae }}\n  </style>"
    title = "  <title>The dashboard of a stack</title>"
    return "\n".join([head, title, style, *boxes, "</svg>"]) + "\n"


def _box(widget: Mapping[str, Any]) -> Iterator[str]:
    x, y = widget["x"] * _COLUMN + _GAP, widget["y"] * _ROW + _GAP
    width = widget["width"] * _COLUMN - 2 * _GAP
    height = widget["height"] * _ROW - 2 * _GAP
    yield f'  <rect class="box" x="{x}" y="{y}" width="{width}" height="{height}" rx="4"/>'
    properties = widget["properties"]
    yield _text(x + 10, y + 20, properties["title"], ' font-weight="bold"')
    for index, (bar, text) in enumerate(_legend(widget["type"], properties, width)):
        line = y + 40 + index * _LINE
        if bar is not None:
            yield (
                f'  <rect class="bar{bar % 4}" x="{x + 10}" y="{line - 9}" width="{_BAR_WIDTH}" '
                f'height="{_BAR_WIDTH}" rx="2"/>'
            )
        yield _text(x + (26 if bar is not None else 10), line, text)


def _legend(
    kind: str, properties: Mapping[str, Any], width: int
) -> Iterator[tuple[int | None, str]]:
    """Colour and text of each line in a widget."""
    if kind == "alarm":
        # Half a column for a letter.
        row, limit = "", width // 6
        for arn in properties["alarms"]:
            name = arn.rpartition("/")[2]
            if len(row) + len(name) > limit:
                yield None, row
                row = ""
            row += f"{' · ' if row else ''}{name}"
        yield None, row
    elif kind == "log":
        yield from ((None, part.strip()) for part in properties["query"].split("|"))
    else:
        shown = [line[-1] for line in properties["metrics"] if line[-1].get("visible", True)]
        for index, options in enumerate(shown):
            statistic = f" ({options['stat']})" if "stat" in options else ""
            yield index, f"{options['label']}{statistic}"
        for mark in properties.get("annotations", {}).get("horizontal", ()):
            yield None, f"— {mark['label']} at {mark['value']:g}"


def _text(x: float, y: float, text: str, more: str = "") -> str:
    return f'  <text x="{x}" y="{y}"{more}>{escape(text)}</text>'


def table() -> str:
    """Every alarm, when it goes off, and what to do, as a Markdown table."""
    rows = []
    for alarm in known(bursting=True):
        limit = float(str(alarm.threshold))
        name = "throughput in use (%)" if alarm.metric is None else f"`{alarm.metric.name}`"
        row = "" if alarm.periods == 1 else f", {alarm.periods} times in a row"
        sign = "≤" if alarm.below else "≥"
        minutes = "1 minute" if alarm.minutes == 1 else f"{alarm.minutes} minutes"
        when = f"{alarm.statistic} of {name} {sign} {limit:,.0f} in {minutes}{row}"
        rows.append((f"`{alarm.name}`", when, alarm.what, alarm.remedy))
    return tables.table(("Alarm", "Goes off", "It means that", "What to do"), rows)
