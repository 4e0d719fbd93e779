"""What the guardrails know of AWS, and how their tables are written."""

import json
from importlib.metadata import version

import pytest

from policies.guardrails.wildcards import has_resource
from policies.reading.findings import Open
from tools import reference


@pytest.mark.parametrize(
    "action",
    ["s3:GetObject", "s3:getobject", "s3:Get*", "logs:PutLogEvents", "ecs:RunTask", "kms:Decrypt"],
)
def test_an_action_has_resources(action: str) -> None:
    assert has_resource(action) is True


@pytest.mark.parametrize(
    "action",
    [
        "s3:ListAllMyBuckets",
        "ec2:Describe*",
        "ec2:CreateNetworkInterface",
        "cloudwatch:PutMetricData",
        "ecr:GetAuthorizationToken",
        "kms:GenerateRandom",
        "ssmmessages:OpenDataChannel",
        "xray:PutTraceSegments",
    ],
)
def test_an_action_has_none_or_need_not_name_them(action: str) -> None:
    assert has_resource(action) is False


@pytest.mark.parametrize("action", ["s3:NoSuchAction", "nosuchservice:Get", "s3", ""])
def test_an_action_that_is_not_in_the_table_is_left_open(action: str) -> None:
    assert isinstance(has_resource(action), Open)


def test_the_table_tells_actions_with_resources_from_those_without() -> None:
    given = {"one": {"Actions": {"b": {}, "a": {"Resources": ["x"]}, "c": {"Resources": []}}}}
    assert reference.actions(given) == {"one": ["a", "b c"]}


def test_the_table_tells_until_when_a_runtime_is_supported() -> None:
    given = {"python3.11": {"deprecated": "2027-06-30", "create-block": "2027-07-31"}}
    assert reference.runtimes(given) == {"python3.11": "2027-06-30"}


def test_the_written_tables_are_those_of_their_source() -> None:
    written = [json.loads(path.read_text("utf-8")) for path in reference.FOLDER.glob("*.json")]
    assert len(written) == 2
    assert all(one["date"] for one in written)
    if all(one["source"].startswith(f"cfn-lint {version('cfn-lint')},") for one in written):
        assert reference.main(["--check"]) == 0
