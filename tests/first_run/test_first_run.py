"""The first run: its steps on the embedded cloud, and on AWS by the CLI."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from local.cloud import Cloud
from tests.engine.on_path import HOST, cli_is_missing, put_on_path
from tests.first_run.conftest import Kit
from tests.lambda_src.conftest import Index
from tools.first_run import report
from tools.first_run.questions import QUESTIONS
from tools.first_run.steps import STEPS

pytestmark = pytest.mark.whole

NAMES = [step.name for step in STEPS]


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory, application: Path, index: Index) -> Kit:
    """A rehearsal that has ended as it should."""
    kit = Kit(tmp_path_factory.mktemp("rehearsed"), application, index)
    assert kit.run("--rehearse") == 0
    return kit


def test_a_rehearsal_does_every_step_and_settles_every_item(rehearsed: Kit) -> None:
    record = rehearsed.record("embedded")
    steps: dict[str, Any] = record["steps"]
    assert list(steps) == NAMES
    assert [name for name, step in steps.items() if step["error"]] == ["failing"]
    asked = [name for name, question in QUESTIONS.items() if question.asked]
    assert sorted(record["probes"]) == sorted(asked)
    assert [name for name, found in record["probes"].items() if "error" in found] == []
    versions = [step["call"]["version"] for step in steps.values()]
    assert versions == ["1", "2", "3", "4", "5", "5"]
    answers = [step["call"]["payload"]["predictions"][0]["tzdata"] for step in steps.values()]
    assert answers == ["first", "first", "first", "second", "first", "first"]
    changed = {name: set(step["changed"]) for name, step in steps.items()}
    assert "PopulatorRun" not in changed["memory"] | changed["model"]
    assert "PopulatorRun" in changed["lock"] & changed["rollback"]
    assert "Alias" not in changed["failing"]


def test_on_aws_it_does_the_same_by_the_cli_and_leaves_nothing(
    rehearsed: Kit, kit: Kit, aws: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    kit.folder.mkdir()
    shutil.copy(rehearsed.folder / "embedded.json", kit.folder)
    assert kit.run("--yes", "--no-rehearsal") == 0
    record = kit.record("aws")
    assert list(record["steps"]) == NAMES
    assert (record["left"], record["over"]) == ([], True)
    # It is the same cloud behind the CLI.
    assert record["differences"] == []
    text = (kit.folder / "aws.md").read_text()
    assert "- nothing: ends, versions" in text
    assert "OTHERWISE" not in text
    assert "Nothing in the stack's state.\n" in text
    # Those are listed for a time after they were deregistered and deleted.
    gone = {line.split(":")[5].split("/")[0] for line in record["listed"] if "arn:" in line}
    assert gone <= {"task-definition", "cluster"}
    said = capsys.readouterr().out
    assert (
        said.index("and costs about") < said.index("up: a new stack") < said.index("destroy: done")
    )
    assert kit.commands()[:2] == ["select", "cancel"]
    assert [word for word in kit.commands() if word in ("up", "destroy")] == [
        *["up"] * len(STEPS),
        "destroy",
    ]


@pytest.mark.engine
@cli_is_missing
def test_pulumis_own_engine_does_every_step_and_leaves_nothing(
    kit: Kit, cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_on_path(tmp_path / "bin", monkeypatch, cli=False)
    host = [word for key, value in HOST.items() for word in ("--config", f"{key}={value}")]
    assert kit.run("--yes", "--no-rehearsal", *host) == 0
    record = kit.record("aws")
    assert list(record["steps"]) == NAMES
    assert (record["left"], record["over"]) == ([], True)


def test_what_differs_is_named(rehearsed: Kit) -> None:
    record, other = rehearsed.record("embedded"), rehearsed.record("embedded")
    other["steps"]["memory"]["call"]["payload"] = {"predictions": ["text"]}
    other["steps"]["up"]["seconds"] = 1e6  # no difference: it is only shown
    other["probes"]["refusals"]["codes"]["call of an unknown version"] = "OtherException"
    found = [(each["step"], each["what"]) for each in report.differences(record, other)]
    assert found == [
        ("memory", "form of the answer"),
        ("refusals", "call of an unknown version"),
    ]
    text = report.markdown(record, other)
    assert "- refusals, call of an unknown version: here ResourceNotFoundException" in text
