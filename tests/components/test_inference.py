"""InferenceFunction: the function reads the release at the mount path, and waits for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.contract import runtime
from components.contract.package import Package
from components.errors import ConfigurationError
from components.inference import InferenceFunction, InferenceFunctionArgs
from components.resources.logs import LogArgs
from components.resources.roles import FunctionRole
from components.serving import environment

from .conftest import Build, Built, Chain, application


@pytest.mark.parametrize(
    ("model", "sample"),
    [
        ('SAMPLE = {"instances": [[1, 2.0, 12345678901234567890]]}', None),
        ("def predict(instances):\n    return instances\n", {}),
    ],
)
def test_the_smoke_invocation_sends_the_sample_of_the_model(
    build: Build, tmp_path: Path, model: str, sample: object
) -> None:
    app = application(tmp_path, model)
    expected = app.sample if sample is None else sample
    outputs: list[object] = []

    def make() -> InferenceFunction:
        function = Chain(app)()
        outputs.append(function.sample_request)
        return function

    assert build(make).one("SmokeInvocation")["event"] == json.dumps(expected)
    assert outputs == [expected]


def test_a_sample_that_is_no_literal_is_refused_in_preview(build: Build, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="it has to be a literal"):
        build(Chain(application(tmp_path, "SAMPLE = make()\n")))


@pytest.fixture
def function(built: Built) -> Mapping[str, Any]:
    return built.one("Function")


def test_it_registers_exactly_what_it_consists_of(built: Built) -> None:
    assert {key for key in built.resources if " inference" in key} == {
        "LogGroup inference-log",
        "Role inference",
        "RolePolicy inference-interfaces",
        "RolePolicy inference",
        "BucketObjectv2 inference-function",
        "Function inference",
        "SmokeInvocation inference",
        "Alias inference-live",
        "RetainedVersions inference",
    }


def test_it_mounts_the_access_point_at_the_mount_path(function: Mapping[str, Any]) -> None:
    assert function["fileSystemConfig"] == {
        "arn": "arn:aws:AccessPoint/store-access-point",
        "localMountPath": "/mnt/models",
    }


def test_it_finds_the_release_that_the_task_publishes(built: Built) -> None:
    variables = built.one("Function")["environment"]["variables"]
    (task,) = json.loads(built.one("TaskDefinition")["containerDefinitions"])
    release = built.one("PopulatorRun")["release_id"]
    assert variables == {"RELEASE_PATH": f"/mnt/models/releases/{release}"}
    assert variables["RELEASE_PATH"] in task["command"]


def test_variables_come_beside_the_path_of_the_release(build: Build, chain: Chain) -> None:
    given = {"THREADS": pulumi.Output.from_input("2")}
    made = build(replace(chain, function={"environment": given}))
    release = made.one("PopulatorRun")["release_id"]
    assert made.one("Function")["environment"]["variables"] == {
        "RELEASE_PATH": f"/mnt/models/releases/{release}",
        "THREADS": "2",
    }


def test_runtime_and_architecture_are_those_of_the_release(function: Mapping[str, Any]) -> None:
    assert function["runtime"] == "python3.11"
    assert function["architectures"] == ["arm64"]


def test_name_alias_and_log_group_may_be_chosen(build: Build, chain: Chain) -> None:
    chosen = {"function_name": "scores", "alias": "stable", "log": LogArgs(group="/team/scores")}
    built = build(replace(chain, function=chosen))
    assert built.one("Function")["name"] == "scores"
    assert built.one("Function")["loggingConfig"]["logGroup"] == "/team/scores"
    assert built.one("Alias")["name"] == "stable"
    assert "inference-log" not in built.of("LogGroup")


def test_functions_share_a_release(build: Build, chain: Chain, tmp_path: Path) -> None:
    other = application(tmp_path, "def predict(instances): return [0 for _ in instances]\n")

    def make() -> None:
        libraries = chain.publication()
        for name, app in (("one", chain.application), ("two", other)):
            InferenceFunction(
                name,
                InferenceFunctionArgs(
                    application=app, libraries=libraries, role=FunctionRole(name)
                ),
            )

    built = build(make)
    paths = [f["environment"]["variables"]["RELEASE_PATH"] for f in built.of("Function").values()]
    assert len(paths) == 2
    assert len(set(paths)) == len(built.of("PopulatorRun")) == 1


def test_it_runs_in_the_private_subnets_that_have_mount_targets(built: Built) -> None:
    subnets = set(built.one("Function")["vpcConfig"]["subnetIds"])
    assert subnets == {target["subnetId"] for target in built.of("MountTarget").values()}


def test_it_publishes_versions_and_logs_json_to_its_own_group(built: Built) -> None:
    made = built.one("Function")
    assert made["publish"] is True
    assert made["loggingConfig"] == {
        "logFormat": "JSON",
        "logGroup": built.of("LogGroup")["inference-log"]["name"],
    }
    assert built.of("LogGroup")["inference-log"]["retentionInDays"] == 30


def test_the_alias_routes_to_the_version_that_was_published(built: Built) -> None:
    alias = built.one("Alias")
    assert (alias["name"], alias["functionName"], alias["functionVersion"]) == (
        "live",
        "inference",
        "1",
    )


def test_its_code_is_the_runtime_and_the_application(built: Built, chain: Chain) -> None:
    function, code = built.one("Function"), built.of("BucketObjectv2")["inference-function"]
    package = Package(runtime.function_files(chain.application))
    package.remove()
    assert (function["s3Bucket"], function["s3Key"]) == (code["bucket"], code["key"])
    assert code["key"].endswith(f"/{package.sha256}.zip")
    assert not Path(code["source"].path).exists()


def test_on_the_file_system_it_may_mount_and_nothing_else(built: Built) -> None:
    statements = json.loads(built.of("RolePolicy")["inference"]["policy"])["Statement"]
    on_efs = [s for s in statements if "elasticfilesystem" in str(s["Action"])]
    assert [s["Action"] for s in on_efs] == [["elasticfilesystem:ClientMount"]]


def test_an_environment_that_lambda_would_refuse_is_refused_with_its_size() -> None:
    with pytest.raises(ConfigurationError, match=r"4\d\d\d bytes.*the largest variable is BIG"):
        environment({"BIG": "x" * 4096, "SMALL": "y"}, {})


def test_the_environment_is_measured_as_json_which_is_how_lambda_does_it() -> None:
    own = {"OWN": "1"}
    overhead = len('{"BIG":"","OWN":"1"}')
    assert environment({"BIG": "x" * (4096 - overhead)}, own)
    with pytest.raises(ConfigurationError, match="4097 bytes"):
        environment({"BIG": "x" * (4097 - overhead)}, own)
