"""The table's rows of what a stack is seen by: logs, alarms, notices."""

from __future__ import annotations

from collections.abc import Mapping

from .calls import Calls

_HERE = "{region}:{account}"
_RULE = {"events": (f"arn:{{partition}}:events:{_HERE}:rule/{{name}}",)}
_TOPIC = {"sns": (f"arn:{{partition}}:sns:{_HERE}:{{name}}",)}

ROWS: Mapping[str, Calls] = {
    "aws:cloudwatch/logGroup:LogGroup": Calls(
        source="logs/group.go",
        create="logs: CreateLogGroup PutRetentionPolicy TagResource",
        read="logs: DescribeLogGroups ListTagsForResource",
        update="logs: PutRetentionPolicy DeleteRetentionPolicy AssociateKmsKey DisassociateKmsKey "
        "TagResource UntagResource",
        delete="logs: DeleteLogGroup",
        on={
            "logs": (
                f"arn:{{partition}}:logs:{_HERE}:log-group:{{name}}",
                f"arn:{{partition}}:logs:{_HERE}:log-group:{{name}}:*",
            )
        },
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Calls(
        source="cloudwatch/metric_alarm.go",
        create="cloudwatch: PutMetricAlarm TagResource",
        read="cloudwatch: DescribeAlarms ListTagsForResource",
        update="cloudwatch: PutMetricAlarm TagResource UntagResource",
        delete="cloudwatch: DeleteAlarms",
        on={"cloudwatch": (f"arn:{{partition}}:cloudwatch:{_HERE}:alarm:{{name}}",)},
    ),
    "aws:cloudwatch/dashboard:Dashboard": Calls(
        source="cloudwatch/dashboard.go",
        create="cloudwatch: PutDashboard",
        read="cloudwatch: GetDashboard",
        update="cloudwatch: PutDashboard",
        delete="cloudwatch: DeleteDashboards",
        on={"cloudwatch": ("arn:{partition}:cloudwatch::{account}:dashboard/{name}",)},
        named="dashboardName",
    ),
    "aws:cloudwatch/eventRule:EventRule": Calls(
        source="events/rule.go",
        create="events: PutRule TagResource",
        read="events: DescribeRule ListTagsForResource",
        update="events: PutRule TagResource UntagResource",
        delete="events: DeleteRule",
        on=_RULE,
    ),
    "aws:cloudwatch/eventTarget:EventTarget": Calls(
        source="events/target.go",
        create="events: PutTargets",
        read="events: ListTargetsByRule",
        update="events: PutTargets",
        delete="events: RemoveTargets",
        on=_RULE,
        named="rule",
    ),
    "aws:sns/topic:Topic": Calls(
        source="sns/topic.go",
        create="sns: CreateTopic SetTopicAttributes TagResource",
        read="sns: GetTopicAttributes ListTagsForResource",
        update="sns: SetTopicAttributes TagResource UntagResource",
        delete="sns: DeleteTopic",
        on=_TOPIC,
    ),
    "aws:sns/topicPolicy:TopicPolicy": Calls(
        source="sns/topic_policy.go",
        create="sns: SetTopicAttributes",
        read="sns: GetTopicAttributes",
        update="sns: SetTopicAttributes",
        delete="sns: SetTopicAttributes GetTopicAttributes",
        on={"sns": (f"arn:{{partition}}:sns:{_HERE}:{{arn}}",)},
    ),
    "aws:kms/key:Key": Calls(
        source="kms/key.go",
        create="kms: CreateKey EnableKeyRotation TagResource",
        read="kms: DescribeKey GetKeyPolicy GetKeyRotationStatus ListResourceTags",
        update="kms: PutKeyPolicy UpdateKeyDescription EnableKeyRotation DisableKeyRotation "
        "EnableKey DisableKey TagResource UntagResource",
        delete="kms: ScheduleKeyDeletion DescribeKey",
    ),
}
