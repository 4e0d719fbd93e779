"""Populator: a task definition that ECS accepts, with rights to this access point only."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.account import Account
from components.errors import ConfigurationError
from components.fargate import TaskSize
from components.mount import Mount
from components.populator import (
    PopulateContainer,
    Populator,
    PopulatorArgs,
    execution_policy,
    task_trust_policy,
)
from components.release import Release
from components.source import Source
from components.store import EfsStore, EfsStoreArgs

from .conftest import ACCOUNT, Built

Build = Callable[[Callable[[], object]], Built]
US_EAST_1 = Account(id=ACCOUNT, region="us-east-1", partition="aws")


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """A source folder with a small installer, which says with what it was called."""
    (tmp_path / "release" / "installation").mkdir(parents=True)
    (tmp_path / "release" / "__init__.py").touch()
    (tmp_path / "release" / "__main__.py").write_text(
        "import os, sys, json\n"
        "print(json.dumps([sys.argv[1:], sorted(os.listdir()), 'INSTALLER' in os.environ]))\n"
    )
    (tmp_path / "release" / "layout.py").write_text("FORMAT = 7\n")
    options = Path(__file__).parents[2] / "lambda_src/release/installation/options.py"
    shutil.copy(options, tmp_path / "release" / "installation")
    (tmp_path / "application" / "locks").mkdir(parents=True)
    (tmp_path / "application" / "model.py").touch()
    (tmp_path / "application" / "locks" / "python3.11-arm64.txt").write_text(
        f"six==1.17.0 --hash=sha256:{'0' * 64}\n"
    )
    return Source(tmp_path)


def release(source: Source) -> Release:
    return Release.planned(source, runtime="python3.11", architecture="arm64", image="python:3.11")


def container(source: Source) -> PopulateContainer:
    return PopulateContainer(
        name="populator",
        mount=Mount("/mnt/models"),
        release=release(source),
        source=source,
        index_url="https://pypi.org/simple",
        timeout_minutes=30,
        account=US_EAST_1,
    )


def populator(source: Source) -> Callable[[], Populator]:
    def make() -> Populator:
        store = EfsStore(
            "store",
            EfsStoreArgs(
                subnet_ids={}, security_group_id="sg", throughput="elastic", protect=False
            ),
        )
        size = TaskSize(cpu=1024, memory_mb=4096, ephemeral_storage_gib=30)
        return Populator(
            "populator", PopulatorArgs(container=container(source), store=store, size=size)
        )

    return make


def definition(built: Built) -> dict[str, Any]:
    (parsed,) = json.loads(built.one("TaskDefinition")["containerDefinitions"])
    assert isinstance(parsed, dict)
    return parsed


def test_it_registers_exactly_what_it_consists_of(build: Build, source: Source) -> None:
    built = build(populator(source))
    assert {key for key in built.resources if "store" not in key} == {
        "Cluster populator",
        "LogGroup populator-log",
        "Role populator-execution",
        "RolePolicy populator-execution",
        "Role populator-task",
        "RolePolicy populator-task",
        "TaskDefinition populator",
    }


def test_the_task_has_size_platform_and_roles(build: Build, source: Source) -> None:
    task = build(populator(source)).one("TaskDefinition")
    assert task["family"].startswith("efs-inference-test-populator-")
    assert (task["cpu"], task["memory"]) == ("1024", "4096")
    assert task["ephemeralStorage"] == {"sizeInGib": 30}
    assert task["runtimePlatform"]["cpuArchitecture"] == "ARM64"
    assert task["requiresCompatibilities"] == ["FARGATE"]
    assert task["networkMode"] == "awsvpc"
    assert task["taskRoleArn"] != task["executionRoleArn"]


def test_the_volume_is_the_access_point_over_tls_with_iam_and_no_root_directory(
    build: Build, source: Source
) -> None:
    (volume,) = build(populator(source)).one("TaskDefinition")["volumes"]
    assert volume["efsVolumeConfiguration"] == {
        "fileSystemId": "store-id",
        "transitEncryption": "ENABLED",
        "authorizationConfig": {"accessPointId": "store-access-point-id", "iam": "ENABLED"},
    }


def test_the_container_mounts_the_volume_where_the_release_path_says(
    build: Build, source: Source
) -> None:
    built = build(populator(source))
    (volume,) = built.one("TaskDefinition")["volumes"]
    (mount_point,) = definition(built)["mountPoints"]
    assert mount_point["sourceVolume"] == volume["name"]
    assert mount_point["containerPath"] == "/mnt/models"
    command = definition(built)["command"]
    assert command[:3] == ["install", "--release", f"/mnt/models/releases/{release(source).id}"]


def test_the_installer_knows_when_the_task_is_stopped(build: Build, source: Source) -> None:
    command = definition(build(populator(source)))["command"]
    assert command[command.index("--timeout") + 1] == str(30 * 60)


def test_the_log_is_blocking_and_goes_to_the_group_that_exists(
    build: Build, source: Source
) -> None:
    built = build(populator(source))
    options = definition(built)["logConfiguration"]["options"]
    assert options["mode"] == "blocking"
    assert options["awslogs-group"] == built.one("LogGroup")["name"]
    assert built.one("LogGroup")["retentionInDays"] == 30


def test_the_task_role_may_mount_and_write_through_the_access_point_and_nothing_else(
    build: Build, source: Source
) -> None:
    policy = json.loads(build(populator(source)).of("RolePolicy")["populator-task"]["policy"])
    (statement,) = policy["Statement"]
    assert statement["Action"] == [
        "elasticfilesystem:ClientMount",
        "elasticfilesystem:ClientWrite",
    ]
    assert statement["Resource"] == "arn:aws:FileSystem/store"
    assert statement["Condition"]["StringEquals"] == {
        "elasticfilesystem:AccessPointArn": "arn:aws:AccessPoint/store-access-point"
    }


def test_both_roles_are_for_ecs_tasks_of_this_account_only() -> None:
    (statement,) = json.loads(task_trust_policy(US_EAST_1))["Statement"]
    assert statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}


def test_a_public_image_needs_no_right_to_pull() -> None:
    policy = json.loads(execution_policy("log-arn", "public.ecr.aws/lambda/python:3.11", "aws"))
    assert [s["Action"] for s in policy["Statement"]] == [
        ["logs:CreateLogStream", "logs:PutLogEvents"]
    ]


def test_an_image_in_a_private_registry_may_be_pulled_from_that_repository() -> None:
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/populate@sha256:" + "0" * 64
    resources = [
        s["Resource"] for s in json.loads(execution_policy("log", image, "aws"))["Statement"]
    ]
    assert resources[1] == "arn:aws:ecr:eu-west-1:123456789012:repository/team/populate"


def test_the_entry_point_unpacks_the_installer_and_becomes_it(source: Source) -> None:
    task: dict[str, Any]
    (task,) = json.loads(container(source).definitions)
    line: list[str] = task["entryPoint"] + task["command"]
    interpreter, arguments = line[0], line[1:]
    assert interpreter == "python3"
    environment = {entry["name"]: entry["value"] for entry in task["environment"]}
    result = subprocess.run(
        [sys.executable, *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    said_arguments, files, still_in_environment = json.loads(result.stdout)
    assert said_arguments == task["command"]
    assert files == ["model.py", "release", "requirements.txt"]
    assert still_in_environment is False


def test_the_release_id_takes_the_format_from_the_source(source: Source) -> None:
    assert release(source).format == 7


def test_a_task_definition_that_ecs_would_refuse_for_its_size_is_refused_first(
    source: Source,
) -> None:
    # Hashes do not compress, so a lock of many packages is what outgrows the limit.
    lines = [f"p{n}==1 --hash=sha256:{os.urandom(32).hex()}" for n in range(1500)]
    source.lock_path("python3.11", "arm64").write_text("\n".join(lines))
    with pytest.raises(
        ConfigurationError, match=r"task definition = \d+ bytes.*65536 bytes in all"
    ):
        container(source)


@pytest.mark.parametrize("runtime", ["python3.11", "python3.12", "python3.13"])
@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_the_installer_of_this_repository_fits_with_every_lock(
    runtime: str, architecture: str
) -> None:
    own = Source(Path(__file__).parents[2] / "lambda_src")
    planned = Release.planned(
        own, runtime=runtime, architecture=architecture, image="public.ecr.aws/lambda/python"
    )
    made = PopulateContainer(
        name="populator",
        mount=Mount("/mnt/" + "a" * 155),
        release=planned,
        source=own,
        index_url="https://pypi.org/simple",
        timeout_minutes=30,
        account=US_EAST_1,
    )
    assert len(made.definitions) < 48_000, "room for what is still to come"
