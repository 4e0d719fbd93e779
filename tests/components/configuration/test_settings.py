"""Settings: every problem at once, each with its remedy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from components.configuration.settings import Settings
from components.contract import Application
from components.errors import ConfigurationError

ROOT = Path(__file__).parents[3]
OWN = Application(ROOT / "lambda_src" / "application")
HASH = "0" * 64


def defaults() -> dict[str, str]:
    """Pulumi.yaml's defaults as the engine hands them over."""
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    return {
        key: entry["default"] if isinstance(entry["default"], str) else json.dumps(entry["default"])
        for key, entry in declared.items()
    }


def empty(folder: Path) -> Application:
    """An application without locks."""
    (folder / "model.py").touch()
    return Application(folder)


def problems(**changes: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        Settings.load({**defaults(), **changes}, OWN)
    return [str(problem) for problem in caught.value.problems]


def test_the_defaults_of_the_project_file_are_a_right_configuration() -> None:
    settings = Settings.load(defaults(), OWN)
    assert settings.runtime == "python3.11"
    assert settings.memory_mb == 3008
    assert settings.protect is False
    assert settings.availability_zones == ()
    assert settings.target.image == "public.ecr.aws/lambda/python:3.11"


def test_every_declared_key_is_a_setting_and_every_setting_is_declared() -> None:
    declared = set(yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"])
    with pytest.raises(ConfigurationError) as caught:
        Settings.load({}, OWN)
    assert {problem.subject for problem in caught.value.problems} == declared


WRONG = {
    "mountPath": [
        "",
        "/mnt",
        "/mnt/",
        "/mnt/a/b",
        "/data/x",
        "/mnt/..",
        "/mnt/ü",
        "/mnt/" + "a" * 156,
    ],
    "runtime": ["python3.10", "python3.15", "", "Python3.11", "nodejs20.x"],
    "architecture": ["amd64", "aarch64", "X86_64", ""],
    "memoryMb": ["127", "10241", "3008.0", "-1", "3 GB", "", "١٢٨"],
    "timeoutSeconds": ["0", "901", "1e2"],
    "ephemeralStorageMb": ["511", "10241"],
    "populatorCpu": ["0", "1000", "2 vCPU"],
    "populatorEphemeralStorageGib": ["20", "201"],
    "populatorTimeoutMinutes": ["0", "721"],
    "populatorImage": ["my image", "UPPER/case", "repo@sha256:123"],
    "indexUrl": [
        "",
        "pypi.org/simple",
        "http://pypi.org/simple",
        "ftp://x/y",
        "https://",
        "https://h:port/",
    ],
    "indexSecretArn": [
        "index",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:index",
        "arn:aws:ssm:us-east-1:123456789012:parameter/index-a1B2c3",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:index-a1B2c3:password::",
    ],
    "wheelCache": [
        "my-wheels",
        "s3://my-wheels",
        "s3://my.wheels/x",
        "s3://my-wheels//x",
        "s3://my-wheels/a b",
        "https://my-wheels.s3.amazonaws.com/x",
    ],
    "networkCidr": [
        "10.0.0.0/8",
        "10.0.0.0/25",
        "8.8.8.0/24",
        "127.0.0.0/16",
        "169.254.0.0/16",
        "10.0.0.1/16",
        "10.0.0.0",
        "::/64",
        "",
    ],
    "availabilityZones": [
        "us-east-1a",
        '["us-east-1"]',
        '["a","a"]',
        '["us-east-1a","us-east-1a"]',
        '["us-east-1a","eu-west-1a"]',
        "{}",
        "[1]",
    ],
    "subnetIds": ["subnet-1", '["vpc-0123456789abcdef0"]', '["subnet-01234567","subnet-01234567"]'],
    "kmsKeyArn": ["alias/mine", "arn:aws:iam::123456789012:policy/x"],
    "permissionsBoundary": ["boundary", "arn:aws:kms:us-east-1:123456789012:key/x"],
    "iamPath": ["inference", "/inference", "/a b/", "/" + "a" * 511 + "/"],
    "egress": ["None", "NAT", ""],
    "throughput": ["max", ""],
    "provisionedThroughputMibps": ["3415", "-1", "1.5"],
    "backup": ["ENABLED", ""],
    "aliasName": ["$LATEST", "12", "a.b", ""],
    "environment": [
        "A=1",
        '["A"]',
        '["AB=1","AB=2"]',
        '["A=1"]',
        '["1B=1"]',
        '["AWS_REGION=x"]',
        '["RELEASE_PATH=/mnt/x"]',
        json.dumps([f"BIG={'x' * 5000}"]),
    ],
    "layers": [
        json.dumps([f"arn:aws:lambda:us-east-1:123456789012:layer:x:{n}" for n in range(2)]),
        "arn:aws:lambda:us-east-1:123456789012:layer:x:1",
        '["arn:aws:lambda:us-east-1:123456789012:layer:x"]',
        json.dumps([f"arn:aws:lambda:us-east-1:123456789012:layer:x:{n}" for n in range(6)]),
    ],
    "reservedConcurrency": ["-1", "many"],
    "provisionedConcurrency": ["-1", ""],
    "provisionedConcurrencyMaximum": ["1.0"],
    "functionUrl": ["public", "NONE", ""],
    "tracing": ["Active", ""],
    "deadLetterArn": [
        "failed",
        "arn:aws:sqs:us-east-1:123456789012:failed.fifo",
        "arn:aws:events:us-east-1:123456789012:event-bus/x",
    ],
    "alarms": [
        *("", "yes", "Own", "arn:aws:sns:us-east-1:1:x", "arn:aws:sqs:us-east-1:123456789012:x"),
        "arn:aws:sns:us-east-1:123456789012:x.fifo",
    ],
    "protect": ["yes", "True", "1", ""],
    "tags": ["team=ml", '["team"]', '["=x"]', '["Name=x"]', '["aws:x=y"]', '["a=1","a=2"]'],
}


@pytest.mark.parametrize(("key", "value"), [(k, v) for k, values in WRONG.items() for v in values])
def test_a_wrong_value_is_one_problem_with_value_rule_and_command(key: str, value: str) -> None:
    (problem,) = problems(**{key: value})
    assert problem.startswith(f"{key} = {value!r}: ")
    assert "Remedy: `pulumi config set " in problem
    assert key in problem.partition("Remedy")[2]


def test_all_wrong_values_are_reported_in_one_error() -> None:
    found = problems(**{key: values[0] for key, values in WRONG.items()})
    assert len(found) == len(WRONG)


def test_an_unknown_key_names_the_nearest_known_one() -> None:
    assert problems(mountpath="/mnt/x") == [
        "mountpath: there is no such key; the nearest is mountPath. "
        "Remedy: `pulumi config rm mountpath`"
    ]


def test_an_unknown_key_that_is_like_nothing_names_none() -> None:
    assert "nearest" not in problems(zzz="1")[0]


def test_a_memory_that_fargate_has_not_for_the_cpu_is_refused_with_the_nearest_that_it_has() -> (
    None
):
    assert problems(populatorCpu="256", populatorMemoryMb="3072") == [
        "populatorMemoryMb = 3072: for populatorCpu 256 Fargate allows 512, 1024, 2048 MiB. "
        "Remedy: `pulumi config set populatorMemoryMb 2048`"
    ]


def test_the_step_of_a_large_cpu_is_said() -> None:
    (problem,) = problems(populatorCpu="8192", populatorMemoryMb="20000")
    assert "16384 to 61440 MiB in steps of 4096" in problem


def test_credentials_in_the_index_url_are_refused_and_not_shown() -> None:
    (problem,) = problems(indexUrl="https://user:hunter2@pypi.example/simple")
    assert "hunter2" not in problem
    assert "'https://***@pypi.example/simple'" in problem
    assert "task definition" in problem


def test_plain_http_is_for_this_machine_only() -> None:
    url = "http://127.0.0.1:8080/simple"
    settings = Settings.load({**defaults(), "indexUrl": url}, OWN)
    assert settings.egress_ports == (443, 8080)


def test_tags_are_read_as_a_mapping() -> None:
    """So `pulumi config set tags '["a=b"]'` arrives, and `--path 'tags[0]'` as well."""
    settings = Settings.load({**defaults(), "tags": '["team=ml","cost=a=b"]'}, OWN)
    assert dict(settings.tags) == {"team": "ml", "cost": "a=b"}


A_B = "`pulumi config set --path 'tags[0]' a=b`"
ZONES = [
    f"`pulumi config set --path 'availabilityZones[{index}]' us-east-1{zone}`"
    for index, zone in enumerate("ab")
]


@pytest.mark.parametrize(
    ("key", "given", "remedy"),
    [
        ("tags", "a=b", A_B),
        ("tags", "a=b c", "`pulumi config set --path 'tags[0]' 'a=b c'`"),
        ("tags", "a=b, c=d", f"{A_B}, `pulumi config set --path 'tags[1]' c=d`"),
        ("tags", '{"a":"b"}', f"{A_B}, after `pulumi config rm tags`"),
        ("tags", '["a"]', "`pulumi config set --path 'tags[0]' team=ml`"),
        ("tags", "team", "`pulumi config set --path 'tags[0]' team=ml`"),
        ("tags", "5", "`pulumi config set --path 'tags[0]' team=ml`"),
        ("availabilityZones", "us-east-1a", ZONES[0]),
        ("availabilityZones", "us-east-1a,us-east-1b", ", ".join(ZONES)),
    ],
)
def test_a_list_in_another_form_is_answered_with_the_commands_for_its_entries(
    key: str, given: str, remedy: str
) -> None:
    (problem,) = problems(**{key: given})
    assert problem.startswith(f"{key} = {given!r}: it is a list of at most ")
    assert problem.partition("Remedy: ")[2] == remedy


def test_no_key_is_typed_because_the_cli_would_name_the_first_wrong_one_and_no_remedy() -> None:
    for entry in yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"].values():
        assert set(entry) == {"description", "default"}


def test_subnets_of_the_task_alone_are_those_of_no_vpc() -> None:
    (problem,) = problems(populatorSubnetIds='["subnet-01234567"]')
    assert "go with subnetIds" in problem
