"""Populator and Publication: cluster, roles, task definition, and the run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components import Account, Application, LogArgs, Release, RoleArgs, Target
from components.container import definitions
from components.contract import Mount
from components.errors import ConfigurationError
from components.populator import pull_statements, task_trust_policy

from .conftest import ACCOUNT, TARGET, Built, Chain, application

Build = Callable[[Callable[[], object]], Built]
US_EAST_1 = Account(id=ACCOUNT, region="us-east-1", partition="aws")
OWN = Application(Path(__file__).parents[2] / "lambda_src" / "application")


@pytest.fixture
def app(tmp_path: Path) -> Application:
    return application(tmp_path / "application")


@pytest.fixture
def chain(app: Application) -> Chain:
    return Chain(app)


@pytest.fixture
def built(build: Build, chain: Chain) -> Built:
    return build(chain.publication)


def container(app: Application, target: Target = TARGET, mount: str = "/mnt/models") -> str:
    return definitions(
        application=app,
        release=Release.of(app, target),
        mount=Mount(mount),
        index_url="https://pypi.org/simple",
        timeout_minutes=30,
        log_group="/log",
        region="us-east-1",
    )


def definition(built: Built) -> dict[str, Any]:
    (parsed,) = json.loads(built.one("TaskDefinition")["containerDefinitions"])
    assert isinstance(parsed, dict)
    return parsed


def test_it_registers_exactly_what_it_consists_of(built: Built) -> None:
    assert {key for key in built.resources if " populator" in key or " libraries" in key} == {
        "Cluster populator",
        "LogGroup populator-log",
        "Role populator-execution",
        "RolePolicy populator-execution",
        "Role populator-task",
        "RolePolicy populator-task",
        "TaskDefinition libraries",
        "PopulatorRun libraries",
    }


def test_the_task_has_size_platform_and_roles(built: Built) -> None:
    task = built.one("TaskDefinition")
    assert task["family"].startswith("efs-inference-test-libraries-")
    assert (task["cpu"], task["memory"]) == ("2048", "8192")
    assert task["ephemeralStorage"] == {"sizeInGib": 30}
    assert task["runtimePlatform"]["cpuArchitecture"] == "ARM64"
    assert task["requiresCompatibilities"] == ["FARGATE"]
    assert task["networkMode"] == "awsvpc"
    assert task["taskRoleArn"] != task["executionRoleArn"]


def test_the_volume_is_the_access_point_over_tls_with_iam_and_no_root_directory(
    built: Built,
) -> None:
    (volume,) = built.one("TaskDefinition")["volumes"]
    assert volume["efsVolumeConfiguration"] == {
        "fileSystemId": "store-id",
        "transitEncryption": "ENABLED",
        "authorizationConfig": {"accessPointId": "store-access-point-id", "iam": "ENABLED"},
    }


def test_the_container_mounts_the_volume_where_the_release_path_says(
    built: Built, app: Application
) -> None:
    (volume,) = built.one("TaskDefinition")["volumes"]
    (mount_point,) = definition(built)["mountPoints"]
    assert mount_point["sourceVolume"] == volume["name"]
    assert mount_point["containerPath"] == "/mnt/models"
    command = definition(built)["command"]
    assert command[:3] == [
        "install",
        "--release",
        f"/mnt/models/releases/{Release.of(app, TARGET).id}",
    ]


def test_the_installer_knows_when_the_task_is_stopped(built: Built) -> None:
    command = definition(built)["command"]
    assert command[command.index("--timeout") + 1] == str(30 * 60)


def test_the_log_is_blocking_and_goes_to_the_group_that_exists(built: Built) -> None:
    options = definition(built)["logConfiguration"]["options"]
    assert options["mode"] == "blocking"
    assert options["awslogs-group"] == built.one("LogGroup")["name"]
    assert built.one("LogGroup")["retentionInDays"] == 30


def test_the_task_role_may_mount_and_write_through_the_access_point_and_nothing_else(
    built: Built,
) -> None:
    policy = json.loads(built.of("RolePolicy")["populator-task"]["policy"])
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
    assert pull_statements("public.ecr.aws/lambda/python:3.11", "aws") == []


def test_an_image_in_a_private_registry_may_be_pulled_from_that_repository() -> None:
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/populate@sha256:" + "0" * 64
    resources = [statement["Resource"] for statement in pull_statements(image, "aws")]
    assert resources[0] == "arn:aws:ecr:eu-west-1:123456789012:repository/team/populate"


def test_cluster_log_group_and_roles_may_be_those_of_the_account(
    build: Build, chain: Chain
) -> None:
    roles = RoleArgs(path="/inference/", permissions_boundary="arn:aws:iam::1:policy/bound")
    log = LogArgs(group="/team/populate")
    given = {"cluster_arn": "arn:cluster", "log": log, "roles": roles}
    built = build(replace(chain, populator=given).publication)
    assert not built.of("Cluster")
    assert not built.of("LogGroup")
    assert built.one("PopulatorRun")["cluster_arn"] == "arn:cluster"
    options = definition(built)["logConfiguration"]["options"]
    assert options["awslogs-group"] == "/team/populate"
    for role in built.of("Role").values():
        assert (role["path"], role["permissionsBoundary"]) == (
            "/inference/",
            "arn:aws:iam::1:policy/bound",
        )


def test_the_entry_point_unpacks_the_installer_and_becomes_it(app: Application) -> None:
    task: dict[str, Any]
    (task,) = json.loads(container(app))
    interpreter, *arguments = task["entryPoint"]
    assert interpreter == "python3"
    environment = {entry["name"]: entry["value"] for entry in task["environment"]}
    result = subprocess.run(
        [sys.executable, *arguments, "install", "--help"],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "make a release, unless it is there" in result.stdout


def test_a_task_definition_that_ecs_would_refuse_for_its_size_is_refused_first(
    app: Application,
) -> None:
    # Hashes do not compress, so a lock of many packages is what outgrows the limit.
    lines = [f"p{n}==1 --hash=sha256:{os.urandom(32).hex()}" for n in range(1500)]
    app.lock_path(TARGET).write_text("\n".join(lines))
    with pytest.raises(
        ConfigurationError, match=r"task definition = \d+ bytes.*65536 bytes in all"
    ):
        container(app)


@pytest.mark.parametrize("runtime", ["python3.11", "python3.12", "python3.13"])
@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_the_installer_of_this_repository_fits_with_every_lock(
    runtime: str, architecture: str
) -> None:
    target = Target(runtime=runtime, architecture=architecture)
    made = container(OWN, target, "/mnt/" + "a" * 155)
    assert len(made) < 60_000, "room for what is still to come"
