"""Callers of the alias: who has to say on whose behalf, and both permissions of a URL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pulumi
import pytest

from components import Caller, FunctionUrlArgs
from components.errors import ConfigurationError

from ..conftest import Build, Chain

ACCOUNT = "210987654321"
API = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:a1b2c3/*/*"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/front/end"


RIGHT: list[dict[str, Any]] = [
    {"principal": "apigateway.amazonaws.com", "source_arn": API},
    {"principal": "events.amazonaws.com", "source_account": ACCOUNT},
    {"principal": "s3.amazonaws.com", "source_arn": "arn:aws:s3:::b", "source_account": ACCOUNT},
    {"principal": "events.amazonaws.com.cn", "source_account": ACCOUNT},
    {"principal": ACCOUNT},
    {"principal": f"arn:aws-cn:iam::{ACCOUNT}:root"},
    {"principal": ROLE},
    {"principal": "*", "organization": "o-a1b2c3d4e5"},
    {"principal": ACCOUNT, "organization": "o-a1b2c3d4e5"},
]


@pytest.mark.parametrize("given", RIGHT)
def test_these_may_call(given: dict[str, Any]) -> None:
    assert Caller(**given).principal == given["principal"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"principal": "apigateway.amazonaws.com"},
            ["Caller.principal = 'apigateway.amazonaws.com': a service calls for anybody"],
        ),
        (
            {"principal": "s3.amazonaws.com", "source_arn": "arn:aws:s3:::b"},
            ["Caller.source_arn = 'arn:aws:s3:::b': it names no account"],
        ),
        (
            {
                "principal": "apigateway.amazonaws.com",
                "source_arn": "arn:aws:execute-api:*:*:a1b2c3/*",
            },
            ["Caller.source_arn = 'arn:aws:execute-api:*:*:a1b2c3/*': it names no account"],
        ),
        (
            {"principal": "sns.amazonaws.com", "source_arn": "topic"},
            ["Caller.source_arn = 'topic': it is an ARN"],
        ),
        (
            {"principal": "sns.amazonaws.com", "source_account": "12"},
            ["Caller.source_account = '12': it has twelve digits"],
        ),
        (
            {"principal": "sns.amazonaws.com", "organization": "o-1"},
            [
                "Caller.principal = 'sns.amazonaws.com': a service calls for anybody",
                "Caller.organization = 'o-1': a service is in no organization",
                "Caller.organization = 'o-1': it is the id of an organization",
            ],
        ),
        ({"principal": "*"}, ["Caller.principal = '*': that is everybody"]),
        ({"principal": "front"}, ["Caller.principal = 'front': it is a service such as"]),
        ({"principal": ""}, ["Caller.principal = '': it is a service such as"]),
        (
            {"principal": ROLE, "source_arn": API, "source_account": ACCOUNT},
            [
                f"Caller.source_arn = '{API}': {ROLE} sends none, only services do",
                f"Caller.source_account = '{ACCOUNT}': {ROLE} sends none, only services do",
            ],
        ),
    ],
)
def test_what_could_call_for_anybody_or_never_is_refused(
    given: dict[str, Any], said: list[str]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Caller(**given)
    found = [str(problem) for problem in caught.value.problems]
    assert len(found) == len(said)
    assert all(line.startswith(start) for line, start in zip(found, said, strict=True)), found
    assert all("Remedy: " in line for line in found)


def test_each_caller_has_a_permission_on_the_alias(build: Build, chain: Chain) -> None:
    arn = pulumi.Output.from_input(API)
    allow = {
        "api": Caller(principal="apigateway.amazonaws.com", source_arn=arn),
        "team": Caller(principal=ACCOUNT),
    }
    made = build(replace(chain, function={"allow": allow})).of("Permission")
    place = {"action": "lambda:InvokeFunction", "function": "inference", "qualifier": "live"}
    assert made == {
        "inference-allow-api": {
            **place,
            "principal": "apigateway.amazonaws.com",
            "sourceArn": API,
        },
        "inference-allow-team": {**place, "principal": ACCOUNT},
    }


def test_a_url_is_signed_by_its_callers_and_needs_no_permission_in_its_own_account(
    build: Build, chain: Chain
) -> None:
    made = build(replace(chain, function={"url": FunctionUrlArgs()}))
    assert made.one("FunctionUrl") == {
        "authorizationType": "AWS_IAM",
        "functionName": "inference",
        "qualifier": "live",
    }
    assert made.of("Permission") == {}


@pytest.mark.parametrize(
    ("url", "principal", "word"),
    [
        (FunctionUrlArgs(allow={"front": Caller(principal=ROLE)}), ROLE, "front"),
        (FunctionUrlArgs(authentication="NONE"), "*", "everybody"),
    ],
)
def test_who_calls_a_url_has_both_permissions(
    build: Build, chain: Chain, url: FunctionUrlArgs, principal: str, word: str
) -> None:
    made = build(replace(chain, function={"url": url, "alias": "stable"})).of("Permission")
    both = {"function": "inference", "qualifier": "stable", "principal": principal}
    assert made == {
        f"inference-url-call-{word}": {
            **both,
            "action": "lambda:InvokeFunctionUrl",
            "functionUrlAuthType": url.authentication,
        },
        f"inference-url-invoke-{word}": {
            **both,
            "action": "lambda:InvokeFunction",
            "invokedViaFunctionUrl": True,
        },
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"authentication": "IAM"}, "FunctionUrlArgs.authentication = 'IAM': it is one of AWS_IAM"),
        (
            {"allow": {"the front": Caller(principal=ROLE)}},
            "FunctionUrlArgs.allow = 'the front': the word for a caller is 1 to 32 letters",
        ),
        (
            {"authentication": "NONE", "allow": {"front": Caller(principal=ROLE)}},
            "FunctionUrlArgs.allow = front: with authentication NONE everybody may call",
        ),
    ],
)
def test_a_url_that_contradicts_itself_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said.replace("(", "[(]")):
        FunctionUrlArgs(**given)
