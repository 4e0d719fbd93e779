"""Observability: alarms, the topic that they go to, and a dashboard."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Annotated, Any

import pulumi
import pulumi_aws as aws

from ..errors import ConfigurationError, Problem
from ..inference import InferenceFunction
from ..inputs import Args, Plain, Tags
from ..resources import family, tag_name
from . import metrics
from .alarms import UTILIZATION, Alarm, Thresholds, alarms
from .dashboard import Subject, dashboard
from .topic import failed_tasks, let_publish, make_topic

_OWN = "whether there is a topic of its own depends on it"
# A variable outside of quotes is quoted by EventBridge, whatever is in it:
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
_NOTICE = (
    '{"message": "A populate task of %s failed", "reason": <reason>, "stopCode": <code>, '
    '"task": <task>, "logGroup": "%s"}'
)


@dataclass(frozen=True, kw_only=True)
class ObservabilityArgs(Args):
    """Arguments of `Observability`.

    Attributes:
        function: What is watched, by its alias, and with it the file system and the populate
            tasks of its releases.
        topic_arn: A topic of your own, whose policy, and whose key's policy, let in CloudWatch and
            EventBridge. None makes one.
        kms_key_arn: Key of the topic that is made; its policy has to let them in too. None makes
            one as well.
        thresholds: From when on the alarms go off.
        tags: Tags for every resource.
    """

    function: InferenceFunction
    topic_arn: Annotated[str | None, Plain(_OWN)] = None
    kms_key_arn: pulumi.Input[str] | None = None
    thresholds: Thresholds = field(default_factory=Thresholds)
    tags: Tags = field(default_factory=dict)


class Observability(pulumi.ComponentResource):
    """Alarms of function, file system and populate tasks to one topic, and a dashboard.

    Attributes:
        topic_arn: Where the alarms go; subscribe who is to hear of them.
        dashboard_name: Name of the dashboard.
    """

    topic_arn: pulumi.Output[str]
    dashboard_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: ObservabilityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("efs-inference:index:Observability", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._log = args.function.published[0].populator.log.plain_name
        store = args.function.published[0].store
        self._account = store.account
        self._account.refuse_another(self, name)
        _refuse_another_region(args.topic_arn, self._account.region)
        self._bursting = store.throughput == "bursting"
        self._timeout = args.function.timeout_seconds
        rule = self._rule()
        # The end of an alias's ARN, `<function>:<alias>`.
        resource = args.function.alias_arn.apply(lambda arn: ":".join(arn.split(":")[-2:]))
        self._dimensions: dict[str, pulumi.Input[str]] = {
            metrics.FUNCTION: args.function.function_name,
            metrics.RESOURCE: resource,
            metrics.FILE_SYSTEM: store.file_system_id,
            metrics.RULE: rule.name,
        }
        self.topic_arn = self._topic(rule)
        made = [
            self._alarm(alarm)
            for alarm in alarms(args.thresholds, self._timeout, bursting=self._bursting)
        ]
        self.dashboard_name = self._dashboard(made)
        self.register_outputs({"topic_arn": self.topic_arn, "dashboard_name": self.dashboard_name})

    def _rule(self) -> aws.cloudwatch.EventRule:
        families = [release.family for release in self._args.function.published]
        return aws.cloudwatch.EventRule(
            f"{self._name}-populate-failed",
            description=f"A populate task of {tag_name(self._name)} failed",
            event_pattern=failed_tasks(self._account, families),
            tags=self._args.tags,
            opts=self._child,
        )

    def _topic(self, rule: aws.cloudwatch.EventRule) -> pulumi.Output[str]:
        args, name, account = self._args, self._name, self._account
        after = self._child
        if args.topic_arn is None:
            watched = f"{account.partition}:cloudwatch:{account.region}:{account.id}"
            own = f"arn:{watched}:alarm:{tag_name(name)}/*"
            topic = make_topic(name, account, own, args.kms_key_arn, args.tags, self._child)
            allowed = let_publish(name, topic, rule, own, account, self._child)
            arn = topic.arn
            after = pulumi.ResourceOptions(parent=self, depends_on=[allowed])
        else:
            arn = pulumi.Output.from_input(args.topic_arn)
        aws.cloudwatch.EventTarget(
            f"{name}-populate-failed",
            rule=rule.name,
            arn=arn,
            input_transformer={
                "input_paths": {
                    "task": "$.detail.taskArn",
                    "reason": "$.detail.stoppedReason",
                    "code": "$.detail.stopCode",
                },
                "input_template": _NOTICE % (tag_name(name), self._log),
            },
            opts=after,
        )
        return arn

    def _alarm(self, alarm: Alarm) -> aws.cloudwatch.MetricAlarm:
        watched: dict[str, Any] = {"metric_queries": self._utilization(alarm)}
        if alarm.metric is not None:
            watched = {
                "namespace": alarm.metric.namespace,
                "metric_name": alarm.metric.name,
                "dimensions": {key: self._dimensions[key] for key in alarm.metric.dimensions},
                "statistic": alarm.statistic,
                "period": alarm.period,
            }
        return aws.cloudwatch.MetricAlarm(
            f"{self._name}-{alarm.name}",
            name=f"{tag_name(self._name)}/{alarm.name}",
            alarm_description=f"{alarm.what}. What to do: docs/operations.md, alarms",
            comparison_operator=alarm.comparison,
            threshold=alarm.threshold,
            evaluation_periods=alarm.periods,
            treat_missing_data="notBreaching",
            alarm_actions=[self.topic_arn],
            ok_actions=[self.topic_arn],
            tags=self._args.tags,
            opts=self._child,
            **watched,
        )

    def _utilization(self, alarm: Alarm) -> list[dict[str, Any]]:
        parts = {
            "bytes": (metrics.METERED_BYTES, "Sum"),
            "permitted": (metrics.PERMITTED, "Average"),
        }
        queries: list[dict[str, Any]] = [
            {
                "id": id_,
                "metric": {
                    "namespace": metric.namespace,
                    "metric_name": metric.name,
                    "dimensions": {key: self._dimensions[key] for key in metric.dimensions},
                    "stat": statistic,
                    "period": alarm.period,
                },
            }
            for id_, (metric, statistic) in parts.items()
        ]
        used = {"id": "used", "expression": UTILIZATION, "label": alarm.what, "return_data": True}
        return [*queries, used]

    def _dashboard(self, made: list[aws.cloudwatch.MetricAlarm]) -> pulumi.Output[str]:
        args = self._args
        values = pulumi.Output.all(
            dimensions=self._dimensions,
            alarms=[alarm.arn for alarm in made],
            timeout=self._timeout,
            cold_start=args.thresholds.cold_start_seconds,
            function_log=args.function.log_group_name,
        )

        def body(known: dict[str, Any]) -> str:
            subject = Subject(
                region=self._account.region,
                dimensions=known["dimensions"],
                function_log=known["function_log"],
                task_log=self._log,
                timeout_seconds=known["timeout"],
                cold_start_seconds=known["cold_start"],
                bursting=self._bursting,
                alarms=known["alarms"],
            )
            return json.dumps(dashboard(subject))

        shown = aws.cloudwatch.Dashboard(
            self._name,
            dashboard_name=family(self._name),
            dashboard_body=values.apply(body),
            opts=self._child,
        )
        return shown.dashboard_name


def _refuse_another_region(topic_arn: str | None, region: str) -> None:
    if topic_arn is None or topic_arn.split(":")[3] == region:
        return
    problem = Problem(
        subject="topic of the alarms",
        value=topic_arn,
        rule=f"the stack is in {region}, and its alarms and rules reach topics there alone",
        remedy="name a topic of that region",
    )
    raise ConfigurationError([problem])
