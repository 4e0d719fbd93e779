"""The part of the table of AWS resource types by which a stack is watched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .kind import Kind, Made, Properties, pascal, tagged

_TAGS = tagged("Tags", "Key", "Value")


def _dimensions(given: Properties) -> list[dict[str, Any]]:
    return [{"Name": name, "Value": value} for name, value in given.items()]


def _alarm(properties: Properties) -> dict[str, Any]:
    arguments = _TAGS(properties)
    if "dimensions" in properties:
        arguments["Dimensions"] = _dimensions(properties["dimensions"])
    if "metricQueries" in properties:
        arguments["Metrics"] = [_query(query) for query in properties["metricQueries"]]
    return arguments


def _query(query: Properties) -> dict[str, Any]:
    asked = pascal({name: value for name, value in query.items() if name != "metric"})
    asked.setdefault("ReturnData", False)
    if metric := query.get("metric"):
        named = {
            "Namespace": metric["namespace"],
            "MetricName": metric["metricName"],
            "Dimensions": _dimensions(metric.get("dimensions", {})),
        }
        asked["MetricStat"] = {"Metric": named, "Period": metric["period"], "Stat": metric["stat"]}
    return dict(asked)


def _topic(properties: Properties) -> dict[str, Any]:
    attributes = {"KmsMasterKeyId": properties.get("kmsMasterKeyId")}
    given = {name: value for name, value in attributes.items() if value}
    return {"Attributes": given, **_TAGS(properties)}


def _topic_policy(properties: Properties) -> dict[str, Any]:
    return {"AttributeName": "Policy", "AttributeValue": properties["policy"]}


def _target(properties: Properties) -> dict[str, Any]:
    target = {"Id": properties["targetId"], "Arn": properties["arn"]}
    if transformer := properties.get("inputTransformer"):
        target["InputTransformer"] = {
            # The paths' names are data: no capital letters for them.
            "InputPathsMap": transformer.get("inputPaths", {}),
            "InputTemplate": transformer["inputTemplate"],
        }
    return {"Targets": [target]}


def _rotate(made: Made) -> None:
    if made.properties.get("enableKeyRotation"):
        made.aws.client("kms").enable_key_rotation(KeyId=made.id)


def _key(properties: Properties) -> dict[str, Any]:
    policy = json.dumps(json.loads(properties["policy"])) if "policy" in properties else None
    tags = tagged("Tags", "TagKey", "TagValue")(properties)
    return {**({"Policy": policy} if policy else {}), **tags}


# fmt: off
OPERATION_KINDS: Mapping[str, Kind] = {
    "aws:cloudwatch/metricAlarm:MetricAlarm": Kind(
        "cloudwatch.put_metric_alarm", "{AlarmName}",
        "AlarmName=name AlarmDescription AlarmActions OKActions=okActions "
        "InsufficientDataActions ComparisonOperator EvaluationPeriods DatapointsToAlarm Threshold "
        "TreatMissingData Namespace MetricName Statistic ExtendedStatistic Period Unit",
        also=_alarm, named="name", update="cloudwatch.put_metric_alarm",
        gives={"arn": "arn:aws:cloudwatch:{region}:{account}:alarm:{AlarmName}"}),
    "aws:cloudwatch/dashboard:Dashboard": Kind(
        "cloudwatch.put_dashboard", "{DashboardName}", "DashboardName DashboardBody",
        update="cloudwatch.put_dashboard",
        gives={"dashboardArn": "arn:aws:cloudwatch::{account}:dashboard/{DashboardName}"}),
    "aws:cloudwatch/eventRule:EventRule": Kind(
        "events.put_rule", "{Name}", "Name EventPattern ScheduleExpression Description State",
        also=_TAGS, named="name", update="events.put_rule", gives={"arn": "RuleArn"}),
    "aws:cloudwatch/eventTarget:EventTarget": Kind(
        "events.put_targets", "{Rule}-{Targets[0][Id]}", "Rule", also=_target, named="targetId",
        update="events.put_targets"),
    "aws:sns/topic:Topic": Kind(
        "sns.create_topic", "TopicArn", "Name", also=_topic, named="name",
        gives={"arn": "TopicArn", "owner": "{account}"}),
    "aws:sns/topicPolicy:TopicPolicy": Kind(
        "sns.set_topic_attributes", "{TopicArn}", "TopicArn=arn", also=_topic_policy,
        update="sns.set_topic_attributes", gives={"owner": "{account}"}),
    "aws:kms/key:Key": Kind(
        "kms.create_key", "KeyMetadata.KeyId", "Description KeyUsage", also=_key,
        then=_rotate, gives={"arn": "Arn", "keyId": "KeyId"}),
}
