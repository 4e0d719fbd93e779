"""Populator and Publication: cluster, roles, task definition, and the run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components import Account, BucketArgs, LogArgs, Release, RoleArgs
from components.contract import runtime
from components.contract.package import Package
from components.errors import ConfigurationError
from components.populator import pull_statements, task_trust_policy

from ..conftest import ACCOUNT, TARGET, Build, Built, Chain, application

US_EAST_1 = Account(id=ACCOUNT, region="us-east-1", partition="aws")


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
        "Bucket populator-bucket",
        "BucketOwnershipControls populator-bucket",
        "BucketPublicAccessBlock populator-bucket",
        "BucketServerSideEncryptionConfiguration populator-bucket",
        "BucketPolicy populator-bucket",
        "BucketObjectv2 libraries-populate",
        "RolePolicy libraries-program",
        "TaskDefinition libraries",
        "PopulateTasks libraries",
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
    built: Built, chain: Chain
) -> None:
    (volume,) = built.one("TaskDefinition")["volumes"]
    (mount_point,) = definition(built)["mountPoints"]
    assert mount_point["sourceVolume"] == volume["name"]
    assert mount_point["containerPath"] == "/mnt/models"
    command = definition(built)["command"]
    assert command[:3] == [
        "install",
        "--release",
        f"/mnt/models/releases/{Release.of(chain.application, TARGET).id}",
    ]


def test_the_installer_knows_when_the_task_is_stopped(built: Built) -> None:
    command = definition(built)["command"]
    assert command[command.index("--timeout") + 1] == str(30 * 60)


def test_the_log_is_blocking_and_goes_to_the_group_that_exists(built: Built) -> None:
    options = definition(built)["logConfiguration"]["options"]
    assert options["mode"] == "blocking"
    group = built.of("LogGroup")["populator-log"]
    assert (options["awslogs-group"], group["retentionInDays"]) == (group["name"], 30)


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


def test_the_condition_of_the_trust_can_be_left_out() -> None:
    """Nobody could try it with an execution role yet."""
    (statement,) = json.loads(task_trust_policy(US_EAST_1, narrow=False))["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
    }


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


def program(built: Built) -> dict[str, Any]:
    return built.of("BucketObjectv2")["libraries-populate"]


def test_the_program_is_an_object_that_its_hash_names(built: Built, chain: Chain) -> None:
    app = chain.application
    package = Package(runtime.task_files(app, Release.of(app, TARGET).lock))
    package.remove()
    made = program(built)
    assert made["key"].endswith(f"/{package.sha256}.zip")
    assert made["bucket"] == built.one("Bucket")["bucket"]
    assert not Path(made["source"].path).exists()


def test_the_entry_point_is_the_bootstrap_with_the_url_of_the_object(built: Built) -> None:
    made = program(built)
    assert definition(built)["entryPoint"] == [
        *("python3", "-c", runtime.BOOTSTRAP),
        f"https://{made['bucket']}.s3.us-east-1.amazonaws.com/{made['key']}",
    ]


def test_the_task_role_may_read_that_object_alone(built: Built) -> None:
    made = program(built)
    policy = json.loads(built.of("RolePolicy")["libraries-program"]["policy"])
    assert policy["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{made['bucket']}/{made['key']}",
        }
    ]
    assert built.of("RolePolicy")["libraries-program"]["role"] == "populator-task-id"


def test_a_change_of_the_code_is_another_object_and_no_other_release(
    build: Build, tmp_path: Path
) -> None:
    chain = Chain(application(tmp_path / "application"))
    before = build(chain.publication)
    (chain.application.root / "model.py").write_text("def predict(instances): return []\n")
    after = build(chain.publication)
    assert program(before)["key"] != program(after)["key"]
    assert definition(before)["command"] == definition(after)["command"]
    runs = [built.one("PopulatorRun") for built in (before, after)]
    assert runs[0]["release_id"] == runs[1]["release_id"]


def test_the_bucket_is_private_encrypted_and_over_tls_alone(built: Built) -> None:
    name = built.one("Bucket")["bucket"]
    assert built.one("Bucket")["forceDestroy"] is True
    blocked = {k: v for k, v in built.one("BucketPublicAccessBlock").items() if k != "bucket"}
    assert blocked == dict.fromkeys(
        ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True
    )
    assert built.one("BucketOwnershipControls")["rule"] == {
        "objectOwnership": "BucketOwnerEnforced"
    }
    (rule,) = built.one("BucketServerSideEncryptionConfiguration")["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
    (statement,) = json.loads(built.one("BucketPolicy")["policy"])["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Deny", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(name) <= 63


def test_a_key_of_the_account_encrypts_and_the_task_may_decrypt_with_it(
    build: Build, chain: Chain
) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/k"
    given = {"bucket": BucketArgs(kms_key_arn=key)}
    built = build(replace(chain, populator=given).publication)
    (rule,) = built.one("BucketServerSideEncryptionConfiguration")["rules"]
    assert rule == {
        "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key},
        "bucketKeyEnabled": True,
    }
    policy = json.loads(built.of("RolePolicy")["libraries-program"]["policy"])
    assert policy["Statement"][1] == {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key}


def test_the_bucket_may_be_one_of_the_account(build: Build, chain: Chain) -> None:
    given = {"bucket": BucketArgs(name="teams-packages")}
    built = build(replace(chain, populator=given).publication)
    assert not built.of("Bucket")
    assert not built.of("BucketPolicy")
    assert program(built)["bucket"] == "teams-packages"


def test_a_bucket_whose_name_no_certificate_covers_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"'a\.b': S3's certificate"):
        BucketArgs(name="a.b")


def test_a_definition_has_room_for_more(built: Built) -> None:
    text = built.one("TaskDefinition")["containerDefinitions"]
    assert len(text) < 65_536 / 3, "ECS accepts 65,536 bytes"
