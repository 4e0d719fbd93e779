"""TaskLog: structured lines become messages that a person reads, all others stay as they are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.gates.task.log import TaskLog


class Pages:
    """Log events in pages, as GetLogEvents hands them out: an empty one may come before the end."""

    def __init__(self, *pages: list[str]) -> None:
        self.pages = pages

    def get_log_events(self, where: Any) -> Any:
        at = int(where.get("nextToken", "0"))
        events = self.pages[at] if at < len(self.pages) else []
        return {
            "events": [{"message": line} for line in events],
            "nextForwardToken": str(min(at + 1, len(self.pages))),
        }


def read(*pages: list[str]) -> tuple[TaskLog, list[str]]:
    log = TaskLog(Pages(*pages).get_log_events, "group", "populate", "task")
    return log, list(log.messages())


SUMMARY = {
    "phase": "summary",
    "outcome": "published",
    "files": 16072,
    "bytes": 1_455_000_000,
    "seconds": {"total": 61.25},
}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Killed", "Killed"),
        ("[1, 2]", "[1, 2]"),
        ('{"other": 1}', '{"other": 1}'),
        ('{"phase":"import","message":"model"}', "import: model"),
        ('{"phase":"install","message":"numpy","done":3,"of":38}', "install: numpy (3 of 38)"),
        (
            '{"phase":"copy","files":1200,"of":16072,"bytes":5e6,"of_bytes":1e9}',
            "copy: 1,200 of 16,072 files, 5 of 1,000 MB",
        ),
        (
            '{"phase":"verify","files":5,"of":7,"bytes":5e6,"of_bytes":1e9}',
            "verify: 5 of 7 files, 5 of 1,000 MB",
        ),
        (json.dumps(SUMMARY), "published, 16,072 files, 1,455 MB, 61.2 s"),
        ('{"phase":"summary","checked":3}', 'summary: {"checked": 3}'),
    ],
)
def test_a_line_is_shown_as(line: str, message: str) -> None:
    assert read([line])[1] == [message]


def test_an_empty_page_is_not_the_end() -> None:
    assert read(["a"], [], ["b"])[1] == ["a", "b"]


def test_reading_goes_on_where_it_ended() -> None:
    pages = Pages(["a"])
    log = TaskLog(pages.get_log_events, "group", "populate", "task")
    assert list(log.messages()) == ["a"]
    pages.pages = (["a"], ["b"])
    assert list(log.messages()) == ["b"]


def test_a_diagnosis_shows_the_log_as_it_was_shown_while_the_task_ran() -> None:
    log, said = read(["plain", '{"phase":"import","message":"model"}', json.dumps(SUMMARY)])
    assert (
        log.tail == said == ["plain", "import: model", "published, 16,072 files, 1,455 MB, 61.2 s"]
    )


def test_the_last_twenty_lines_are_kept_for_a_diagnosis() -> None:
    log, _ = read([str(n) for n in range(30)])
    assert log.tail == [str(n) for n in range(10, 30)]


def test_the_summary_and_a_failure_end_a_log() -> None:
    assert not read(["x"])[0].ended
    assert read([json.dumps(SUMMARY)])[0].summary == SUMMARY
    failed, said = read(["x", '{"phase":"failure","kind":"disk","message":"full"}'])
    assert failed.ended
    assert (failed.failure, failed.kind) == ("full", "disk")
    # The diagnosis has it, so it is not said twice.
    assert (said, failed.tail) == (["x"], ["x"])
