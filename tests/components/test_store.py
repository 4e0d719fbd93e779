"""EfsStore: encrypted, reached over TLS and through one access point."""

from __future__ import annotations

import json
from collections.abc import Callable

import pulumi

from components.store import EfsStore, EfsStoreArgs, client_policy, file_system_policy

from .conftest import Built

Build = Callable[[Callable[[], object]], Built]


def store() -> EfsStore:
    subnets = {"us-east-1a": "subnet-a", "us-east-1b": "subnet-b"}
    return EfsStore(
        "store",
        EfsStoreArgs(
            subnet_ids=subnets, security_group_id="sg-1", throughput="elastic", protect=True
        ),
    )


def test_it_registers_exactly_what_it_consists_of(build: Build) -> None:
    assert set(build(store).resources) == {
        "FileSystem store",
        "AccessPoint store-access-point",
        "FileSystemPolicy store-policy",
        "MountTarget store-mount-target-us-east-1a",
        "MountTarget store-mount-target-us-east-1b",
    }


def test_the_file_system_is_encrypted_and_elastic(build: Build) -> None:
    file_system = build(store).one("FileSystem")
    assert file_system["encrypted"] is True
    assert file_system["throughputMode"] == "elastic"


def test_every_zone_has_its_mount_target(build: Build) -> None:
    targets = build(store).of("MountTarget").values()
    assert {target["subnetId"] for target in targets} == {"subnet-a", "subnet-b"}
    assert all(target["securityGroups"] == ["sg-1"] for target in targets)


def test_the_access_point_makes_its_directory_for_its_own_user(build: Build) -> None:
    access_point = build(store).one("AccessPoint")
    assert access_point["posixUser"] == {"uid": 1000, "gid": 1000}
    assert access_point["rootDirectory"] == {
        "path": "/libraries",
        "creationInfo": {"ownerUid": 1000, "ownerGid": 1000, "permissions": "0755"},
    }


def test_the_file_system_policy_only_denies() -> None:
    statements = json.loads(file_system_policy("fs-arn", "ap-arn"))["Statement"]
    assert {s["Effect"] for s in statements} == {"Deny"}
    assert [s["Condition"] for s in statements] == [
        {"Bool": {"aws:SecureTransport": "false"}},
        {"StringNotEquals": {"elasticfilesystem:AccessPointArn": "ap-arn"}},
    ]


def test_a_client_is_allowed_what_is_named_and_through_the_access_point_only() -> None:
    assert client_policy("fs-arn", "ap-arn", "ClientMount") == {
        "Effect": "Allow",
        "Action": ["elasticfilesystem:ClientMount"],
        "Resource": "fs-arn",
        "Condition": {"StringEquals": {"elasticfilesystem:AccessPointArn": "ap-arn"}},
    }


def test_its_outputs_are_those_that_consumers_take(build: Build) -> None:
    seen: dict[str, str] = {}

    def make() -> None:
        made = store()
        pulumi.Output.all(made.file_system_id, made.access_point_arn).apply(
            lambda values: seen.update(zip(("id", "arn"), values, strict=True))
        )

    build(make)
    assert seen == {"id": "store-id", "arn": "arn:aws:AccessPoint/store-access-point"}
