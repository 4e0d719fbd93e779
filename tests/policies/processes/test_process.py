"""Both packs as processes over gRPC, by the SDK's own reading, and under the real engine."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.empty_pb2 import Empty  # type: ignore[attr-defined]
from pulumi_policy import EnforcementLevel, policy

from benchmarks.policies import main
from local.engine import Pack
from policies.guardrails.pack import POLICIES as GUARDRAILS
from policies.guardrails.pack import RULES
from policies.mounts.pack import POLICIES as MOUNTS

from ..changes.changes_of_access import no_way_in_for_the_function
from ..changes.changes_of_parts import another_architecture
from ..programs import ROOT, Program, judge_program, program
from ..wire import said

PACKS = {"mounts": MOUNTS, "guardrails": GUARDRAILS}


def broken() -> Program:
    whole = program(created=True)
    no_way_in_for_the_function(whole)
    another_architecture(whole)
    whole["Function", "inference"].props["timeout"] = 3
    return whole


@pytest.mark.parametrize("pack", PACKS)
def test_a_copy_of_the_folder_policies_is_all_that_a_pack_needs(pack: str, tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "policies", tmp_path / "copied", ignore=ignored)
    with Pack.start(tmp_path / "copied" / pack) as process:
        lines = said(process.stub.AnalyzeStack(broken().wire(), timeout=30))
    assert lines == judge_program(broken(), pack)
    assert any(line.mandatory for line in lines)


def test_the_guardrails_say_who_they_are_and_what_can_be_set() -> None:
    with Pack.start(ROOT / "policies" / "guardrails") as process:
        info = process.stub.GetAnalyzerInfo(Empty(), timeout=30)
    assert info.name == "efs-inference-guardrails"
    known = {one.name: set(one.configSchema.properties.keys()) for one in info.policies}
    assert {rule.name: set(rule.schema) for rule in RULES}.items() <= known.items()


@pytest.mark.parametrize("pack", PACKS)
def test_without_the_sdks_private_names_a_pack_says_the_same(pack: str) -> None:
    servicer: Any = policy._PolicyAnalyzerServicer(
        pack, "0.0.1", PACKS[pack], EnforcementLevel.MANDATORY
    )
    for whole in (broken(), program(created=False)):
        assert said(servicer.AnalyzeStack(whole.wire(), None)) == judge_program(whole, pack)


def test_the_benchmark_times_each_pack_on_each_size(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--sizes", "50", "100"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["resources", *PACKS, "both"]
    assert [row.split()[0] for row in rows] == ["50", "100"]


# Components may have any type, so the engine needs no plugin for these.
PROGRAM = """
import json
import pulumi


class Fake(pulumi.ComponentResource):
    def __init__(self, type_, name, props):
        super().__init__(type_, name, props)
        self.register_outputs(props)


arn = "arn:aws:elasticfilesystem:eu-west-1:111122223333:access-point/fsap-0f0f0f0f0f0f0f0f0"
config = {"arn": arn, "localMountPath": "/mnt/models"}
Fake("aws:lambda/function:Function", "reader", {"fileSystemConfig": config})
container = {
    "name": "fill",
    "mountPoints": [{"sourceVolume": "efs", "containerPath": "/mnt/libraries"}],
}
volume = {
    "name": "efs",
    "efsVolumeConfiguration": {
        "transitEncryption": "ENABLED",
        "authorizationConfig": {"accessPointId": arn.split("/")[1], "iam": "ENABLED"},
    },
}
Fake(
    "aws:ecs/taskDefinition:TaskDefinition",
    "filler",
    {"containerDefinitions": json.dumps([container]), "volumes": [volume]},
)
"""


@pytest.mark.engine
@pytest.mark.skipif(shutil.which("pulumi") is None, reason="the Pulumi CLI is not on PATH")
def test_the_real_engine_stops_a_preview_in_which_paths_disagree(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    runtime = f"{{name: python, options: {{virtualenv: {sys.prefix}}}}}"
    (tmp_path / "Pulumi.yaml").write_text(f"name: team\nruntime: {runtime}\n", encoding="utf-8")
    state = tmp_path / "state"
    state.mkdir()
    environment = {
        **os.environ,
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }

    def pulumi(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--cwd", str(tmp_path)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert pulumi("stack", "init", "dev").returncode == 0
    done = pulumi(
        *("preview", "--stack", "dev", "--policy-pack", str(ROOT / "policies" / "mounts"))
    )
    text = re.sub(r"\s+", " ", done.stdout + done.stderr)
    assert done.returncode != 0, text
    assert "mounts access point fsap-0f0f0f0f0f0f0f0f0 at" in text
