"""What has to be plain says so, and refuses an Output with the reason; the rest takes Outputs."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks

import components
from components import (
    Account,
    Application,
    ConfigurationError,
    Credentials,
    ExistingNetworkArgs,
    LogArgs,
    Mount,
    Network,
    NetworkArgs,
    RoleArgs,
    SmokeInvocationArgs,
    Target,
    TaskSize,
)
from components.inputs import Args, Plain

from .conftest import MODEL, Build, Built, Chain, application

ACCOUNT = Account(id="123456789012", region="us-east-1", partition="aws")
CLASSES = [found for found in vars(components).values() if isinstance(found, type)]
ARGS = sorted((c for c in CLASSES if issubclass(c, Args)), key=lambda c: c.__name__)


def plain_fields() -> list[tuple[type, str]]:
    return [
        (args, name)
        for args in ARGS
        for name, hint in inspect.get_annotations(args, eval_str=True).items()
        for note in getattr(hint, "__metadata__", ())
        if isinstance(note, Plain)
    ]


@pytest.fixture(autouse=True)
def _mocks() -> None:
    """Outputs of a program that runs."""
    mocks.set_mocks(Built(), project="efs-inference", stack="test", preview=False)


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return Chain(application(tmp_path / "app", MODEL))


def filled(args: Any, **given: Any) -> Any:
    """Arguments with something in every field."""
    names = [f.name for f in dataclasses.fields(args) if f.default is f.default_factory]
    right = {"principal": "123456789012", "runtime": "python3.12"}
    return args(**{name: right.get(name, "x") for name in names} | given)


def test_every_class_of_arguments_refuses_what_is_not_plain() -> None:
    named = [found for found in CLASSES if found.__name__.endswith("Args")]
    assert {found.__name__ for found in named if not issubclass(found, Args)} == set()
    assert len(plain_fields()) > 25


@pytest.mark.parametrize(
    ("args", "field"), plain_fields(), ids=lambda part: getattr(part, "__name__", part)
)
def test_an_output_is_refused_where_it_has_to_be_plain(args: type, field: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        filled(args, **{field: pulumi.Output.from_input("later")})
    (problem,) = caught.value.problems
    assert problem.subject == f"{args.__name__}.{field}"
    assert problem.value == "an Output"
    assert problem.rule.startswith("it has to be plain, known before anything is created: ")
    assert len(problem.rule) > 70, "with the reason"
    assert problem.remedy == "give a literal, or read it from the configuration"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("zones", ["us-east-1a", pulumi.Output.from_input("us-east-1b")]),
        ("egress_ports", (pulumi.Output.from_input(443),)),
    ],
)
def test_an_output_inside_a_list_is_one_too(field: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=f"NetworkArgs.{field} = an Output"):
        filled(NetworkArgs, **{field: value})


def test_all_of_them_are_said_at_once() -> None:
    later: Any = pulumi.Output.from_input("later")
    with pytest.raises(ConfigurationError) as caught:
        NetworkArgs(cidr=later, zones=later)
    subjects = [problem.subject for problem in caught.value.problems]
    assert subjects == ["NetworkArgs.cidr", "NetworkArgs.zones"]


@pytest.mark.parametrize(
    "make",
    [
        Application,
        Mount,
        lambda later: Target(runtime=later),
        lambda later: TaskSize(cpu=256, memory_mb=later, ephemeral_storage_gib=21),
        lambda later: LogArgs(group=later),
        lambda later: Credentials(assume_roles=[{"role_arn": later}]),
        lambda later: SmokeInvocationArgs(
            function_name="f", function_version="1", account=ACCOUNT, event={"instances": later}
        ),
        lambda later: ACCOUNT.zones([later]),
        lambda later: ACCOUNT.subnets(later),
    ],
)
def test_what_is_no_argument_of_a_component_refuses_them_too(make: Callable[[Any], object]) -> None:
    with pytest.raises(ConfigurationError, match="= an Output: it has to be plain, known before"):
        make(pulumi.Output.from_input("later"))


def later(value: Any) -> Any:
    return pulumi.Output.from_input(value)


def test_everything_that_aws_takes_late_may_be_an_output(build: Build, chain: Chain) -> None:
    def make() -> object:
        tags = later({"team": "ml"})
        log = LogArgs(retention_days=later(7), kms_key_arn=later("arn:key"))
        roles = RoleArgs(
            path=later("/a/"), permissions_boundary=later("arn:aws:iam::1:policy/b"), tags=tags
        )
        populator = {"cluster_arn": later("arn:cluster"), "keep_releases": later(5)}
        whole = replace(
            chain,
            network={"tags": tags},
            store={
                "throughput": later("bursting"),
                "kms_key_arn": later("arn:key"),
                "root_directory": later("/all"),
                "posix_id": later(1001),
                "tags": tags,
            },
            populator={**populator, "log": log, "roles": roles, "tags": tags},
            function={
                "memory_mb": later(1024),
                "timeout_seconds": later(60),
                "ephemeral_storage_mb": later(1024),
                "function_name": later("mine"),
                "alias": later("current"),
                "environment": later({"THREADS": "1"}),
                "log": log,
                "tags": tags,
            },
        )
        return whole()

    built = build(make)
    assert built.one("Vpc")["tags"] == {"team": "ml", "Name": "efs-inference/test/network"}
    assert built.one("FileSystem")["throughputMode"] == "bursting"
    assert built.one("AccessPoint")["posixUser"] == {"uid": 1001, "gid": 1001}
    assert built.one("PopulatorRun")["keep_releases"] == 5
    function = built.one("Function")
    assert (function["name"], function["memorySize"], function["tags"]) == (
        "mine",
        1024,
        {"team": "ml"},
    )
    assert set(function["environment"]["variables"]) == {"THREADS", "RELEASE_PATH"}
    assert built.one("Alias")["name"] == "current"
    assert {role["path"] for name, role in built.of("Role").items() if name != "inference"} == {
        "/a/"
    }


def test_the_subnets_of_the_task_may_come_as_one_output(build: Build) -> None:
    seen: list[object] = []

    def make() -> None:
        made = Network(
            "net",
            ExistingNetworkArgs(
                vpc_id=later("vpc-1"),
                subnet_ids={"us-east-1a": later("subnet-a")},
                populator_subnet_ids=later(["subnet-c"]),
                assign_public_ip=later(True),
            ),
        )
        pulumi.Output.from_input(made.populator_subnet_ids).apply(seen.append)

    build(make)
    assert seen == [["subnet-c"]]
