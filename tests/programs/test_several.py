"""Programs of others: several functions, regions, and what is replaced under a live version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.cloud import Cloud
from tests.lambda_src.conftest import Index
from tests.programs.program import Program

from .conftest import ANSWER, ONE, deployed

pytestmark = pytest.mark.whole


def test_two_functions_on_one_release_and_one_store_with_names_of_the_user_s(
    cloud: Cloud, index: Index, tmp_path: Path
) -> None:
    made = deployed(
        tmp_path,
        index,
        """
        libraries = published("shared", new_network("shared"))
        one = served("one", libraries, function_name="answers", alias="current")
        two = served("two", libraries, function_name=pulumi.Output.from_input("others"),
                     memory_mb=1024, log=efs.LogArgs(name="/aws/lambda/others"))
        again = efs.Publication("again", efs.PublicationArgs(
            populator=efs.Populator("second", efs.PopulatorArgs(
                store=libraries.store, target=target, index_url=config.require("indexUrl"))),
            application=application, salt="other"))
        three = served("three", again)
        pulumi.export("aliases", [one.alias_arn, two.alias_arn, three.alias_arn])
        """,
    )
    assert len(made.ids("FileSystem")) == 1
    assert made.ids("PopulatorRun").keys() == {"shared-libraries", "again"}
    aliases = made.output("aliases")
    assert [arn.split(":", 6)[-1] for arn in aliases[:2]] == ["answers:current", "others:live"]
    for alias in aliases:
        answer = boto3.client("lambda").invoke(FunctionName=alias, Payload=json.dumps(ONE))
        assert json.loads(answer["Payload"].read()) == ANSWER
    assert boto3.client("logs").filter_log_events(logGroupName="/aws/lambda/others")["events"]


def test_two_regions_in_one_program(cloud: Cloud, index: Index, tmp_path: Path) -> None:
    made = deployed(
        tmp_path,
        index,
        """
        west = aws.Provider("west", region="eu-west-1")
        there = pulumi.ResourceOptions(providers=[west])
        for name, opts, account in (("east", None, ()), ("west", there, (west,))):
            network = new_network(name, opts, provider=account)
            function = served(name, published(name, network, opts), opts)
            pulumi.export(name, function.alias_arn)
        """,
    )
    for name, region in (("east", "us-east-1"), ("west", "eu-west-1")):
        arn = made.output(name)
        assert arn.split(":")[3] == region
        answer = boto3.client("lambda", region_name=region).invoke(
            FunctionName=arn, Payload=json.dumps(ONE)
        )
        assert json.loads(answer["Payload"].read()) == ANSWER
        (system,) = boto3.client("efs", region_name=region).describe_file_systems()["FileSystems"]
        assert f":{region}:" in system["FileSystemArn"]
    runs: dict[str, Any] = made.inputs("PopulatorRun")
    assert {name: run["region"] for name, run in runs.items()} == {
        "east-libraries": "us-east-1",
        "west-libraries": "eu-west-1",
    }


@pytest.mark.parametrize("replaced", ["access point", "role", "policy"])
def test_the_live_version_keeps_its_rights_until_the_alias_has_moved(
    cloud: Cloud, index: Index, tmp_path: Path, replaced: str
) -> None:
    for name in ("/theirs/one", "/theirs/two"):
        boto3.client("logs").create_log_group(logGroupName=name)
    made = deployed(
        tmp_path,
        index,
        """
        roles = efs.RoleArgs(path=config.require("path"))
        libraries = published("mine", new_network("mine"), store={
            "root_directory": config.require("root")}, populator={"roles": roles})
        served("mine", libraries, role=efs.FunctionRole("mine-role", roles),
               log=efs.LogArgs(group=config.require("log")))
        """,
        root="/libraries",
        path="/",
        log="/theirs/one",
    )
    assert (made.live, made.ask(ONE)) == ("1", ANSWER)
    changed = {
        "access point": ("AccessPoint", {"root": "/others"}),
        "role": ("Role", {"path": "/others/"}),
        "policy": ("RolePolicy", {"log": "/theirs/two"}),
    }
    kind, change = changed[replaced]
    before = made.ids(kind)
    made.configure(**change)
    made.write_model(fails=True)
    error = made.up()
    assert error is not None
    assert "failed its smoke invocation" in error
    assert made.ids(kind) != before
    assert made.live == "1"
    cold_start(made)
    assert made.ask(ONE) == ANSWER
    made.write_model()
    assert made.up() is None
    assert made.live != "1"
    assert made.ask(ONE) == ANSWER


def cold_start(made: Program) -> None:
    """End the environment in which the live version runs, so that the next call mounts again."""
    boto3.client("lambda").invoke(
        FunctionName=made.outputs("Alias")["arn"], Payload=json.dumps({"instances": ["exit"]})
    )
