"""Policies and Fargate's sizes, as pure functions."""

from __future__ import annotations

from typing import Any

import pytest

from local.account import rights, rules

ALLOW = {"Effect": "Allow", "Action": "efs:Mount", "Resource": "arn:fs"}
DENY = {**ALLOW, "Effect": "Deny"}


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        ([], False),
        ([ALLOW], True),
        ([ALLOW, DENY], False),
        ([{**ALLOW, "Action": "EFS:M*"}], True),
        ([{**ALLOW, "Resource": ["arn:x", "arn:f?"]}], True),
        ([{**ALLOW, "Resource": "arn:fs/*"}], False),
        ([{"Effect": "Allow", "NotAction": "efs:Write", "NotResource": "arn:x"}], True),
        ([{**ALLOW, "Condition": {"StringEquals": {"Point": ["a", "b"]}}}], True),
        ([{**ALLOW, "Condition": {"StringEquals": {"Point": "c"}}}], False),
        ([{**ALLOW, "Condition": {"StringNotEquals": {"Point": "c"}}}], True),
        ([{**ALLOW, "Condition": {"StringNotEquals": {"Missing": "c"}}}], True),
        ([{**ALLOW, "Condition": {"StringEquals": {"Missing": "c"}}}], False),
        ([{**ALLOW, "Condition": {"StringEqualsIfExists": {"Missing": "c"}}}], True),
        ([{**ALLOW, "Condition": {"StringLike": {"point": "?"}}}], True),
        ([{**ALLOW, "Condition": {"ArnLike": {"Point": "arn:*"}}}], False),
        ([ALLOW, {**DENY, "Condition": {"Bool": {"Tls": False}}}], True),
        ([ALLOW, {**DENY, "Condition": {"Bool": {"Tls": "true"}}}], False),
        ([ALLOW, {**DENY, "Condition": {"Null": {"Missing": "true"}}}], False),
        ([ALLOW, {**DENY, "Condition": {"Null": {"Missing": False}}}], True),
        ([ALLOW, {**DENY, "Condition": {"Null": {"point": "true"}}}], True),
        ([ALLOW, {**DENY, "Condition": {"Null": {"point": False}}}], False),
        ([{**ALLOW, "Condition": {"NumericLessThan": {"Age": "3"}}}], False),
    ],
)
def test_a_policy_is_evaluated(statements: list[dict[str, Any]], allowed: bool) -> None:
    context = {"Point": "a", "Tls": "true"}
    assert rights.allows([{"Statement": statements}], "efs:Mount", "arn:fs", context) is allowed


@pytest.mark.parametrize(
    ("principal", "allowed"),
    [("*", True), ({"AWS": "*"}, True), ({"AWS": ["me"]}, True), ({"AWS": "you"}, False)],
)
def test_a_resource_policy_allows_by_principal(principal: object, allowed: bool) -> None:
    policy = {"Statement": [{**ALLOW, "Principal": principal}]}
    given = rights.allows([], "efs:Mount", "arn:fs", {}, principal="me", resource_policies=[policy])
    assert given is allowed


def test_the_services_models_need_nothing_of_the_users_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "a profile that does not exist")
    rules._model.cache_clear()
    request = {"family": "f", "networkMode": "of mine", "containerDefinitions": []}
    (trouble,) = rules.by_model("ecs", "RegisterTaskDefinition", request)
    assert "'of mine' at 'networkMode'" in trouble
