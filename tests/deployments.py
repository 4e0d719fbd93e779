"""Stacks of the real program on an embedded cloud that stays open between one `up` and the next."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from local import engine
from local.cloud import Cloud
from local.commands import Screen, host_config
from local.engine import Resource, Result
from local.project import Project
from local.provider import AwsProvider


class Stack:
    """One stack of a project, and what has become of it."""

    def __init__(self, folder: Path, name: str, **config: str) -> None:
        self._folder, self._name, self._config = folder, name, config
        self.configure()
        self.result: Result | None = None
        self.said: list[tuple[str, str]] = []
        self.not_emulated: set[str] = set()

    def configure(self, **config: str) -> None:
        """Set values of the configuration."""
        self._config |= config
        loaded = Project.load(self._folder, self._name, self._config)
        self.project = host_config(loaded, Screen(io.StringIO()))

    def log(self, severity: str, message: str) -> None:
        """As the engine's watcher."""
        self.said.append((severity, message))

    def created(self, resource: Resource, seconds: float) -> None:
        """As the engine's watcher."""
        self.said.append(("created", f"{resource.type.rpartition(':')[2]} {resource.name}"))

    def up(self) -> str | None:
        """Bring the stack to what the project's files say now; what it returns is the error."""
        self.said.clear()
        provider = AwsProvider(self.project.region, cloud=True)
        self.result = engine.up(self.project, provider, self, self.result)
        self.not_emulated = set(provider.not_emulated)
        return self.result.error

    def messages(self, severity: str) -> str:
        """The messages of the last `up` of a severity, such as `error`."""
        return "\n".join(message for level, message in self.said if level == severity)

    def touched(self) -> set[str]:
        """What the last `up` created or updated, but for components."""
        assert self.result is not None
        own = {f"{r.type.rpartition(':')[2]} {r.name}" for r in self.result.resources if r.custom}
        return own & {message for level, message in self.said if level == "created"}

    def outputs(self, kind: str) -> Mapping[str, Any]:
        """The outputs of the only resource of a kind, the end of its type."""
        assert self.result is not None
        (found,) = (r for r in self.result.resources if r.type.endswith(f":{kind}"))
        return found.outputs

    @property
    def live(self) -> str:
        """The version that the alias routes to."""
        name = self.outputs("Function")["name"]
        found = boto3.client("lambda").get_alias(FunctionName=name, Name="live")
        return found["FunctionVersion"]

    def ask(self, event: object) -> Any:
        """What the alias answers."""
        answer = boto3.client("lambda").invoke(
            FunctionName=self.outputs("Alias")["arn"], Payload=json.dumps(event)
        )
        assert "FunctionError" not in answer
        return json.loads(answer["Payload"].read())


def point_clients_at(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every AWS client of this process find the cloud and nothing else."""
    for name, value in cloud.environment().items():
        monkeypatch.setenv(name, value)
