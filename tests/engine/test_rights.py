"""What a run from `up` to `destroy` calls of AWS, and the policies of whoever deploys."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase

import pytest

from components.deployer import Place, Right, rights
from local.project import Project
from tests.engine.calls import Calls
from tests.engine.conftest import Pulumi, left
from tools.deployer_policy import plan
from tools.rights import CALLED

pytestmark = pytest.mark.whole


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return Calls(monkeypatch)


def test_a_whole_run_calls_nothing_that_is_not_allowed(calls: Calls, pulumi: Pulumi) -> None:
    pulumi.configure(egress="nat", alarms="own")
    pulumi.up()
    pulumi.configure(memoryMb=1024)
    pulumi.up()
    made, on = calls.actions.copy(), calls.on.copy()
    calls.actions.clear()
    calls.on.clear()
    pulumi.destroy()
    ended, ended_on = calls.actions.copy(), calls.on.copy()
    assert left() == {}

    used = plan(Project.load(pulumi.folder, "dev"), "123456789012")
    place = Place(account="123456789012", region="us-east-1")
    up, destroy = (rights(used, name, place) for name in ("up", "destroy"))
    assert made - {right.action for right in up} == set()
    assert ended - {right.action for right in destroy} == set()
    assert [one for one in sorted(on) if not allows(up, *one)] == []
    assert [one for one in sorted(ended_on) if not allows(destroy, *one)] == []
    named = {action.partition(":")[0] for action, _ in on}
    assert named >= {"iam", "lambda", "s3", "ecs", "logs", "sns", "events", "kms", "cloudwatch"}
    # Docs list what is beyond these.
    called = sorted(made | ended)
    listed = json.loads(CALLED.read_text(encoding="utf-8"))
    assert called == listed, (
        f"put this into {CALLED.name}, then `make readme`: {json.dumps(called)}"
    )


def allows(found: list[Right], action: str, arn: str) -> bool:
    """Whether one of the rights is to this."""
    return any(
        fnmatchcase(arn, pattern)
        for right in found
        if right.action == action
        for pattern in right.arns
    )
