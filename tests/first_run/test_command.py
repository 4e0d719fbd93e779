"""What the first run refuses, and what becomes of a run that goes wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.cloud import Cloud
from tests.chain import ROOT
from tests.first_run.conftest import Kit
from tools.first_run.folder import Folder, Wanted
from tools.first_run.steps import MINUTES, STEPS

Capture = pytest.CaptureFixture[str]
ON_AWS = ("--yes", "--no-rehearsal")
NOWHERE = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def test_without_credentials_it_says_so_and_begins_nothing(
    kit: Kit, cli: None, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    for name, value in NOWHERE.items():
        monkeypatch.setenv(name, value)
    assert kit.run(*ON_AWS) == 2
    assert "error: no region. Remedy: --region" in capsys.readouterr().err
    assert kit.run(*ON_AWS, "--region", "eu-central-1") == 2
    assert "there are none: Unable to locate credentials" in capsys.readouterr().err
    assert kit.commands() == []


def test_without_the_cli_it_says_so(
    kit: Kit, aws: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("PATH", "")
    assert kit.run(*ON_AWS) == 2
    assert "the Pulumi CLI is not on the PATH. Remedy: install it" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["memoryMb", "=1"])
def test_a_setting_without_a_value_is_refused(
    kit: Kit, aws: Cloud, wrong: str, capsys: Capture
) -> None:
    assert kit.run(*ON_AWS, "--config", wrong) == 2
    assert "it has the form KEY=VALUE" in capsys.readouterr().err
    assert kit.commands() == []


def test_without_a_terminal_and_without_yes_it_begins_nothing(
    kit: Kit, aws: Cloud, capsys: Capture
) -> None:
    assert kit.run("--no-rehearsal") == 2
    said = capsys.readouterr()
    assert "costs about 0.02 $, at most 0.16 $" in said.out
    assert "nobody can be asked here. Remedy: --yes" in said.err
    assert kit.commands() == []


def test_an_up_that_fails_is_destroyed_and_reported(
    kit: Kit, aws: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_PULUMI", "up")
    assert kit.run(*ON_AWS) == 1
    record = kit.record("aws")
    assert list(record["steps"]) == ["up"]
    assert "error: up failed, as it was asked to" in record["steps"]["up"]["unexpected"]
    assert record["probes"]["image"] == {"error": "LookupError: the stack has no PopulatorRun"}
    assert record["left"] == []
    assert kit.commands().count("destroy") == 1
    assert "- up: pulumi:pulumi:Stack" in (kit.folder / "aws.md").read_text()


@pytest.mark.whole
def test_what_a_failed_destroy_leaves_is_named_and_the_next_run_only_destroys(
    kit: Kit, aws: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("FAKE_PULUMI", "destroy")
    kit.index.status = 503  # so that the first `up` leaves a stack without a release
    try:
        assert kit.run(*ON_AWS) == 3
    finally:
        kit.index.status = None
    record, said = kit.record("aws"), capsys.readouterr().err
    assert "left on AWS:" in said
    assert f"pulumi destroy --yes --refresh --stack {record['stack']}" in said
    assert ":file-system/fs-" in said
    assert "\n".join([*record["left"], *record["listed"]]) in (kit.folder / "aws.md").read_text()
    before = len(kit.commands())

    monkeypatch.setenv("FAKE_PULUMI", "")
    assert kit.run(*ON_AWS) == 1
    again = kit.record("aws")
    assert (again["stack"], again["left"], again["over"]) == (record["stack"], [], True)
    assert [word for word in kit.commands()[before:] if word != "export"] == [
        *("select", "cancel", "destroy")
    ]


def test_what_aws_lists_of_a_destroyed_stack_is_shown_and_is_no_failure(
    kit: Kit, aws: Cloud
) -> None:
    place = {"account": aws.account_id, "region": aws.region, "stack": "run-1"}
    about = {"where": "AWS", "date": "then", "commit": "a", "versions": "b", "steps": {}}
    Folder(kit.folder).save("aws", {**place, **about, "destroy": {"error": "cut off"}})
    made = boto3.client("ec2").create_vpc(
        CidrBlock="10.0.0.0/16",
        TagSpecifications=[
            {"ResourceType": "vpc", "Tags": [{"Key": "first-run", "Value": "run-1"}]}
        ],
    )
    assert kit.run(*ON_AWS) == 1  # no step was done; nothing is left for certain
    record = kit.record("aws")
    assert (record["over"], record["left"]) == (True, [])
    assert f":vpc/{made['Vpc']['VpcId']}\n" in (kit.folder / "aws.md").read_text()


def test_a_run_that_was_begun_in_another_account_is_refused(
    kit: Kit, aws: Cloud, capsys: Capture
) -> None:
    begun = {"account": "000000000000", "region": "us-east-1", "stack": "run-1"}
    Folder(kit.folder).save("aws", begun)
    assert kit.run(*ON_AWS) == 2
    assert "began in 000000000000. Remedy: its credentials" in capsys.readouterr().err
    assert kit.commands() == []


def test_a_run_that_was_cut_off_goes_on_where_it_was(
    kit: Kit, aws: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {
        "seconds": 1.0,
        "error": None,
        "unexpected": None,
        "changed": [],
        "populate": {},
    }
    record = {
        "where": "AWS",
        "date": "then",
        "commit": "a",
        "versions": "b",
        "account": aws.account_id,
        "region": aws.region,
        "stack": "run-1",
        "begun": time.time(),
        "steps": {step.name: seen for step in STEPS if not step.fails},
        "probes": {},
    }
    Folder(kit.folder).save("aws", record)
    monkeypatch.setenv("FAKE_PULUMI", "up")
    kit.run(*ON_AWS)
    assert [word for word in kit.commands() if word != "export"] == [
        *("select", "cancel", "up", "destroy")
    ]
    again = kit.record("aws")
    assert list(again["steps"]) == [step.name for step in STEPS]
    assert (again["steps"]["up"], again["stack"]) == (seen, "run-1")


def test_no_step_begins_after_the_last_minute_and_destroy_does(kit: Kit, aws: Cloud) -> None:
    place = {"account": aws.account_id, "region": aws.region, "stack": "run-1"}
    about = {"where": "AWS", "date": "then", "commit": "a", "versions": "b"}
    late = time.time() - MINUTES * 60 - 1
    Folder(kit.folder).save("aws", {**place, **about, "begun": late, "steps": {}})
    assert kit.run(*ON_AWS) == 1
    assert [word for word in kit.commands() if word != "export"] == [
        *("select", "cancel", "destroy")
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_stops_the_cli_in_order_destroys_and_reports(
    kit: Kit, aws: Cloud, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_PULUMI", "hang")
    monkeypatch.setenv("PYTHONFAULTHANDLER", "1")
    command = [sys.executable, "-m", "tools.first_run", *ON_AWS, "--folder", str(kit.folder)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    watchdog = threading.Timer(300, process.send_signal, [signal.SIGABRT])
    watchdog.start()
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Updating (hang)" in line:
            process.send_signal(number)
    status = process.wait(60)
    watchdog.cancel()
    said = "".join(lines)
    assert status == 1, said
    assert said.index("interrupted: waiting for pulumi") < said.index("error: cancelled")
    assert said.index("error: cancelled") < said.index("destroy: done")
    assert kit.commands()[-3:] == ["up", "destroy", "export"]
    assert kit.record("aws")["left"] == []


def test_an_interrupt_before_anything_was_begun_has_a_status_of_its_own(
    kit: Kit, aws: Cloud
) -> None:
    command = [sys.executable, "-m", "tools.first_run", "--rehearse", "--folder", str(kit.folder)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert "rehearsal on the embedded cloud" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 130, said
    assert "interrupted. Remedy: run it again" in said
    assert not (kit.folder / "aws.json").exists()


def test_a_second_one_in_the_same_folder_is_refused(
    kit: Kit, aws: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    from local.state import hold

    with hold(kit.folder, "another"):
        assert kit.run(*ON_AWS) == 2
    assert "another first run is at work in" in capsys.readouterr().err


def test_the_stack_is_of_a_project_and_a_backend_of_its_own(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "run")
    folder.lay_out()
    folder.write("run-1", {"memoryMb": "2048", "aws:region": "eu-central-1"}, Wanted())
    text = (folder.project / "Pulumi.run-1.yaml").read_text()
    assert "efs-first-run:memoryMb: '2048'" in text
    assert "aws:region: eu-central-1" in text
    assert "efs-first-run:tags: '[\"first-run=run-1\"]'" in text
    assert "name: efs-first-run\n" in (folder.project / "Pulumi.yaml").read_text()
    # A step that is about memory has its own.
    folder.write("run-1", {"memoryMb": "2048"}, Wanted(memory_mb=1024))
    assert "memoryMb: '1024'" in (folder.project / "Pulumi.run-1.yaml").read_text()
