"""A small program on the embedded cloud, made with plain boto3, for the tests of the cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from local.cloud import Cloud

if TYPE_CHECKING:
    from .gates.gate import Gate
from .stack import CLIENT as CLIENT
from .stack import PATH as PATH
from .stack import TOKEN as TOKEN
from .stack import Stack as Stack
from .stack import client as client
from .stack import zipped as zipped


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """A cloud of its own, its state in `tmp_path / "state"`."""
    with Cloud(tmp_path / "state", seconds_to_create=0) as opened:
        yield opened


@pytest.fixture
def stack(cloud: Cloud) -> Stack:
    """A small program on the cloud."""
    return Stack(cloud)


@pytest.fixture
def gate(cloud: Cloud, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """The gate against the cloud; it talks through `gate.proxy`."""
    from .gates.gate import Gate, Proxy

    with Proxy(cloud) as proxy:
        for name, value in {**cloud.environment(), "AWS_ENDPOINT_URL": proxy.endpoint}.items():
            monkeypatch.setenv(name, value)
        # Here the log is never behind the task by more than a moment, and nothing is far away.
        monkeypatch.setattr("components.gates.task.run._LOG_LAG_SECONDS", 1)
        without_pauses(monkeypatch)
        yield Gate(cloud, stack, proxy)


def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let botocore repeat a call at once."""
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))


def refusal(call: Callable[..., object], **request: object) -> str:
    """What AWS says to a call that it refuses: `Code: message`."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"
