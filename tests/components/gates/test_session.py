"""The roles that a gate assumes: every member of `aws:assumeRoles` counts or is refused."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pulumi_aws as aws
import pytest
from pulumi.dynamic import Config, ConfigureRequest

from components.gates.aws.session import Credentials, as_input, assumed, problems_of, request_of
from components.gates.populator_run import PopulatorRunProvider

ARN = "arn:aws:iam::123456789012:role/deploy"
EVERY: dict[str, Any] = {
    "roleArn": ARN,
    "duration": "1h30m",
    "externalId": "them",
    "policy": "{}",
    "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
    "sessionName": "deploy",
    "sourceIdentity": "me",
    "tags": {"team": "ml"},
    "transitiveTagKeys": ["team"],
}
REQUEST = {
    "RoleArn": ARN,
    "DurationSeconds": 5400,
    "ExternalId": "them",
    "Policy": "{}",
    "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
    "RoleSessionName": "deploy",
    "SourceIdentity": "me",
    "Tags": [{"Key": "team", "Value": "ml"}],
    "TransitiveTagKeys": ["team"],
}


def provider(**config: str) -> PopulatorRunProvider:
    made = PopulatorRunProvider()
    settings = {f"aws:{key}": value for key, value in config.items()}
    made.configure(ConfigureRequest(Config(settings, "project")))
    return made


def failures(made: PopulatorRunProvider, **props: Any) -> list[str]:
    return [str(failure.reason) for failure in made.check({}, props).failures]


def test_every_member_that_the_aws_provider_knows_reaches_aws() -> None:
    assert request_of(EVERY) == REQUEST
    members = aws.ProviderAssumeRoleArgs.__init__.__annotations__
    assert {as_wire(name) for name in members} - {"return"} == set(EVERY)


def as_wire(name: str) -> str:
    return name if name == "return" else next(iter(as_role(**{name: "x"})))


def as_role(**members: Any) -> dict[str, Any]:
    given = as_input(Credentials(assume_roles=[members]))
    (role,) = given["credentials"]["assume_roles"]
    return dict(role)


def test_they_reach_aws_in_the_call_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    source = boto3.Session("key", "secret", region_name="eu-west-1")
    asked: list[dict[str, Any]] = []

    class Sts:
        def assume_role(self, **request: Any) -> dict[str, Any]:
            asked.append(request)
            keys = ("AccessKeyId", "SecretAccessKey", "SessionToken")
            credentials = {**dict.fromkeys(keys, "given"), "Expiration": "2099-01-01T00:00:00Z"}
            return {"Credentials": credentials, "AssumedRoleUser": {"Arn": ARN}}

    monkeypatch.setattr(source, "client", lambda *_, **__: Sts())
    credentials = assumed(source, EVERY).get_credentials()
    assert credentials is not None
    assert credentials.get_frozen_credentials().access_key == "given"
    assert asked == [REQUEST]


@pytest.mark.parametrize(
    ("duration", "seconds"), [("15m", 900), ("900s", 900), ("1.5h", 5400), ("12h0m0s", 43200)]
)
def test_a_duration_is_written_as_the_aws_provider_takes_it(duration: str, seconds: int) -> None:
    assert request_of({"roleArn": ARN, "duration": duration})["DurationSeconds"] == seconds


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"duration": "14m"}, "assumeRoles[0].duration = '14m': it is a duration from 15m to 12h"),
        ({"duration": 900}, "assumeRoles[0].duration = 900: it is a text"),
        ({"duration": "an hour"}, "it is a duration from 15m to 12h"),
        ({"policyArns": "arn"}, "assumeRoles[0].policyArns = 'arn': it is a list of texts"),
        ({"tags": ["a"]}, "assumeRoles[0].tags = ['a']: it is a mapping of texts"),
        ({"serialNumber": "1"}, "assumeRoles[0].serialNumber = '1': the members are roleArn"),
        ({"roleArn": ""}, "a role to assume is an object with a roleArn"),
    ],
)
def test_what_cannot_be_followed_is_refused_by_name(change: dict[str, Any], problem: str) -> None:
    role = {**EVERY, **change}
    (found,) = problems_of([role])
    assert problem in str(found)
    (refused,) = failures(provider(assumeRoles=json.dumps([role])))
    assert problem in refused


@pytest.mark.parametrize("written", ["no JSON", '["text"]', "[{}]"])
def test_what_is_no_role_is_refused(written: str) -> None:
    (refused,) = failures(provider(assumeRoles=written))
    assert "a role to assume is an object with a roleArn" in refused


@pytest.mark.parametrize(
    "setting",
    [
        "accessKey",
        "assumeRoleWithWebIdentity",
        "secretKey",
        "sharedConfigFiles",
        "sharedCredentialsFiles",
        "token",
    ],
)
def test_a_setting_that_would_make_the_aws_provider_somebody_else_is_refused(setting: str) -> None:
    (refused,) = failures(provider(**{setting: "x"}))
    assert refused.startswith(f"aws:{setting}: a gate calls AWS")
    assert "Remedy: instead of it the environment variable" in refused
    own = as_input(Credentials(profile="other"))
    assert failures(provider(**{setting: "x"}), **own) == []


def test_a_resource_s_own_credentials_win_over_those_of_the_stack() -> None:
    made = provider(profile="team", assumeRoles=json.dumps([{"roleArn": ARN}]))
    assert made.as_whom({}) == {"profile": "team", "assume_roles": ({"roleArn": ARN},)}
    own = as_input(Credentials(assume_roles=[{"role_arn": ARN, "policy_arns": ["a"]}]))
    assert made.as_whom(own) == {
        "profile": None,
        "assume_roles": ({"roleArn": ARN, "policyArns": ["a"]},),
    }
    assert failures(made, **own) == []
