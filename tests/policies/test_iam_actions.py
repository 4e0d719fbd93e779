"""Which actions have resources, and how the pack's table of them is written."""

import json
from importlib.metadata import version

import pytest

from policies.guardrails.wildcards import has_resource
from policies.reading.findings import Open
from tools import iam_actions


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
    reference = {"one": {"Actions": {"b": {}, "a": {"Resources": ["x"]}, "c": {"Resources": []}}}}
    assert iam_actions.table(reference) == {"one": ["a", "b c"]}


def test_the_written_table_is_that_of_its_source() -> None:
    written = json.loads(iam_actions.WRITTEN.read_text(encoding="utf-8"))
    assert written["date"]
    if written["version"] == version("cfn-lint"):
        assert iam_actions.main(["--check"]) == 0
