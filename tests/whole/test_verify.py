"""Commands for a deployed stack, which run its task again, here on the embedded cloud."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.verify import main

from ..chain import MODEL, ROOT, Chain
from ..lambda_src.conftest import Index

# In a copy of the project: deploys it, and runs the command with each list of arguments that
# comes on standard input, the real one in a process of its own with the cloud's environment.
PROGRAM = """
import json, subprocess, sys
from pathlib import Path
from typing import Any
from local.commands import deploy, held, host_config
from local.project import Project
from local.commands import Screen

screen = Screen(sys.stderr)
overrides = dict(entry.split("=", 1) for entry in sys.argv[1:])
project = host_config(Project.load(Path.cwd(), "dev", overrides), screen)
state = Path.cwd() / ".local" / "dev" / "efs"
with held(state), deploy(project, state, screen) as deployment:
    Path("outputs.json").write_text(json.dumps(dict(deployment.result.outputs)))
    print(json.dumps("deployed"), flush=True)
    for line in sys.stdin:
        command = [sys.executable, *json.loads(line)]
        done = subprocess.run(command, capture_output=True, text=True)
        print(json.dumps([done.returncode, done.stdout, done.stderr]), flush=True)
"""
SECONDS = 0.05
VARIABLES = """
import boto3, json, sys
name = json.load(open(sys.argv[1]))["functionName"]
found = boto3.client("lambda").get_function_configuration(FunctionName=name)
print(found["Environment"]["Variables"])
"""
PULUMI = """#!/bin/sh
echo "$@" > "$OUTPUTS.asked"
exec cat "$OUTPUTS"
"""


def stand_in(folder: Path, script: str) -> Path:
    """A folder for the PATH with a program `pulumi`."""
    folder.mkdir()
    (folder / "pulumi").write_text(script)
    (folder / "pulumi").chmod(0o755)
    return folder


class Deployed:
    """A small project on the embedded cloud, and the command beside it."""

    def __init__(self, folder: Path, index: Index) -> None:
        self.chain = Chain(folder / "project")
        self.chain.serve_tiny(index)
        # An import that takes a while.
        model = self.chain.folder / "lambda_src" / "application" / "model.py"
        model.write_text(f"import time\ntime.sleep({SECONDS})\n{MODEL}")
        self.outputs = self.chain.folder / "outputs.json"
        programs = stand_in(folder / "bin", PULUMI)
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *self.chain.config],
            cwd=self.chain.folder,
            env={
                **os.environ,
                "PATH": f"{programs}:{os.environ['PATH']}",
                "PYTHONPATH": str(ROOT),
                "OUTPUTS": str(self.outputs),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def verify(self, *arguments: str) -> tuple[int, str, str]:
        return self.python("-m", "components.verify", "--stack", "dev", *arguments)

    def python(self, *arguments: str) -> tuple[int, str, str]:
        """Run Python with these arguments where the cloud is."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(arguments) + "\n")
        self.process.stdin.flush()
        status, out, err = self.answer()
        return status, out, err

    def answer(self) -> Any:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(("[", '"')):
                return json.loads(line)
        raise AssertionError("the project was not deployed")

    def close(self) -> None:
        try:
            self.process.communicate(timeout=600)
        finally:
            self.process.kill()


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory, index: Index) -> Iterator[Deployed]:
    made = Deployed(tmp_path_factory.mktemp("verify"), index)
    try:
        assert made.answer() == "deployed"
        yield made
    finally:
        made.close()
    assert made.chain.strays() == []


@pytest.mark.whole
def test_an_intact_release_is_status_0_with_the_tasks_summary(deployed: Deployed) -> None:
    status, out, err = deployed.verify("--sha256", "all")
    assert (status, err) == (0, "")
    (release,) = deployed.chain.releases()
    assert f"verify: /mnt/efs/releases/{release.name}: " in out
    assert out.splitlines()[-1].startswith("intact, ")
    asked = Path(f"{deployed.outputs}.asked").read_text()
    assert asked == "stack output --json --stack dev\n"


@pytest.mark.whole
def test_a_damaged_release_is_status_1_with_the_files_and_the_remedy(deployed: Deployed) -> None:
    (release,) = deployed.chain.releases()
    path = release / "site-packages/tiny/__init__.py"
    content = path.read_bytes()
    path.write_bytes(content.swapcase())
    try:
        status, out, _ = deployed.verify()
    finally:
        path.write_bytes(content)
    assert status == 1
    assert "verify: changed: site-packages/tiny/__init__.py: SHA-256 " in out
    assert "the release differs from its manifest" in out
    assert "exit code: 16" in out
    assert "releaseSalt" in out
    assert deployed.verify()[0] == 0


@pytest.mark.whole
def test_a_release_that_never_was_is_not_damaged_but_cannot_be_verified(deployed: Deployed) -> None:
    (release,) = deployed.chain.releases()
    status, out, _ = deployed.verify("--release", "f" * 16)
    assert status == 2
    assert f"nothing lies there; the releases there are {release.name}" in out
    assert "Remedy: see how its id is spelt" in out
    assert "manifest" not in out


@pytest.mark.whole
def test_what_cannot_be_verified_is_status_2(deployed: Deployed) -> None:
    outputs = deployed.outputs.read_text()
    changed = json.loads(outputs)
    changed["populateTask"]["cluster_arn"] = "gone"
    deployed.outputs.write_text(json.dumps(changed))
    try:
        status, out, _ = deployed.verify()
    finally:
        deployed.outputs.write_text(outputs)
    assert status == 2
    assert "the cluster is gone" in out


@pytest.mark.whole
def test_its_cold_start_is_measured_in_the_task_and_in_the_function(deployed: Deployed) -> None:
    words = ("-m", "benchmarks", "aws", "--stack", "dev", "--rounds", "1")
    status, out, err = deployed.python(*words)
    assert status == 0, err
    ways = ("task: handler", "task: handler, switched off", "task: handler, switched off, local")
    lines = [line.split() for line in out.splitlines() if "one run" in line]
    rows = {" ".join(line[: line.index("one") - 1]): line for line in lines}
    assert list(rows) == [*ways, "function: handler", "function: handler, switched off"]
    assert all(SECONDS <= float(row[row.index("one") - 1]) < 60 for row in rows.values())
    # Afterwards the function is what it was.
    status, out, err = deployed.python("-c", VARIABLES, str(deployed.outputs))
    assert (status, err) == (0, "")
    assert "RELEASE_PATH" in out
    assert "RELEASE_COLD_START" not in out


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (None, "the Pulumi CLI is not on the PATH"),
        ("#!/bin/sh\necho 'no stack named prod' >&2; exit 255\n", "failed: no stack named prod"),
        ("#!/bin/sh\necho hello\n", "did not answer with JSON"),
        ('#!/bin/sh\necho \'{"releasePath": "/x"}\'\n', "stack prod has no output populateTask"),
    ],
)
def test_outputs_that_are_not_to_be_had_are_status_2_with_one_line(
    tmp_path: Path, script: str | None, message: str
) -> None:
    path = str(stand_in(tmp_path / "bin", script)) if script else str(tmp_path)
    for module, status in (("components.verify", 2), ("benchmarks aws", 1)):
        done = subprocess.run(
            [sys.executable, "-m", *module.split(), "--stack", "prod"],
            cwd=ROOT,
            env={**os.environ, "PATH": f"{path}:/bin" if script else path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (status, "")
        assert done.stderr.startswith("error: ")
        assert message in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_release_is_named_by_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--stack", "dev", "--release", "latest"])
    assert "'latest' is no release id: 16 hex digits" in capsys.readouterr().err
