"""On a host that is not like the stack, `local` makes the lock that it needs."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from local.commands import DeploymentError, Screen, host_config
from local.project import Project
from tests.lambda_src.conftest import SHAPES, Index

from ..programs import project

HOST = f"python{sys.version_info[0]}.{sys.version_info[1]}-x86_64"
OWN = "python3.12" if "python3.12" not in HOST else "python3.13"


@pytest.fixture
def index() -> Iterator[Index]:
    with Index(SHAPES) as served:
        yield served


class Host:
    """A project whose stack is of another runtime, and what is said when it runs here."""

    def __init__(self, root: Path, index: Index) -> None:
        config = f"""
            runtime: {{default: {OWN}}}
            architecture: {{default: x86_64}}
            indexUrl: {{default: "{index.url}"}}
        """
        self.project: Project = project(root, "", config=config)
        self.folder = root / "src" / "application"
        (self.folder / "locks").mkdir(parents=True)
        (self.folder / "model.py").write_text("import shapes\n")
        self.ask("shapes\n")
        (self.folder / "locks" / f"{OWN}-x86_64.txt").write_text(f"{SHAPES.pin}\n")
        self.said = io.StringIO()

    @property
    def lock(self) -> Path:
        return self.folder / "locks" / f"{HOST}.txt"

    def ask(self, text: str) -> None:
        (self.folder / "requirements.in").write_text(text)

    def run(self) -> str:
        self.said = io.StringIO()
        host_config(self.project, Screen(self.said))
        return self.said.getvalue()


@pytest.fixture
def host(tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    return Host(tmp_path / "project", index)


def test_a_lock_that_is_missing_or_out_of_date_is_made_and_one_that_is_current_stays(
    host: Host, index: Index
) -> None:
    assert f"lock for this host, src/application/locks/{HOST}.txt" in host.run()
    assert SHAPES.pin in host.lock.read_text()
    assert "lock for this host" not in host.run()
    host.ask("shapes\n# release: prune tests\n")
    assert "lock for this host" in host.run()
    assert "# release: prune tests" in host.lock.read_text()


def test_an_application_without_a_lock_of_the_stacks_own_gets_none(host: Host) -> None:
    (host.folder / "locks" / f"{OWN}-x86_64.txt").unlink()
    host.run()
    assert not host.lock.exists()


def test_a_lock_that_cannot_be_made_is_one_message(host: Host) -> None:
    host.ask("shapes>=2\n")
    with pytest.raises(DeploymentError) as caught:
        host.run()
    message = str(caught.value)
    assert message.startswith(f"this host needs a lock for {HOST}, and none can be made.\n")
    assert "shapes" in message
    assert not host.lock.exists()


def test_a_secret_of_aws_is_not_used_here(host: Host) -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:index-a1B2c3"
    config = {**host.project.config, "small:indexSecretArn": arn}
    host.said = io.StringIO()
    changed = host_config(replace(host.project, config=config), Screen(host.said))
    assert changed.own("indexSecretArn") == ""
    assert "indexSecretArn is of AWS: here pip takes what ~/.netrc says" in host.said.getvalue()
