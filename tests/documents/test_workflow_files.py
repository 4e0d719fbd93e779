"""What the workflows promise: what they take, what they try, and what they publish with."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# Always there on a runner of GitHub, or in the shell itself.
SHELL = {
    *(
        "curl",
        "gh",
        "dirname",
        "echo",
        "sudo",
        "make",
        "pulumi",
        "git",
        "python",
        "python3",
        ".ci/run",
    ),
    *("sha256sum", "tar", "done", "go"),
}


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def workflow(name: str) -> Any:
    return loaded(ROOT / ".github" / "workflows" / f"{name}.yml")


def steps(workflow: Path) -> list[dict[str, Any]]:
    return [step for job in loaded(workflow)["jobs"].values() for step in job["steps"]]


def test_the_packs_of_the_preview_are_those_that_are_here() -> None:
    assert [file.name for file in WORKFLOWS] == [
        *("checks.yml", "deploy.yml", "newest.yml", "preview.yml", "release.yml"),
    ]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_takes_actions_by_commit_and_keeps_no_credentials(workflow: Path) -> None:
    actions = re.findall(r"uses: (\S+)(.*)", workflow.read_text())
    assert actions
    for name, comment in actions:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", name)
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment)
    content = loaded(workflow)
    assert content["permissions"]["contents"] == "read"
    for step in steps(workflow):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
    assert all("timeout-minutes" in job for job in content["jobs"].values())


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_runs_only_what_is_there(workflow: Path) -> None:
    """`uv` is in .venv and not on the PATH."""
    scripts = [step["run"] for step in steps(workflow) if "run" in step]
    assert scripts
    for script in scripts:
        for line in script.splitlines():
            word = line.strip().split(" ")[0]
            known = (
                word in SHELL
                or word.startswith((".venv/bin/", "packs", "for", "folder=", "archive="))
                or not word
            )
            assert known, f"{word!r} in {line!r}"
        for target in re.findall(r"\bmake (?:[A-Z]+=\S+ )*([a-z]+)", script):
            assert f"\n{target}:" in (ROOT / "Makefile").read_text()
        for module in re.findall(r"python -m ([\w.]+)", script):
            assert find_spec(module), module


@pytest.mark.skipif(shutil.which("actionlint") is None, reason="actionlint is not on PATH")
def test_actionlint_has_nothing_against_the_workflows() -> None:
    done = subprocess.run(["actionlint", *WORKFLOWS], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_newest_are_tried_within_the_ranges_that_are_declared() -> None:
    (workflow,) = (file for file in WORKFLOWS if file.stem == "newest")
    content = loaded(workflow)
    # YAML 1.1 reads the key `on` as true.
    assert "schedule" in content[True]
    script = "\n".join(step["run"] for step in steps(workflow) if "run" in step)
    upgraded = set(re.findall(r"--upgrade-package (\S+)", script))
    # boto3 takes the botocore of its own version.
    assert {"pulumi", "pulumi-aws", "pulumi-policy", "moto", "boto3"} <= upgraded
    declared = (ROOT / "pyproject.toml").read_text()
    for name in upgraded:
        assert re.search(rf'"{name}(\[\w+\])?>=', declared), name


def test_the_cli_is_one_version_with_its_checksum_and_newest_alone_takes_what_there_is() -> None:
    """`tests/engine/test_workflows.py` runs the steps, and has a wrong checksum refused."""
    pinned = [file for file in WORKFLOWS if "PULUMI_VERSION" in file.read_text()]
    loads = [file for file in WORKFLOWS if "get.pulumi.com" in file.read_text()]
    assert [file.stem for file in pinned] == ["checks", "deploy", "preview"]
    assert {file.stem for file in loads} - {file.stem for file in pinned} == {"newest"}
    of_all = [loaded(file)["env"] for file in pinned]
    assert of_all == [of_all[0]] * 3
    assert re.fullmatch(r"[0-9a-f]{64}", of_all[0]["PULUMI_SHA256"])
    (script,) = {
        step["run"]
        for file in pinned
        for step in steps(file)
        if step.get("name") == "Install the Pulumi CLI"
    }
    checked = script.index("sha256sum --check --strict")
    assert script.index("curl") < checked < script.index("tar --extract")


def test_every_python_is_checked_and_tested_as_make_test_all_does() -> None:
    supported = ["3.11", "3.12", "3.13"]
    for job in workflow("checks")["jobs"].values():
        assert job["strategy"]["matrix"]["python"] == supported
    assert f"for version in {' '.join(supported)};" in (ROOT / "Makefile").read_text()


def test_caches_follow_the_lock_and_what_is_published_or_deployed_uses_none() -> None:
    """A cache is written by whoever may start a workflow: it never reaches a role or an index."""
    keys = {
        file.stem: [
            step["with"]["key"]
            for step in steps(file)
            if step.get("uses", "").startswith("actions/cache@")
        ]
        for file in WORKFLOWS
    }
    assert {name: len(found) for name, found in keys.items()} == {
        "checks": 2,
        "preview": 1,
        "deploy": 0,
        "newest": 0,
        "release": 0,
    }
    assert all("hashFiles('uv.lock'" in key for found in keys.values() for key in found)


def test_the_wheel_is_published_by_trust_in_the_workflow_and_after_the_tests() -> None:
    release = workflow("release")
    assert release[True] == {"push": {"tags": ["v*"]}}  # YAML 1.1 reads the key `on` as true
    build, publish, announce = (release["jobs"][name] for name in ("build", "publish", "announce"))
    assert (publish["needs"], announce["needs"]) == ("build", "publish")
    assert (publish["environment"], publish["permissions"]) == ("pypi", {"id-token": "write"})
    download, upload = publish["steps"]
    assert download["uses"].startswith("actions/download-artifact@")
    assert upload["uses"].startswith("pypa/gh-action-pypi-publish@")
    assert upload["with"] == {"packages-dir": "dist"}  # no user, no password
    scripts = [step["run"] for step in build["steps"] if "run" in step]
    assert scripts.index("make test") < len(scripts) - 1
    assert scripts[-1].endswith("-m uv build --wheel --out-dir dist")
    assert not [file for file in WORKFLOWS if "secrets." in file.read_text()]
