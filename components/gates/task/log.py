"""The log of one populate task, and what its structured lines say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import (
        GetLogEventsRequestTypeDef,
        GetLogEventsResponseTypeDef,
    )

    GetLogEvents = Callable[[GetLogEventsRequestTypeDef], GetLogEventsResponseTypeDef]

_TAIL_LINES = 20


class TaskLog:
    """Reads on from where the last reading ended.

    Attributes:
        stream: Name of the log stream.
        group: The log group.
        tail: The last 20 lines, readable, but for the failure's.
        unread: Why not all of it could be read; empty where it could.
        summary: The task's own summary, its last line when it succeeded.
        failure: The task's own account of what went wrong.
        kind: Its word for that.
    """

    def __init__(
        self, get_log_events: GetLogEvents, group: str, container: str, task_id: str
    ) -> None:
        self._get_log_events = get_log_events
        self.group = group
        # awslogs names a stream prefix/container/task, and the prefix is the container's name.
        self.stream = f"{container}/{container}/{task_id}"
        self._token: str | None = None
        self.tail: list[str] = []
        self.summary: dict[str, Any] | None = None
        self.failure: str | None = None
        self.kind = ""
        self.unread = ""

    @property
    def ended(self) -> bool:
        """Whether the task has written its last line."""
        return self.summary is not None or self.failure is not None

    def messages(self) -> Iterator[str]:
        """What the task has said since the last call, readable, but for its failure."""
        for line in self._lines():
            entry = _entry(line)
            if entry.get("phase") == "failure":
                self.failure = str(entry.get("message", line))
                self.kind = str(entry.get("kind", ""))
                continue
            if entry.get("phase") == "summary":
                self.summary = entry
            shown = _readable(entry) if entry else line
            self.tail = [*self.tail, shown][-_TAIL_LINES:]
            yield shown

    def _lines(self) -> Iterator[str]:
        while True:
            where: GetLogEventsRequestTypeDef = {
                "logGroupName": self.group,
                "logStreamName": self.stream,
                "startFromHead": True,
            }
            if self._token:
                where["nextToken"] = self._token
            try:
                page = self._get_log_events(where)
            except ClientError as error:
                if error.response["Error"]["Code"] == "ResourceNotFoundException":
                    return  # the stream appears with the first line
                raise
            before, self._token = self._token, page["nextForwardToken"]
            for event in page["events"]:
                yield event["message"]
            # CloudWatch Logs hands back the same token at the end; a page may be empty before it.
            if page["nextForwardToken"] == before:
                return


def _entry(line: str) -> dict[str, Any]:
    """A structured line of the task; empty for any other."""
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) and "phase" in entry else {}


def _readable(entry: dict[str, Any]) -> str:
    try:
        if entry["phase"] == "summary":
            size = f"{entry['files']:,} files, {entry['bytes'] / 1e6:,.0f} MB"
            return f"{entry['outcome']}, {size}, {entry['seconds']['total']:.1f} s"
        if entry["phase"] in {"copy", "fetch", "verify"} and "files" in entry:
            done = f"{entry['files']:,} of {entry['of']:,} files"
            size = f"{entry['bytes'] / 1e6:,.0f} of {entry['of_bytes'] / 1e6:,.0f} MB"
            return f"{entry['phase']}: {done}, {size}"
    except (KeyError, TypeError, ValueError):
        # Another task's line of the same name: shown as it is.
        return f"{entry['phase']}: {json.dumps({k: entry[k] for k in entry if k != 'phase'})}"
    count = f" ({entry['done']} of {entry['of']})" if {"done", "of"} <= entry.keys() else ""
    return f"{entry['phase']}: {entry.get('message', '')}{count}"
