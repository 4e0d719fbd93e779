"""The first run: its steps on the embedded cloud, and on AWS by the CLI."""

from __future__ import annotations

import json

import pytest

from local.cloud import Cloud
from tests.first_run.conftest import Kit
from tools.first_run import report
from tools.first_run.steps import STEPS

NAMES = [step.name for step in STEPS]


@pytest.mark.whole
def test_a_rehearsal_does_every_step_and_settles_every_item(kit: Kit) -> None:
    assert kit.run("--rehearse") == 0
    record = json.loads((kit.folder / "embedded.json").read_text())
    assert list(record["steps"]) == NAMES
    assert {name for name, step in record["steps"].items() if step["error"]} == {"failing"}
    assert record["probes"].keys() == report.OPEN.keys()
    assert [name for name, found in record["probes"].items() if "error" in found] == []
    versions = [step["call"]["version"] for step in record["steps"].values()]
    assert versions == ["1", "2", "3", "4", "5", "5"]
    (answers,) = zip(*(s["call"]["payload"]["predictions"] for s in record["steps"].values()))
    assert [answer["tzdata"] for answer in answers] == [
        *("first", "first", "first", "second", "first", "first")
    ]
    changed = {name: set(step["changed"]) for name, step in record["steps"].items()}
    assert "PopulatorRun" not in changed["memory"] | changed["model"]
    assert "PopulatorRun" in changed["lock"] & changed["rollback"]
    assert "Alias" not in changed["failing"]


@pytest.mark.whole
def test_on_aws_it_does_the_same_by_the_cli_compares_and_leaves_nothing(
    kit: Kit, aws: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kit.run("--yes", "--no-rehearsal") == 0
    record = json.loads((kit.folder / "aws.json").read_text())
    assert list(record["steps"]) == NAMES
    assert record["left"] == []
    # The same cloud behind the CLI: so there is nothing that differs.
    assert report.differences(record, record) == []
    text = (kit.folder / "aws.md").read_text()
    assert text.endswith("## What is left\n\nNothing.\n")
    assert "OTHERWISE" not in text
    said = capsys.readouterr().out
    assert "in all" in said
    assert "failing: as expected" in said
    assert kit.commands()[:2] == ["select", "cancel"]
