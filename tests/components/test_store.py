"""EfsStore: encrypted, reached over TLS and through one access point."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from components.network import ExistingNetworkArgs, Network
from components.resources import client_statement, file_system_policy
from components.store import EfsStore, EfsStoreArgs, ExistingEfsStoreArgs

from .conftest import ACCOUNT, Build, Built


def network() -> Network:
    subnets = {"us-east-1a": "subnet-a", "us-east-1b": "subnet-b"}
    return Network("net", ExistingNetworkArgs(vpc_id="vpc-1", subnet_ids=subnets))


def store(**denials: Any) -> EfsStore:
    args = EfsStoreArgs(network=network(), mount_path="/mnt/models", protect=True, **denials)
    return EfsStore("store", args)


@pytest.fixture(scope="module")
def built(build: Build) -> Built:
    return build(store)


def test_it_registers_exactly_what_it_consists_of(built: Built) -> None:
    assert {key for key in built.resources if " net" not in key} == {
        "FileSystem store",
        "AccessPoint store-access-point",
        "FileSystemPolicy store-policy",
        "MountTarget store-mount-target-us-east-1a",
        "MountTarget store-mount-target-us-east-1b",
        "Placement store",
    }


def test_the_file_system_is_encrypted_and_elastic(built: Built) -> None:
    file_system = built.one("FileSystem")
    assert file_system["encrypted"] is True
    assert file_system["throughputMode"] == "elastic"


def test_every_zone_has_its_mount_target(built: Built) -> None:
    targets = built.of("MountTarget").values()
    assert {target["subnetId"] for target in targets} == {"subnet-a", "subnet-b"}
    assert all(target["securityGroups"] == ["net-mount-targets-id"] for target in targets)


def test_the_access_point_makes_its_directory_for_its_own_user(built: Built) -> None:
    access_point = built.one("AccessPoint")
    assert access_point["posixUser"] == {"uid": 1000, "gid": 1000}
    assert access_point["rootDirectory"] == {
        "path": "/libraries",
        "creationInfo": {"ownerUid": 1000, "ownerGid": 1000, "permissions": "0755"},
    }


def test_each_denial_of_the_file_system_policy_can_be_left_out(build: Build) -> None:
    """Nobody could try them against Lambda's own mount yet."""

    def sids(**denials: Any) -> list[str]:
        policies = build(lambda: store(**denials)).of("FileSystemPolicy").values()
        return [s["Sid"] for p in policies for s in json.loads(p["policy"])["Statement"]]

    assert sids(deny_plain_text=False) == ["DenyWithoutAccessPoint"]
    assert sids(deny_without_access_point=False) == ["DenyPlainText"]
    assert sids(deny_plain_text=False, deny_without_access_point=False) == []


def test_the_file_system_policy_only_denies() -> None:
    statements = json.loads(file_system_policy("fs-arn"))["Statement"]
    assert {s["Effect"] for s in statements} == {"Deny"}
    assert [s["Condition"] for s in statements] == [
        {"Bool": {"aws:SecureTransport": "false"}},
        {"Null": {"elasticfilesystem:AccessPointArn": "true"}},
    ]


def test_a_client_is_allowed_what_is_named_and_through_the_access_point_only() -> None:
    assert client_statement("fs-arn", "ap-arn", "ClientMount") == {
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


def existing(**more: str) -> Callable[[], EfsStore]:
    ids = {"file_system_id": "fs-1", "access_point_id": "fsap-1", **more}
    place = {"mount_path": "/mnt/models"}
    return lambda: EfsStore("store", ExistingEfsStoreArgs(network=network(), **place, **ids))


def test_a_file_system_that_is_there_already_is_taken_by_its_ids(build: Build) -> None:
    seen: list[object] = []

    def make() -> None:
        made = existing()()
        assert made.mount.path == "/mnt/models"
        made.allow("ClientMount").apply(seen.append)

    assert not [key for key in build(make).resources if " store" in key]
    place = f"arn:aws:elasticfilesystem:us-east-1:{ACCOUNT}"
    assert seen == [
        client_statement(f"{place}:file-system/fs-1", f"{place}:access-point/fsap-1", "ClientMount")
    ]


def test_the_group_of_its_mount_targets_is_opened_for_the_consumers(build: Build) -> None:
    rules = build(existing(mount_target_security_group_id="sg-there")).of(
        "SecurityGroupIngressRule"
    )
    assert {
        rule["referencedSecurityGroupId"]
        for name, rule in rules.items()
        if name.startswith("store-") and rule["securityGroupId"] == "sg-there"
    } == {"net-function-id", "net-populator-id"}
