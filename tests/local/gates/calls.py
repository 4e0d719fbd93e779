"""The gate before the alias for tests: `FirstCall` of a function's version 1 on the cloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from components.errors import InvocationError
from components.gates.call import FirstCall, FunctionVersion
from local.cloud import Cloud

from ..conftest import Stack


class Gate:
    """A function on the cloud, and what `FirstCall` says of its version 1."""

    def __init__(self, cloud: Cloud, stack: Stack) -> None:
        self.cloud, self.stack = cloud, stack
        self.said: list[str] = []

    def create(self, body: str, **changes: Any) -> None:
        source = f"import os, time\ndef handler(event, context):\n    {body}\n"
        self.stack.create_function(source, Publish=True, **changes)

    def call(self, **changes: Any) -> Mapping[str, Any]:
        values = {
            "function": "reader",
            "version": "1",
            "event": {},
            "account_id": self.cloud.account_id,
            "region": self.cloud.region,
            **changes,
        }
        return FirstCall(FunctionVersion(**values), say=self.said.append).complete()

    def failure(self, **changes: Any) -> str:
        with pytest.raises(InvocationError) as caught:
            self.call(**changes)
        return str(caught.value)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The qualifier of each Invoke that reaches the cloud."""
    seen: list[str | None] = []
    invoke = Cloud._invoke

    def counted(self: Cloud, request: Request, data: bytes) -> Response:
        seen.append(request.args.get("Qualifier"))
        return invoke(self, request, data)

    monkeypatch.setattr(Cloud, "_invoke", counted)
    return seen
