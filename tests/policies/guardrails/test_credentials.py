"""A password in a URL is named, without being shown; a secret by its ARN is none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..changes.changes import function, task
from ..programs import Program, judge_program, program

RULE = "passwords-are-secrets"
URL = "https://team:s3cret+word@pypi.example/simple"


def said(whole: Program) -> list[tuple[str, bool, str]]:
    lines = [line for line in judge_program(whole, "guardrails") if line.policy == RULE]
    return [(line.about, line.mandatory, line.message) for line in lines]


def with_container(**changes: Any) -> Program:
    whole = program(created=True)
    properties = task(whole).props
    (container,) = json.loads(properties["containerDefinitions"])
    properties["containerDefinitions"] = json.dumps([container | changes])
    return whole


@pytest.mark.parametrize(
    "changes",
    [
        {"command": ["install", "--index-url", URL]},
        {"environment": [{"name": "PIP_INDEX_URL", "value": URL}]},
        {"entryPoint": ["sh", "-c", f"pip install --index-url={URL} x"]},
    ],
)
def test_a_containers_password_is_named_and_not_shown(changes: dict[str, Any]) -> None:
    ((about, mandatory, message),) = said(with_container(**changes))
    assert (about, mandatory) == ("libraries", False)
    assert message == (
        "container 'populate' of task definition 'libraries' has a URL with a password in plain "
        "text, https://***@pypi.example: whoever may describe it reads that, and so does the "
        "state. Name a secret of Secrets Manager by its ARN in `secrets`."
    )


def test_a_functions_password_is_named() -> None:
    whole = program(created=True)
    function(whole).props["environment"]["variables"]["DATABASE"] = "postgres://me:word@db.x:5432/a"
    ((about, _, message),) = said(whole)
    assert about == "inference"
    assert "postgres://***@db.x:5432" in message
    assert "word@" not in message


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"secrets": [{"name": "INDEX_NETRC", "valueFrom": "arn:aws:secretsmanager:x:1:secret:a"}]},
        {"command": ["install", "https://pypi.example:8443/simple", "me@example.org"]},
        {"environment": [{"name": "A", "value": "https://user@pypi.example/simple"}]},
    ],
)
def test_what_holds_no_password_is_fine(changes: dict[str, Any]) -> None:
    assert said(with_container(**changes)) == []
