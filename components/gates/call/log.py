"""The log of a function as people read it; its lines are JSON of the platform, runtime and ours."""

from __future__ import annotations

import json
from typing import Any

# Fields with a text of many lines: ours, and that of the runtime.
_LONG = ("stack_trace", "stackTrace")


def readable(log: str) -> list[str]:
    """The lines of a log's end, without the platform's own, and stack traces as they were."""
    found: list[str] = []
    for line in log.splitlines():
        found += _shown(line, _entry(line))
    return found


def _entry(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _shown(line: str, entry: dict[str, Any] | None) -> list[str]:
    if entry is None:
        return [line]
    if str(entry.get("type", "")).startswith("platform."):
        return _of_the_platform(entry)
    what = entry.get("message") or entry.get("errorMessage")
    if not isinstance(what, str):
        return [line]
    kind = entry.get("errorType")
    why = [f"{kind}: {what}" if kind else what, *([entry["error"]] if "error" in entry else [])]
    text = f"{entry.get('level', 'INFO')} {': '.join(map(str, why))}"
    traces = (entry[name] for name in _LONG if entry.get(name))
    lines = ("".join(trace) if isinstance(trace, list) else str(trace) for trace in traces)
    return [text, *(f"  {inner}" for trace in lines for inner in trace.rstrip().splitlines())]


def _of_the_platform(entry: dict[str, Any]) -> list[str]:
    """What went wrong; that a call began, ended and was billed is no news."""
    record = entry.get("record")
    status = record.get("status", "success") if isinstance(record, dict) else "success"
    if status == "success":
        return []
    phase = str(entry["type"]).removeprefix("platform.")
    return [f"Lambda: {phase}: {status}"]
