"""Names carry project and stack, and no two stacks have the same."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from components import Account
from components.resources import names

STACKS = [
    ("efs-inference", "dev"),
    ("efs", "inference-dev"),
    ("efs-inference", "prod"),
    ("efs.inference", "dev"),
    ("efs-inference", "de.v"),
    ("efs-inference", "de-v"),
]


EU = Account(id="123456789012", region="eu-central-1", partition="aws")


Stack = Callable[[str, str], None]


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Stack:
    """Says in which project and stack the program runs."""

    def of(project: str, name: str) -> None:
        monkeypatch.setattr(pulumi, "get_project", lambda: project)
        monkeypatch.setattr(pulumi, "get_stack", lambda: name)

    return of


def bucket(name: str) -> str:
    return names.bucket_name(name, EU)


@pytest.mark.parametrize("make", [bucket, names.tag_name, names.log_group_name, names.family])
def test_no_two_stacks_share_a_name(make: Callable[[str], str], stack: Stack) -> None:
    made = []
    for project, name in STACKS:
        stack(project, name)
        made.append(make("populator"))
        assert make("populator") == made[-1]
    assert all(one != other for one, other in itertools.combinations(made, 2))


def test_a_family_has_the_form_that_ecs_takes(stack: Stack) -> None:
    stack("my.project", "a.b_c-d")
    assert re.fullmatch(r"my-project-a-b_c-d-populator-[0-9a-f]{7}", names.family("populator"))


@pytest.mark.parametrize(
    ("project", "name", "start"),
    [
        ("efs-inference", "dev", "efs-inference-dev-populator-"),
        ("My.Project", "A_b", "my-project-a-b-populator-"),
        ("xn--a", "dev", "x-xn-a-dev-populator-"),
        ("sthree-a", "dev", "x-sthree-a-dev-populator-"),
        ("amzn-s3-demo-a", "dev", "x-amzn-s3-demo-a-dev-populator-"),
        ("p" * 100, "s" * 100, "p" * 46 + "-"),
        ("-_.", "-", "populator-"),
    ],
)
def test_a_bucket_name_has_the_form_that_s3_takes(
    project: str, name: str, start: str, stack: Stack
) -> None:
    stack(project, name)
    made = bucket("populator")
    assert re.fullmatch(re.escape(start) + "[0-9a-f]{16}", made)
    assert 3 <= len(made) <= 63


@pytest.mark.parametrize("other", [{"id": "210987654321"}, {"region": "eu-west-1"}])
def test_each_account_and_region_has_a_bucket_of_its_own(
    other: dict[str, Any], stack: Stack
) -> None:
    stack("p", "s")
    assert names.bucket_name("a", dataclasses.replace(EU, **other)) != bucket("a")
