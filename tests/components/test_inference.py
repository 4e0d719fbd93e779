"""InferenceFunction: the function reads the release at the mount path, and waits for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.account import Account
from components.errors import ConfigurationError
from components.fargate import TaskSize
from components.function_role import FunctionRole
from components.gates.populator_run import PopulatorRun, PopulatorRunArgs
from components.inference import (
    InferenceFunction,
    InferenceFunctionArgs,
    checked_environment,
    function_policy,
)
from components.mount import Mount
from components.network import Network, NetworkArgs
from components.populator import PopulateContainer, Populator, PopulatorArgs
from components.release import Pin, Release
from components.source import Source
from components.store import EfsStore, EfsStoreArgs

from .conftest import ACCOUNT, Built

Build = Callable[[Callable[[], object]], Built]
SOURCE = Source(Path(__file__).parents[2] / "lambda_src")
RELEASE = Release(
    pins=(Pin("six", "1.17.0", ("sha256:" + "0" * 64,)),),
    runtime="python3.12",
    architecture="arm64",
    image="python:3.12",
    format=1,
)


def chain(environment: Mapping[str, str] | None = None) -> Callable[[], InferenceFunction]:
    """Every component, as `__main__.py` puts them together."""

    def make() -> InferenceFunction:
        account = Account(id=ACCOUNT, region="us-east-1", partition="aws")
        mount = Mount("/mnt/models")
        network = Network(
            "network",
            NetworkArgs(
                cidr="10.0.0.0/16",
                zones=("us-east-1a", "us-east-1b"),
                egress="public-ip",
                egress_ports=(443,),
                account=account,
            ),
        )
        store = EfsStore(
            "store",
            EfsStoreArgs(
                subnet_ids=network.private_subnet_id_by_zone,
                security_group_id=network.mount_target_security_group_id,
                throughput="elastic",
                protect=False,
            ),
        )
        container = PopulateContainer(
            name="populator",
            mount=mount,
            release=RELEASE,
            source=SOURCE,
            index_url="https://pypi.org/simple",
            timeout_minutes=30,
            account=account,
        )
        size = TaskSize(cpu=1024, memory_mb=4096, ephemeral_storage_gib=30)
        populator = Populator(
            "populator", PopulatorArgs(container=container, store=store, size=size)
        )
        run = PopulatorRun(
            "populate",
            PopulatorRunArgs(
                release=RELEASE,
                populator=populator,
                network=network,
                store=store,
                timeout_minutes=30,
                keep_releases=3,
                account=account,
            ),
        )
        return InferenceFunction(
            "inference",
            InferenceFunctionArgs(
                source=SOURCE,
                mount=mount,
                release=RELEASE,
                role=FunctionRole("inference"),
                run=run,
                network=network,
                store=store,
                memory_mb=3008,
                timeout_seconds=120,
                ephemeral_storage_mb=512,
                account=account,
                environment=environment or {},
            ),
        )

    return make


@pytest.fixture(scope="module")
def built(build: Build) -> Built:
    return build(chain())


@pytest.fixture
def function(built: Built) -> Mapping[str, Any]:
    return built.one("Function")


def test_it_registers_exactly_what_it_consists_of(built: Built) -> None:
    assert {key for key in built.resources if " inference" in key} == {
        "LogGroup inference-log",
        "Role inference",
        "RolePolicy inference-interfaces",
        "RolePolicy inference",
        "Function inference",
        "SmokeInvocation inference",
        "Alias inference-live",
    }


def test_it_mounts_the_access_point_at_the_mount_path(function: Mapping[str, Any]) -> None:
    assert function["fileSystemConfig"] == {
        "arn": "arn:aws:AccessPoint/store-access-point",
        "localMountPath": "/mnt/models",
    }


def test_it_finds_the_release_that_the_task_publishes(built: Built) -> None:
    variables = built.one("Function")["environment"]["variables"]
    (task,) = json.loads(built.one("TaskDefinition")["containerDefinitions"])
    assert variables == {"RELEASE_PATH": f"/mnt/models/releases/{RELEASE.id}"}
    assert variables["RELEASE_PATH"] in task["command"]


def test_the_path_of_the_release_is_not_to_be_overridden(build: Build) -> None:
    made = build(chain({"RELEASE_PATH": "/mnt/elsewhere", "THREADS": "2"})).one("Function")
    assert made["environment"]["variables"] == {
        "RELEASE_PATH": f"/mnt/models/releases/{RELEASE.id}",
        "THREADS": "2",
    }


def test_runtime_and_architecture_are_those_of_the_release(function: Mapping[str, Any]) -> None:
    assert function["runtime"] == "python3.12"
    assert function["architectures"] == ["arm64"]


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


def test_its_code_is_what_the_source_gives_a_function(built: Built) -> None:
    code = built.one("Function")["code"]
    assert isinstance(code, pulumi.AssetArchive)
    assert set(code.assets) == set(SOURCE.function_files())


def test_on_the_file_system_it_may_mount_and_nothing_else() -> None:
    statements = json.loads(function_policy("log-arn", "fs-arn", "ap-arn"))["Statement"]
    on_efs = [s for s in statements if "elasticfilesystem" in str(s["Action"])]
    assert [s["Action"] for s in on_efs] == [["elasticfilesystem:ClientMount"]]


def test_an_environment_that_lambda_would_refuse_is_refused_with_its_size() -> None:
    with pytest.raises(ConfigurationError, match=r"4\d\d\d bytes.*the largest variable is BIG"):
        checked_environment({"BIG": "x" * 4096, "SMALL": "y"})


def test_the_environment_is_measured_as_json_which_is_how_lambda_does_it() -> None:
    overhead = len('{"A":""}')
    assert checked_environment({"A": "x" * (4096 - overhead)})
    with pytest.raises(ConfigurationError):
        checked_environment({"A": "x" * (4097 - overhead)})
