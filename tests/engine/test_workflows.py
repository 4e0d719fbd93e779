"""The workflows that preview and deploy: each script runs, with stand-ins for what it loads."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine.conftest import Pulumi

pytestmark = pytest.mark.whole
ROOT = Path(__file__).parents[2]
WORKFLOWS = {
    name: yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text())
    for name in ("preview", "deploy")
}
# As a runner starts the scripts of steps.
BASH = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]


def scripts(workflow: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name of each step that has a script, and the step."""
    for job in WORKFLOWS[workflow]["jobs"].values():
        for step in job["steps"]:
            if "run" in step:
                yield step.get("name", step["run"]), step


class Runner:
    """Runs the scripts of a workflow in a folder, as a runner of CI does."""

    def __init__(self, workflow: str, folder: Path, scratch: Path, **names: str) -> None:
        self._steps = dict(scripts(workflow))
        self._folder = folder
        self.ran: set[str] = set()
        self.files = {name: scratch / name for name in ("GITHUB_OUTPUT", "GITHUB_PATH")}
        for file in self.files.values():
            file.touch()
        self.environment = {
            **os.environ,
            "RUNNER_TEMP": str(scratch),
            **{name: str(path) for name, path in self.files.items()},
            **{name: str(value) for name, value in WORKFLOWS[workflow]["env"].items()},
            **names,
        }

    def run(self, name: str, **contexts: str) -> subprocess.CompletedProcess[str]:
        """Run a step; `contexts` are values of the expressions in its own environment."""
        step = self._steps[name]
        self.ran.add(name)
        own = {
            key: re.sub(r"\$\{\{ (.+?) \}\}", lambda found: contexts[found[1]], value)
            for key, value in step.get("env", {}).items()
        }
        # What a script is to have of an expression comes by its environment, never as text.
        assert "${{" not in step["run"]
        added = self.files["GITHUB_PATH"].read_text().split()
        path = ":".join([*reversed(added), self.environment["PATH"]])
        return subprocess.run(
            [*BASH, step["run"]],
            cwd=self._folder,
            env={**self.environment, **own, "PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    @property
    def left(self) -> set[str]:
        """Names of the steps that were not run."""
        return self._steps.keys() - self.ran


def script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def archive(content: str) -> bytes:
    """What get.pulumi.com delivers, with this as the CLI."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as made:
        info = tarfile.TarInfo("pulumi/pulumi")
        info.mode, info.size = 0o755, len(content)
        made.addfile(info, io.BytesIO(content.encode()))
    return packed.getvalue()


@pytest.fixture
def runner(
    request: pytest.FixtureRequest, pulumi: Pulumi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Runner:
    """A runner in a copy of the project."""
    made = equipped(request.param, pulumi.folder, tmp_path, monkeypatch)
    made.environment["PULUMI_BACKEND_URL"] = f"file://{tmp_path / 'state'}"
    return made


def equipped(
    workflow: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Runner:
    """A runner whose curl delivers the CLI that is on the PATH before."""
    tools, scratch = tmp_path / "tools", tmp_path / "runner"
    tools.mkdir()
    scratch.mkdir()
    before = os.environ["PATH"]
    served = archive(f'#!/bin/sh\nPATH={before}\nexec pulumi "$@"\n')
    (tmp_path / "served").write_bytes(served)
    script(tools / "curl", f'#!{sys.executable}\n{_CURL}shutil.copy("{tmp_path}/served", out)\n')
    # What it installs is there already.
    script(tools / "make", '#!/bin/sh\ntest "$*" = install && test -d .venv\n')
    monkeypatch.setenv("PATH", f"{tools}:{before}")
    return Runner(
        workflow,
        folder,
        scratch,
        PULUMI_SHA256=hashlib.sha256(served).hexdigest(),
        PULUMI_CONFIG_PASSPHRASE="",
        PULUMI_HOME=str(tmp_path / "home"),
        PULUMI_SKIP_UPDATE_CHECK="true",
    )


_CURL = """
import shutil, sys
words = sys.argv[1:]
out = words[words.index("--output") + 1]
assert words[-1].startswith("https://get.pulumi.com/releases/sdk/pulumi-v"), words
assert {"--fail", "--location"} <= set(words), words
"""


def installed(runner: Runner) -> None:
    """The steps up to the one that deploys."""
    done = runner.run("Install the Pulumi CLI")
    assert done.returncode == 0, done.stderr
    done = runner.run("make install")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("runner", ["preview"], indirect=True)
def test_every_stack_is_previewed_with_its_own_levels(runner: Runner, pulumi: Pulumi) -> None:
    (pulumi.folder / "Pulumi.prod.yaml").write_bytes((ROOT / "Pulumi.prod.yaml").read_bytes())
    done = runner.run("Find the stacks")
    assert done.returncode == 0, done.stderr
    name, _, found = runner.files["GITHUB_OUTPUT"].read_text().strip().partition("=")
    assert (name, json.loads(found)) == ("stacks", ["dev", "prod"])
    installed(runner)
    backend = {"vars.PULUMI_BACKEND_URL": runner.environment["PULUMI_BACKEND_URL"]}
    dev = runner.run("Preview with every policy pack", **backend, **{"matrix.stack": "dev"})
    assert dev.returncode == 0, dev.stdout + dev.stderr
    # Its levels demand a digest.
    prod = runner.run("Preview with every policy pack", **backend, **{"matrix.stack": "prod"})
    assert prod.returncode != 0
    assert "mandatory image-has-a-digest" in prod.stdout
    assert runner.left == set()


@pytest.mark.parametrize("runner", ["deploy"], indirect=True)
def test_a_stack_is_deployed(runner: Runner, pulumi: Pulumi) -> None:
    done = runner.run("Find the stacks", **{"inputs.stack": "dev"})
    assert runner.files["GITHUB_OUTPUT"].read_text() == 'stacks=["dev"]\n', done.stderr
    installed(runner)
    done = runner.run(
        "Up with every policy pack",
        **{
            "vars.PULUMI_BACKEND_URL": runner.environment["PULUMI_BACKEND_URL"],
            "matrix.stack": "dev",
        },
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert pulumi.outputs("Alias")["functionVersion"] == "1"
    assert runner.left == set()


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_another_cli_than_the_one_that_was_chosen_is_not_run(
    workflow: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = equipped(workflow, tmp_path, tmp_path, monkeypatch)
    runner.environment["PULUMI_SHA256"] = "0" * 64
    done = runner.run("Install the Pulumi CLI")
    assert done.returncode != 0
    assert "FAILED" in done.stdout
    assert runner.files["GITHUB_PATH"].read_text() == ""


def test_a_stack_is_deployed_after_approval_one_at_a_time_and_from_main_alone() -> None:
    jobs = WORKFLOWS["deploy"]["jobs"]
    assert jobs["up"]["environment"] == "${{ matrix.stack }}"
    assert jobs["up"]["concurrency"]["cancel-in-progress"] is False
    assert "github.ref == 'refs/heads/main'" in jobs["stacks"]["if"]
    assert (
        "head.repo.full_name == github.repository" in WORKFLOWS["preview"]["jobs"]["stacks"]["if"]
    )
    for workflow in WORKFLOWS.values():
        assert workflow["permissions"] == {"contents": "read"}
        tokens = [j for j in workflow["jobs"].values() if "id-token" in j.get("permissions", {})]
        assert len(tokens) == 1
        assert re.fullmatch(r"[0-9a-f]{64}", workflow["env"]["PULUMI_SHA256"])
