"""What the handler emits and what ECS says of a task, and the alarms that are to hear of both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.events.models import EventPattern

from local.cloud import Cloud
from tests.components.observability.test_alarms import metrics_of, shown_of
from tests.lambda_src.conftest import Index

from .conftest import ONE, deployed
from .program import Program

pytestmark = pytest.mark.whole
OWN = "efs-inference"
WATCHED = """
network = new_network("own")
function = served("own", published("own", network))
seen = efs.Observability("seen", efs.ObservabilityArgs(function=function))
pulumi.export("logs", function.log_group_name)
pulumi.export("topic", seen.topic_arn)
"""


def emitted(group: str) -> dict[tuple[str, str], set[str]]:
    """What CloudWatch makes of the log by its embedded metric format: each metric's dimensions."""
    found: dict[tuple[str, str], set[str]] = {}
    client = boto3.client("logs")
    for stream in client.describe_log_streams(logGroupName=group)["logStreams"]:
        events = client.get_log_events(
            logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
        )["events"]
        for event in events:
            line = json.loads(event["message"]) if event["message"].startswith("{") else {}
            for directive in line.get("_aws", {}).get("CloudWatchMetrics", ()):
                (dimensions,) = directive["Dimensions"]
                assert all(line[name] for name in dimensions), line
                for metric in directive["Metrics"]:
                    assert isinstance(line[metric["Name"]], int | float)
                    found[directive["Namespace"], metric["Name"]] = set(dimensions)
    return found


def events_of(task: dict[str, Any]) -> list[Any]:
    """The event of a task that has changed, once for each container: a pattern need match one."""
    detail = json.loads(json.dumps(task, default=str))
    event = {"source": "aws.ecs", "detail-type": "ECS Task State Change"}
    return [{**event, "detail": {**detail, "containers": one}} for one in detail["containers"]]


@pytest.fixture
def program(cloud: Cloud, index: Index, tmp_path: Path) -> Program:
    return deployed(tmp_path, index, WATCHED)


def test_no_alarm_and_no_graph_is_about_a_metric_that_the_handler_does_not_emit(
    program: Program,
) -> None:
    assert [str(f) for f in program.judged().findings if "seen" in f.urn + f.message] == []
    program.ask(ONE)
    program.write_model(fails=True)
    assert program.up() is not None
    known = emitted(program.output("logs"))
    alarms, shown = program.inputs("MetricAlarm"), program.inputs("Dashboard")
    used = [metric for alarm in alarms.values() for metric in metrics_of(alarm)]
    used += [metric for one in shown.values() for metric in shown_of(one["dashboardBody"])]
    own = {(metric[0], metric[1]): metric[2] for metric in used if metric[0] == OWN}
    assert own == {name: known.get(name) for name in own}
    # And none that it emits stays unseen.
    assert own.keys() == known.keys()

    function = program.outputs("Function")["name"]
    for alarm in alarms.values():
        dimensions = alarm.get("dimensions") or {}
        assert dimensions.get("FunctionName", function) == function
        assert dimensions.get("Resource", f"{function}:live") == f"{function}:live"
    stored = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert {alarm["AlarmName"] for alarm in stored} == {a["name"] for a in alarms.values()}


def test_a_populate_task_that_failed_is_a_notice_and_one_that_succeeded_is_none(
    program: Program, index: Index
) -> None:
    (rule,) = program.inputs("EventRule").values()
    pattern = EventPattern.load(rule["eventPattern"])

    def heard() -> list[bool]:
        ecs = boto3.client("ecs")
        (cluster,) = ecs.list_clusters()["clusterArns"]
        arns = ecs.list_tasks(cluster=cluster, desiredStatus="STOPPED")["taskArns"]
        tasks: list[Any] = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]
        return sorted(any(map(pattern.matches_event, events_of(task))) for task in tasks)

    assert heard() == [False]
    for lock in (program.folder / "app" / "locks").glob("*.txt"):
        lock.write_text("not-there==1.0 --hash=sha256:" + "0" * 64 + "\n")
    (program.folder / "app" / "requirements.in").unlink(missing_ok=True)
    assert program.up() is not None
    assert heard() == [False, True]

    task: dict[str, Any] = {
        "lastStatus": "STOPPED",
        "taskDefinitionArn": program.outputs("TaskDefinition")["arn"],
        "containers": [{"exitCode": 0}],
        "stopCode": "EssentialContainerExited",
    }
    cases: list[tuple[dict[str, Any], bool]] = [
        ({}, False),
        ({"containers": [{"exitCode": 13}]}, True),
        ({"stopCode": "TaskFailedToStart", "containers": [{}]}, True),
        ({"stopCode": "UserInitiated"}, True),
        ({"lastStatus": "RUNNING", "containers": [{"exitCode": 13}]}, False),
        ({"taskDefinitionArn": task["taskDefinitionArn"].replace("own-", "other-")}, False),
    ]
    for change, notice in cases:
        assert any(map(pattern.matches_event, events_of({**task, **change}))) is notice, change
