"""A project with a small package, an open cloud, and what deploys it: a stand-in, or the CLI."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from local.cloud import Cloud
from tests.chain import TINY, TRIPLE, Chain
from tests.deployments import point_clients_at
from tests.engine.on_path import HOST, cli_is_missing, put_on_path
from tests.lambda_src.conftest import Index

PACKS = [
    word for pack in ("mounts", "guardrails") for word in ("--policy-pack", f"policies/{pack}")
]


class Pulumi:
    """The stack `dev` of a copy of this project, deployed with the commands of README."""

    def __init__(self, chain: Chain, scratch: Path) -> None:
        self.chain, self.folder = chain, chain.folder
        self._state = scratch / "state"
        self._state.mkdir()
        self.values = dict(entry.split("=", 1) for entry in chain.config) | HOST
        (self.folder / ".venv").symlink_to(sys.prefix)
        self._file = self.folder / "Pulumi.dev.yaml"
        self._file.write_text("{}\n")
        self.configure()
        self.run("stack", "select", "dev", "--create")

    def configure(self, **values: Any) -> None:
        """Set values of the configuration."""
        self.values |= values
        kept = yaml.safe_load(self._file.read_text())
        config = {f"efs-inference:{key}": value for key, value in self.values.items()}
        self._file.write_text(
            yaml.safe_dump({**kept, "config": config | {"aws:region": os.environ["AWS_REGION"]}})
        )

    def write_model(self, text: str) -> None:
        """Another model.py."""
        (self.folder / "lambda_src" / "application" / "model.py").write_text(text)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Begin a command, in a session of its own."""
        return subprocess.Popen(
            ["pulumi", *words, "--non-interactive"],
            cwd=self.folder,
            env={
                **os.environ,
                "PULUMI_BACKEND_URL": f"file://{self._state}",
                "PULUMI_CONFIG_PASSPHRASE": "",
                "PULUMI_HOME": str(self._state.with_name("home")),
                "PULUMI_SKIP_UPDATE_CHECK": "true",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: str, fails: bool | None = False) -> str:
        """What a command says that has to end well, or not to; None takes both."""
        process = self.start(*words)
        try:
            said, _ = process.communicate(timeout=900)
        finally:
            kill(process)
        assert fails is None or (process.returncode != 0) is fails, said
        return said

    def up(self) -> str:
        """`pulumi up`, as README has it."""
        return self.run("up", "--yes", *PACKS, "--stack", "dev")

    def destroy(self) -> str:
        """`pulumi destroy`."""
        return self.run("destroy", "--yes", "--stack", "dev")

    def resources(self) -> list[dict[str, Any]]:
        """What the state has, but for components, providers and the stack."""
        exported = json.loads(self.run("stack", "export", "--stack", "dev"))
        found = (exported["deployment"] or {}).get("resources") or []
        return [
            each for each in found if each["custom"] and not each["type"].startswith("pulumi:prov")
        ]

    def outputs(self, kind: str) -> dict[str, Any]:
        """The outputs of the only resource of a kind, the end of its type."""
        (found,) = (r for r in self.resources() if r["type"].endswith(f":{kind}"))
        return dict(found["outputs"])


def kill(process: subprocess.Popen[str]) -> None:
    """End a command and all that it has started; nothing of it gets to do anything.

    The CLI puts plugins into process groups of their own, but not into other sessions.
    """
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(ProcessLookupError):
            if os.getsid(int(entry.name)) == process.pid:
                os.kill(int(entry.name), signal.SIGKILL)
    process.wait()


def left() -> dict[str, list[str]]:
    """What is in the account that nobody has from the beginning."""
    ec2, ecs, efs = boto3.client("ec2"), boto3.client("ecs"), boto3.client("efs")
    clusters = ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]
    vpcs = [vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]]
    systems = efs.describe_file_systems()["FileSystems"]
    points = efs.describe_access_points()["AccessPoints"]
    there = {
        "vpc": vpcs,
        "subnet": [s["SubnetId"] for s in ec2.describe_subnets()["Subnets"] if s["VpcId"] in vpcs],
        "address": [found["PublicIp"] for found in ec2.describe_addresses()["Addresses"]],
        "file system": [found["FileSystemId"] for found in systems],
        "access point": [str(point["AccessPointId"]) for point in points],
        "function": [
            found["FunctionName"] for found in boto3.client("lambda").list_functions()["Functions"]
        ],
        "task definition": ecs.list_task_definitions()["taskDefinitionArns"],
        # One that is deleted is shown for some time more.
        "cluster": [found["clusterName"] for found in clusters if found["status"] == "ACTIVE"],
        "role": [role["RoleName"] for role in boto3.client("iam").list_roles()["Roles"]],
        "log group": [
            group["logGroupName"]
            for group in boto3.client("logs").describe_log_groups()["logGroups"]
        ],
        "bucket": [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]],
    }
    return {what: found for what, found in there.items() if found}


@pytest.fixture(
    params=["stand-in", pytest.param("cli", marks=(pytest.mark.engine, cli_is_missing))]
)
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`pulumi` and the AWS plugin on the PATH."""
    put_on_path(tmp_path / "bin", monkeypatch, cli=request.param == "stand-in")


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    with Index(TINY, TRIPLE) as served:
        yield served


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with Cloud(tmp_path / "efs", seconds_to_create=0, seconds_to_free=1) as opened:
        point_clients_at(opened, monkeypatch)
        yield opened


@pytest.fixture
def pulumi(engine: None, cloud: Cloud, index: Index, tmp_path: Path) -> Pulumi:
    chain = Chain(tmp_path / "project")
    chain.serve_tiny(index)
    return Pulumi(chain, tmp_path)
