"""What a run from `up` to `destroy` calls of AWS, and the policies of whoever deploys."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from components.deployer import Place, rights
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
    made = calls.actions.copy()
    calls.actions.clear()
    pulumi.destroy()
    ended = calls.actions.copy()
    assert left() == {}

    used = plan(Project.load(pulumi.folder, "dev"), "123456789012")
    place = Place(account="123456789012", region="us-east-1")
    allowed = {name: {r.action for r in rights(used, name, place)} for name in ("up", "destroy")}
    assert made - allowed["up"] == set()
    assert ended - allowed["destroy"] == set()
    # Docs list what is beyond these.
    assert sorted(made | ended) == json.loads(Path(CALLED).read_text(encoding="utf-8"))
