"""The log of one populate task, and what its structured lines say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import GetLogEventsRequestTypeDef

_TAIL_LINES = 20


class TaskLog:
    """Reads on from where the last reading ended.

    Attributes:
        stream: Name of the log stream.
        tail: The last 20 lines as they were written.
        summary: The task's own summary, its last line when it succeeded.
        failure: The task's own account of what went wrong.
    """

    def __init__(
        self, client: CloudWatchLogsClient, group: str, container: str, task_id: str
    ) -> None:
        self._client = client
        self._group = group
        # awslogs names a stream prefix/container/task, and the prefix is the container's name.
        self.stream = f"{container}/{container}/{task_id}"
        self._token: str | None = None
        self.tail: list[str] = []
        self.summary: dict[str, Any] | None = None
        self.failure: str | None = None

    @property
    def ended(self) -> bool:
        """Whether the task has written its last line."""
        return self.summary is not None or self.failure is not None

    def messages(self) -> Iterator[str]:
        """What the task has said since the last call, readable."""
        for line in self._lines():
            self.tail = [*self.tail, line][-_TAIL_LINES:]
            yield self._read(line)

    def _read(self, line: str) -> str:
        try:
            entry = json.loads(line)
        except ValueError:
            return line
        if not isinstance(entry, dict) or "phase" not in entry:
            return line
        if entry["phase"] == "summary":
            self.summary = entry
            size = f"{entry['files']:,} files, {entry['bytes'] / 1e6:,.0f} MB"
            return f"{entry['outcome']}, {size}, {entry['seconds']['total']:.1f} s"
        if entry["phase"] == "failure":
            self.failure = entry["message"]
        if entry["phase"] == "copy" and "files" in entry:
            done = f"{entry['files']:,} of {entry['of']:,} files"
            size = f"{entry['bytes'] / 1e6:,.0f} of {entry['of_bytes'] / 1e6:,.0f} MB"
            return f"copy: {done}, {size}"
        count = f" ({entry['done']} of {entry['of']})" if "done" in entry else ""
        return f"{entry['phase']}: {entry.get('message', '')}{count}"

    def _lines(self) -> Iterator[str]:
        while True:
            where: GetLogEventsRequestTypeDef = {
                "logGroupName": self._group,
                "logStreamName": self.stream,
                "startFromHead": True,
            }
            if self._token:
                where["nextToken"] = self._token
            try:
                page = self._client.get_log_events(**where)
            except self._client.exceptions.ResourceNotFoundException:
                return  # the stream appears with the first line
            for event in page["events"]:
                yield event["message"]
            # CloudWatch Logs hands back the same token at the end; a page may be empty before it.
            if page["nextForwardToken"] == self._token:
                return
            self._token = page["nextForwardToken"]
