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


def test_the_table_tells_what_managed_policies_say_of_efs_clients() -> None:
    said = {"Effect": "Allow", "Action": "elasticfilesystem:Client*", "Resource": "*"}
    other = {"Effect": "Allow", "Action": ["elasticfilesystem:Describe*", "s3:*"], "Resource": "*"}
    power = {"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}
    without = {"Effect": "Deny", "NotAction": "elasticfilesystem:*", "Resource": "*"}
    given = {
        name: {"Document": {"Statement": statement}}
        for name, statement in {"A": [said, other], "B": other, "C": power, "D": without}.items()
    }
    assert reference.managed_policies(given) == {"A": [said], "B": [], "C": [power], "D": []}


def test_the_written_tables_are_those_of_their_source() -> None:
    written = [json.loads(path.read_text("utf-8")) for path in reference.FOLDER.glob("*.json")]
    assert len(written) == 3
    assert all(one["date"] for one in written)
    installed = {f"{name} {version(name)}," for name in ("cfn-lint", "moto")}
    if {one["source"].rpartition(" ")[0] for one in written} == installed:
        assert reference.main(["--check"]) == 0
