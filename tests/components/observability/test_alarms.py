"""Each alarm watches what somebody emits, as CloudWatch has it; and the topic lets in who sends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from components import ConfigurationError, Observability, ObservabilityArgs, Thresholds

from ..conftest import ACCOUNT, Built, Chain, application

EFS_PAGE = "https://docs.aws.amazon.com/efs/latest/ug/efs-metrics.html"
LAMBDA_PAGE = "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"
EVENTS_PAGE = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html"
LEVELS = {"Minimum", "Maximum", "Average"}
COUNTS = {"Sum"}
# What AWS emits: by namespace and metric the dimensions, statistics that make sense, and the page.
OF_AWS: dict[tuple[str, str], tuple[set[str], set[str], str]] = {
    ("AWS/Lambda", "Invocations"): ({"FunctionName", "Resource"}, COUNTS, LAMBDA_PAGE),
    ("AWS/Lambda", "Errors"): ({"FunctionName", "Resource"}, COUNTS, LAMBDA_PAGE),
    ("AWS/Lambda", "Throttles"): ({"FunctionName", "Resource"}, COUNTS, LAMBDA_PAGE),
    ("AWS/Lambda", "Duration"): (
        {"FunctionName", "Resource"},
        {"Average", "Maximum", "p50", "p99"},
        LAMBDA_PAGE,
    ),
    ("AWS/EFS", "PercentIOLimit"): ({"FileSystemId"}, LEVELS, EFS_PAGE),
    ("AWS/EFS", "BurstCreditBalance"): ({"FileSystemId"}, LEVELS, EFS_PAGE),
    ("AWS/EFS", "PermittedThroughput"): ({"FileSystemId"}, LEVELS, EFS_PAGE),
    ("AWS/EFS", "MeteredIOBytes"): ({"FileSystemId"}, {*LEVELS, *COUNTS, "SampleCount"}, EFS_PAGE),
    ("AWS/EFS", "ClientConnections"): ({"FileSystemId"}, COUNTS, EFS_PAGE),
    ("AWS/Events", "FailedInvocations"): ({"RuleName"}, COUNTS, EVENTS_PAGE),
}
# With which they are emitted, beside the handler's own, which tests/programs reads back.
OWN = "efs-inference"


def metrics_of(alarm: dict[str, Any]) -> Iterator[tuple[str, str, set[str], str]]:
    """Namespace, name, dimensions and statistic of each metric of an alarm."""
    queries = alarm.get("metricQueries") or []
    for metric in [query["metric"] for query in queries if "metric" in query] or [alarm]:
        statistic = metric.get("stat") or metric.get("statistic")
        yield metric["namespace"], metric["metricName"], set(metric["dimensions"]), statistic


def shown_of(body: str) -> Iterator[tuple[str, str, set[str], str]]:
    """The same of a dashboard."""
    for widget in json.loads(body)["widgets"]:
        for namespace, *rest in widget["properties"].get("metrics", ()):
            if isinstance(namespace, str):
                name, *pairs, options = rest
                yield namespace, name, set(pairs[::2]), options["stat"]


@pytest.fixture
def watched(build: Callable[..., Built], tmp_path: Path) -> Callable[..., Built]:
    """Builds a whole stack that is watched: arguments of the alarms, and the throughput mode."""

    def run(throughput: str = "elastic", timeout: int = 120, **given: Any) -> Built:
        chain = Chain(application(tmp_path / "app"), store={"throughput": throughput})
        chain.function = {"timeout_seconds": timeout}

        def make() -> None:
            Observability("seen", ObservabilityArgs(function=chain(), **given))

        return build(make)

    return run


@pytest.mark.parametrize("throughput", ["elastic", "bursting"])
def test_every_metric_is_one_that_aws_emits_by_these_dimensions_and_statistics(
    watched: Callable[..., Built], throughput: str
) -> None:
    built = watched(throughput)
    alarms = built.of("MetricAlarm")
    used = [metric for alarm in alarms.values() for metric in metrics_of(alarm)]
    used += shown_of(built.one("Dashboard")["dashboardBody"])
    assert OWN in [metric[0] for metric in used]
    for namespace, name, dimensions, statistic in used:
        if namespace != OWN:
            expected, statistics, _ = OF_AWS[namespace, name]
            assert (name, dimensions) == (name, expected)
            assert statistic in statistics, name
    # Burst credits are emitted in bursting mode alone.
    credit = [name for _, name, *_ in used if name == "BurstCreditBalance"]
    assert len(credit) == (2 if throughput == "bursting" else 0)


def test_where_nobody_calls_there_is_no_alarm_and_each_one_tells_when_it_is_over(
    watched: Callable[..., Built],
) -> None:
    built = watched(topic_arn="arn:aws:sns:us-east-1:123456789012:pager")
    for alarm in built.of("MetricAlarm").values():
        assert alarm["treatMissingData"] == "notBreaching"
        assert alarm["alarmActions"] == ["arn:aws:sns:us-east-1:123456789012:pager"]
        assert alarm["okActions"] == alarm["alarmActions"]
        assert alarm["name"].startswith("efs-inference/test/seen/")
    assert not built.of("Topic")
    assert not built.of("Key")
    assert built.one("EventTarget")["arn"] == "arn:aws:sns:us-east-1:123456789012:pager"


def test_thresholds_are_those_that_are_given_and_that_of_durations_follows_from_the_timeout(
    watched: Callable[..., Built],
) -> None:
    given = Thresholds(duration_percent=50, cold_start_seconds=7, errors=4)
    alarms = watched("bursting", timeout=60, thresholds=given).of("MetricAlarm")
    found = {name.removeprefix("seen-"): alarm["threshold"] for name, alarm in alarms.items()}
    assert (found["duration"], found["cold-start"], found["errors"]) == (30_000, 7, 4)
    assert (found["throttles"], found["load-failure"]) == (1, 1)
    below = {n for n, a in alarms.items() if a["comparisonOperator"].startswith("Less")}
    assert below == {"seen-burst-credits"}


def test_the_topic_is_encrypted_and_only_these_alarms_and_this_rule_publish(
    watched: Callable[..., Built],
) -> None:
    built = watched()
    assert built.one("Topic")["kmsMasterKeyId"] == "arn:aws:Key/seen"
    statements = json.loads(built.one("TopicPolicy")["policy"])["Statement"]
    who = {one["Principal"]["Service"]: one["Condition"] for one in statements}
    assert who == {
        "cloudwatch.amazonaws.com": {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "ArnLike": {
                "aws:SourceArn": f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:"
                "efs-inference/test/seen/*"
            },
        },
        "events.amazonaws.com": {
            "ArnEquals": {"aws:SourceArn": "arn:aws:EventRule/seen-populate-failed"}
        },
    }
    assert {one["Action"] for one in statements} == {"sns:Publish"}
    key = json.loads(built.one("Key")["policy"])["Statement"]
    users = {one["Principal"].get("Service"): one.get("Condition") for one in key[1:]}
    # A condition would silence EventBridge.
    assert users["events.amazonaws.com"] is None
    assert users["cloudwatch.amazonaws.com"] == who["cloudwatch.amazonaws.com"]


def test_a_topic_of_another_region_is_refused(watched: Callable[..., Built]) -> None:
    with pytest.raises(ConfigurationError, match="the stack is in us-east-1"):
        watched(topic_arn="arn:aws:sns:eu-west-1:123456789012:pager")


def test_each_alarm_watches_what_it_is_called_after(watched: Callable[..., Built]) -> None:
    alarms = watched("bursting").of("MetricAlarm")
    found = {
        name.removeprefix("seen-"): [f"{statistic} {metric}" for _, metric, _, statistic in used]
        for name, alarm in alarms.items()
        for used in [list(metrics_of(alarm))]
    }
    assert found == {
        "load-failure": ["Sum LoadFailure"],
        "errors": ["Sum Errors"],
        "duration": ["Maximum Duration"],
        "throttles": ["Sum Throttles"],
        "cold-start": ["Maximum ColdStartDuration"],
        "throughput": ["Sum MeteredIOBytes", "Average PermittedThroughput"],
        "io-limit": ["Average PercentIOLimit"],
        "burst-credits": ["Minimum BurstCreditBalance"],
        "notice-not-delivered": ["Sum FailedInvocations"],
    }
    (used,) = [q for q in alarms["seen-throughput"]["metricQueries"] if q.get("returnData")]
    assert used["expression"] == "100 * (bytes / PERIOD(bytes)) / permitted"
