"""A first run whose packages come from an index on this machine, and whose CLI is a stand-in."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.cloud import Cloud
from tests.deployments import point_clients_at
from tests.engine.on_path import put_on_path
from tests.lambda_src.conftest import Index, build_wheel
from tools.first_run import __main__ as first_run
from tools.first_run.folder import APPLICATION

BERLIN = b"TZif" + bytes(16) + struct.pack(">6l", 0, 0, 0, 0, 1, 4)
BERLIN += struct.pack(">lBB", 3600, 0, 0) + b"CET\0"


@dataclass(frozen=True)
class Kit:
    """The command, with a folder and an application of its own."""

    folder: Path
    application: Path
    index: Index

    def run(self, *arguments: str) -> int:
        """Its exit status."""
        options = ["--folder", str(self.folder), "--application", str(self.application)]
        return first_run.main([*options, "--config", f"indexUrl={self.index.url}", *arguments])

    def commands(self) -> list[str]:
        """What the CLI was asked for."""
        said = self.folder / "state" / "commands"
        return said.read_text().split() if said.exists() else []

    def record(self, name: str) -> Any:
        """What it recorded, `embedded` or `aws`."""
        return json.loads((self.folder / f"{name}.json").read_text())


@pytest.fixture(scope="session")
def index() -> Iterator[Index]:
    with Index() as served:
        yield served


@pytest.fixture(scope="session")
def application(index: Index, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first run's own, with two small versions of its package."""
    folder = tmp_path_factory.mktemp("application")
    shutil.copy(APPLICATION / "model.py", folder)
    shutil.copy(APPLICATION / "requirements.in", folder)
    for number, name in (("1", "first"), ("2", "second")):
        files: dict[str, str | bytes] = {
            "tzdata/__init__.py": f"IANA_VERSION = {name!r}\n",
            "tzdata/zoneinfo/Europe/Berlin": BERLIN,
        }
        wheel = build_wheel("tzdata", files, version=number)
        index.add(wheel)
        (folder / f"{name}.txt").write_text(f"{wheel.pin}\n")
    return folder


@pytest.fixture
def kit(tmp_path: Path, application: Path, index: Index) -> Kit:
    return Kit(tmp_path / "first-run", application, index)


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for the CLI on the PATH."""
    put_on_path(tmp_path / "bin", monkeypatch, cli=True)


@pytest.fixture
def aws(cli: None, cloud: Cloud) -> Cloud:
    """That, and an AWS for it."""
    return cloud


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """An AWS that is an embedded cloud, found as AWS is: by the environment."""
    with Cloud(tmp_path / "efs", seconds_to_create=0) as cloud:
        point_clients_at(cloud, monkeypatch)
        yield cloud
