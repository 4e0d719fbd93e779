"""Names carry project and stack, and no two stacks have the same."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

import pulumi
import pytest

from components import names

STACKS = [
    ("efs-inference", "dev"),
    ("efs", "inference-dev"),
    ("efs-inference", "prod"),
    ("efs.inference", "dev"),
    ("efs-inference", "de.v"),
    ("efs-inference", "de-v"),
]


@pytest.mark.parametrize("make", [names.tag_name, names.log_group_name, names.family])
def test_no_two_stacks_share_a_name(
    make: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for project, stack in STACKS:
        monkeypatch.setattr(pulumi, "get_project", lambda project=project: project)
        monkeypatch.setattr(pulumi, "get_stack", lambda stack=stack: stack)
        made.append(make("populator"))
        assert make("populator") == made[-1]
    assert all(one != other for one, other in itertools.combinations(made, 2))


def test_a_family_has_the_form_that_ecs_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi, "get_project", lambda: "my.project")
    monkeypatch.setattr(pulumi, "get_stack", lambda: "a.b_c-d")
    assert re.fullmatch(r"my-project-a-b_c-d-populator-[0-9a-f]{7}", names.family("populator"))
