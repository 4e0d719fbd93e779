"""A further `up` on the same cloud: what stays, what is updated, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from local import engine
from local.cloud import Cloud
from local.engine import Result
from local.provider import AwsProvider
from tests.deployments import point_clients_at

from ..conftest import client
from ..programs import Recorder, project
from .everything import TRUST

PARTS = """
import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider

class Provider(ResourceProvider):
    def diff(self, _id, olds, news):
        replaces = ["size"] if olds["size"] != news["size"] else []
        return DiffResult(changes=bool(replaces), replaces=replaces)
    def create(self, props):
        if props["size"] == 7:
            raise ValueError("seven is not made")
        return CreateResult(f"id-{props['size']:.0f}", {**props, "made": [props["colour"]]})

class Thing(Resource, module="small", name="Thing"):
    made: pulumi.Output[list]
    def __init__(self, name, size, colour):
        super().__init__(Provider(), name, {"size": size, "colour": colour, "made": None})
"""
HEAD = "import json, pulumi, pulumi_aws as aws\nfrom small_parts import Thing\n"

Up = Callable[..., tuple[Result, list[str]]]


@pytest.fixture
def up(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Up:
    """Runs a program after an earlier result: the new result, and the names that it touched."""
    point_clients_at(cloud, monkeypatch)

    def run(program: str, before: Result | None = None) -> tuple[Result, list[str]]:
        planned = project(tmp_path, HEAD + program)
        (tmp_path / "small_parts.py").write_text(PARTS)
        recorder = Recorder()
        provider = AwsProvider(planned.region, cloud=True)
        return engine.up(planned, provider, recorder, before), recorder.names

    return run


def test_what_has_the_same_inputs_stays_with_its_outputs(up: Up, cloud: Cloud) -> None:
    program = (
        "vpc = aws.ec2.Vpc('vpc', cidr_block='10.0.0.0/16')\n"
        "thing = Thing('thing', 1, vpc.id)\n"
        "pulumi.export('all', [vpc.id, vpc.default_security_group_id, thing.made])\n"
    )
    first, names = up(program)
    assert (first.error, names) == (None, ["vpc", "thing"])
    second, names = up(program, first)
    assert (second.error, names) == (None, [])
    assert second.outputs == first.outputs
    vpcs = client(cloud, "ec2").describe_vpcs(
        Filters=[{"Name": "cidr-block", "Values": ["10.0.0.0/16"]}]
    )
    assert len(vpcs["Vpcs"]) == 1


def test_a_dynamic_resource_is_made_again_where_its_provider_says_so(up: Up) -> None:
    program = "pulumi.export('made', Thing('thing', {size}, '{colour}').made)\n"
    first, _ = up(program.format(size=1, colour="red"))
    kept, names = up(program.format(size=1, colour="green"), first)
    assert (kept.outputs, names) == ({"made": ["red"]}, [])
    again, names = up(program.format(size=2, colour="green"), kept)
    assert (again.outputs, names) == ({"made": ["green"]}, ["thing"])


def test_after_a_failure_what_was_there_is_still_known(up: Up) -> None:
    program = "t = Thing('thing', {size}, 'red')\nThing('next', 1, t.made)\n"
    first, _ = up(program.format(size=1))
    failed, _ = up(program.format(size=7), first)
    assert failed.error == "pulumi-python:dynamic/small:Thing (thing): seven is not made"
    assert {r.name: r.id for r in failed.resources if r.id} == {"thing": "id-1", "next": "id-1"}
    back, names = up(program.format(size=1), failed)
    assert (back.error, names) == (None, [])


def test_a_policy_is_put_again(up: Up, cloud: Cloud) -> None:
    def program(action: str) -> str:
        statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        return (
            f"role = aws.iam.Role('role', assume_role_policy={TRUST!r})\n"
            f"aws.iam.RolePolicy('rights', role=role.id, policy={document!r})\n"
        )

    first, _ = up(program("s3:GetObject"))
    assert first.error is None
    second, names = up(program("s3:PutObject"), first)
    assert (second.error, names) == (None, ["rights"])
    (rights,) = second.of_type("aws:iam/rolePolicy:RolePolicy")
    role, _, name = rights.id.partition(":")
    found = client(cloud, "iam").get_role_policy(RoleName=role, PolicyName=name)
    assert found["PolicyDocument"]["Statement"][0]["Action"] == "s3:PutObject"


@pytest.mark.parametrize(
    "token", ["aws.ec2.Vpc('it', cidr_block={})", "aws.sfn.Activity('it', name={})"]
)
def test_a_change_of_another_type_is_refused_with_what_changed(up: Up, token: str) -> None:
    first, _ = up(token.format("'10.0.0.0/16'"))
    second, names = up(token.format("'10.1.0.0/16'"), first)
    assert second.error is not None
    assert " changed; within a run only these are updated: " in second.error
    assert "Function" in second.error
    assert names == []


def test_what_is_no_longer_in_the_program_is_not_forgotten(up: Up) -> None:
    first, _ = up("Thing('a', 1, 'red')\nThing('b', 1, 'red')\n")
    second, _ = up("Thing('a', 1, 'red')\n", first)
    assert second.error is not None
    assert second.error.startswith(
        "no longer in the program: pulumi-python:dynamic/small:Thing (b). "
    )
    assert {r.name for r in second.resources if r.id} == {"a", "b"}


def test_a_file_that_lies_elsewhere_with_the_same_content_stays(up: Up, tmp_path: Path) -> None:
    program = (
        "bucket = aws.s3.Bucket('bucket')\n"
        "aws.s3.BucketObjectv2('object', bucket=bucket.id, key='k', source="
        "pulumi.FileAsset({path!r}))\n"
    )
    for name, content in {"a": "1", "b": "1", "c": "2"}.items():
        (tmp_path / name).write_text(content)
    paths = [str(tmp_path / name) for name in "abc"]
    first, names = up(program.format(path=paths[0]))
    assert (first.error, names) == (None, ["bucket", "object"])
    second, names = up(program.format(path=paths[1]), first)
    assert (second.error, names) == (None, [])
    third, names = up(program.format(path=paths[2]), second)
    assert (third.error, names) == (None, ["object"])
