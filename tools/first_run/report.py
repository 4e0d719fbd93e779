"""The report of a first run: what was open and is settled, and where two clouds differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..tables import table
from .questions import QUESTIONS
from .steps import STEPS

_WORDS = {True: "as expected", False: "**OTHERWISE**", None: "measured"}
Record = Mapping[str, Any]


def markdown(record: Record, other: Record) -> str:
    """The report.

    Args:
        record: Of the run that it is about.
        other: Of the rehearsal on the embedded cloud; empty without one.
    """
    lines = [*_head(record), *_items(record, other)]
    lines += [*_comparison(record, other), *_left(record)]
    return "\n".join(lines) + "\n"


def differences(record: Record, other: Record) -> list[dict[str, str]]:
    """Where two runs differ: step, what, and the values of both; durations are not compared."""
    found = []
    for step in record.get("steps", {}):
        one, two = (_comparable(r.get("steps", {}).get(step)) for r in (record, other))
        found += [
            {"step": step, "what": key, "here": one[key], "embedded": two.get(key, "-")}
            for key in one
            if one[key] != two.get(key, "-")
        ]
    codes = [r.get("probes", {}).get("refusals", {}).get("codes", {}) for r in (record, other)]
    found += [
        {"step": "refusals", "what": name, "here": code, "embedded": codes[1].get(name, "-")}
        for name, code in codes[0].items()
        if code != codes[1].get(name)
    ]
    return found


def as_expected(record: Record) -> bool:
    """Whether every step was done and ended as it should, and no probe found it otherwise."""
    done, probes = record.get("steps", {}), record.get("probes", {})
    return (
        list(done) == [step.name for step in STEPS]
        and not any(step["unexpected"] for step in done.values())
        and not any("error" in p or p["as_expected"] is False for p in probes.values())
    )


def _comparable(step: Record | None) -> dict[str, str]:
    """What of a step has to be the same on both clouds."""
    if step is None:
        return {}
    call = step.get("call", {})
    return {
        "ended": "failed" if step["error"] else "done",
        "created or updated": ", ".join(step["changed"]),
        "populate": str(step["populate"].get("outcome")),
        "files": str(step["populate"].get("files")),
        "version": str(call.get("version")),
        "error of the call": str(call.get("refused") or call.get("function_error")),
        "form of the answer": form(call.get("payload")),
    }


def form(value: Any) -> str:
    """The form of a JSON value: keys and types, of a list its first item's."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {form(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return f"[{form(value[0])}]" if value else "[]"
    return "number" if type(value) in (int, float) else type(value).__name__


def _head(record: Record) -> Iterator[str]:
    yield f"# First run on {record['where']}"
    yield ""
    yield f"{record['date']}, commit `{record['commit']}`, {record['versions']}."
    yield ""
    for name, step in record["steps"].items():
        yield f"- {name}: {step['unexpected'] or 'as expected'}"
    yield f"- destroy: {record.get('destroy', {'error': 'not begun'})['error'] or 'done'}"
    yield ""


def _items(record: Record, other: Record) -> Iterator[str]:
    yield "## What was open"
    yield ""
    rows = []
    for name, question in QUESTIONS.items():
        if question.asked:
            found, known = (r.get("probes", {}).get(name) for r in (record, other))
            beside = _beside(other, _answer(known))
            rows.append([question.text, _word(found), _answer(found), *beside, question.otherwise])
    yield table(
        ["Item", "Here", "Answer", *_beside(other, "Embedded cloud"), "If it is otherwise"], rows
    )


def _beside(other: Record, *cells: str) -> list[str]:
    """Cells about the embedded cloud, where there is something to compare with."""
    return list(cells) if other else []


def _word(found: Record | None) -> str:
    return "open" if found is None or "error" in found else _WORDS[found["as_expected"]]


def _answer(found: Record | None) -> str:
    if found is None:
        return "not asked"
    if "codes" in found:
        return "see below"
    text = str(found.get("answer") or found.get("error"))
    return text if len(text) <= 300 else f"{text[:300]}..."


def _comparison(record: Record, other: Record) -> Iterator[str]:
    yield "## Beside the embedded cloud" if other else "## Times and error codes"
    yield ""
    rows = []
    for name in record["steps"]:
        one, two = (_times(r.get("steps", {}).get(name, {})) for r in (record, other))
        rows.append([name, *one, *_beside(other, *two)])
    embedded = _beside(other, "embedded: up, s", "embedded: call, s")
    yield table(["Step", "up, s", "call, s", *embedded], rows)
    codes, known = (
        r.get("probes", {}).get("refusals", {}).get("codes", {}) for r in (record, other)
    )
    rows = [[k, f"`{codes[k]}`", *_beside(other, f"`{known.get(k)}`")] for k in codes]
    yield table(["Refused request", "Here", *_beside(other, "Embedded cloud")], rows)
    if other:
        yield "What differs, but for times:"
        yield ""
        yield from [
            f"- {each['step']}, {each['what']}: here {each['here'] or 'none'}, embedded "
            f"{each['embedded'] or 'none'}"
            for each in differences(record, other)
        ] or ["- nothing: ends, versions, resources, outcomes, error codes, forms of answers"]
        yield ""


def _times(step: Record) -> list[str]:
    return [str(step.get("seconds", "-")), str(step.get("call", {}).get("seconds", "-"))]


def _left(record: Record) -> Iterator[str]:
    yield "## What is left"
    yield ""
    yield from record.get("left") or ["Nothing in the stack's state.", ""]
    yield from record.get("listed") or ["Nothing with its tag."]
