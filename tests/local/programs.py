"""Small Pulumi programs for the tests of the engine, the packs and the commands."""

from __future__ import annotations

import textwrap
from pathlib import Path

from local import engine
from local.engine import Resource, Result
from local.project import Project
from local.provider import AwsProvider


class Recorder:
    """Keeps what the engine tells it."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.names: list[str] = []

    def log(self, severity: str, message: str) -> None:
        if severity != "debug":
            self.lines.append((severity, message))

    def created(self, resource: Resource, seconds: float) -> None:
        self.names.append(resource.name)


def write(
    root: Path, program: str, *, config: str = "", stack: str = "config: {}", name: str = "small"
) -> Path:
    """A project with this `__main__.py`, and one stack, `dev`."""
    root.mkdir(parents=True, exist_ok=True)
    declared = textwrap.indent(textwrap.dedent(config), "  ")
    (root / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\nconfig:\n{declared}\n")
    (root / "Pulumi.dev.yaml").write_text(textwrap.dedent(stack))
    (root / "__main__.py").write_text(textwrap.dedent(program))
    return root


WAITING = """
import time
from pulumi.dynamic import CreateResult, Resource, ResourceProvider
class Provider(ResourceProvider):
    def create(self, props):
        print('waiting', flush=True)
        time.sleep(99)
class Waiting(Resource):
    def __init__(self):
        super().__init__(Provider(), 'waiting', {})
"""


def write_waiting(root: Path) -> Path:
    """A project whose `up` says that it waits, in the middle of its work, and goes on for long."""
    write(root, "from parts import Waiting\nWaiting()")
    (root / "parts.py").write_text(WAITING)
    return root


def project(root: Path, program: str, **more: str) -> Project:
    """The same, loaded."""
    return Project.load(write(root, program, **more), "dev")


def write_pack(root: Path, rules: str) -> None:
    """A policy pack in `policies/rules` of a project; `rules` defines POLICIES."""
    pack = root / "policies" / "rules"
    pack.mkdir(parents=True)
    (pack / "PulumiPolicy.yaml").write_text("runtime: python\n")
    head = "from pulumi_policy import *\n"
    tail = '\nPolicyPack("rules", POLICIES, enforcement_level=EnforcementLevel.MANDATORY)\n'
    (pack / "__main__.py").write_text(head + textwrap.dedent(rules) + tail)


def preview(planned: Project, recorder: Recorder | None = None) -> Result:
    return engine.preview(planned, AwsProvider(planned.region, cloud=False), recorder or Recorder())


def one(result: Result, name: str) -> Resource:
    (found,) = [resource for resource in result.resources if resource.name == name]
    return found


def up(planned: Project, recorder: Recorder | None = None) -> Result:
    return engine.up(planned, AwsProvider(planned.region, cloud=True), recorder or Recorder())
