"""The end of a function's log as a diagnosis shows it: prose, stack traces as they are written."""

from __future__ import annotations

import json

import pytest

from components.gates.call.log import readable

NOW = "2026-11-27T10:00:00.000Z"


def platform(kind: str, **record: object) -> str:
    return json.dumps({"time": NOW, "type": f"platform.{kind}", "record": record})


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("plain", ["plain"]),
        ("[1, 2]", ["[1, 2]"]),
        ('{"some": "thing"}', ['{"some": "thing"}']),
        ('e": 1}', ['e": 1}']),  # Lambda hands out the last 4 KB, which may begin in a line
        (platform("start", requestId="1"), []),
        (platform("report", status="success", metrics={}), []),
        (platform("initReport", status="error", phase="init"), ["Lambda: initReport: error"]),
        (platform("report", status="timeout"), ["Lambda: report: timeout"]),
        (
            json.dumps({"timestamp": NOW, "level": "INFO", "message": "cold start", "_aws": {}}),
            ["INFO cold start"],
        ),
        (
            json.dumps(
                {
                    "level": "ERROR",
                    "message": "the model cannot be loaded",
                    "error": "KeyError: 1",
                    "stack_trace": "Traceback:\n  File x\nKeyError: 1\n",
                }
            ),
            [
                "ERROR the model cannot be loaded: KeyError: 1",
                "  Traceback:",
                "    File x",
                "  KeyError: 1",
            ],
        ),
        (
            json.dumps(
                {
                    "level": "ERROR",
                    "errorMessage": "no",
                    "errorType": "ModelError",
                    "stackTrace": ['  File "x"\n', "    raise\n"],
                }
            ),
            ["ERROR ModelError: no", '    File "x"', "      raise"],
        ),
    ],
)
def test_a_line_is_shown_as(line: str, shown: list[str]) -> None:
    assert readable(f"{line}\n") == shown


def test_the_lines_stay_in_order() -> None:
    assert readable("a\n" + platform("start") + "\nb\n") == ["a", "b"]
