"""The topic that alarms go to, where it is not the user's."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from ..account import Account
from ..inputs import Tags
from ..statements import allow, document

# SNS asks for both in the name of who publishes:
# https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
_USE = ["kms:Decrypt", "kms:GenerateDataKey*"]
_DAYS_TO_DELETE = 7
"""Days until a deleted key is gone, KMS's least."""


def topic_policy(topic_arn: str, rule_arn: str, alarms: str, account_id: str) -> str:
    """Who may publish: this stack's alarms and this one rule.

    Args:
        topic_arn: The topic.
        rule_arn: The rule.
        alarms: ARN of the alarms, with a wildcard.
        account_id: The account of both.
    """
    publish = allow("sns:Publish", topic_arn)
    account = {"StringEquals": {"aws:SourceAccount": account_id}}
    return document(
        [
            {
                "Sid": "Alarms",
                **publish,
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Condition": {**account, "ArnLike": {"aws:SourceArn": alarms}},
            },
            {
                "Sid": "FailedPopulateTasks",
                **publish,
                "Principal": {"Service": "events.amazonaws.com"},
                "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
            },
        ]
    )


def key_policy(account: Account, alarms: str) -> str:
    """Policy of the topic's key: the account manages it, alarms and rules publish with it.

    AWS's own key for SNS cannot be used, because its policy lets neither in. For EventBridge a
    condition on the source is not supported here, see SNS's guide; the topic's policy has one.
    """
    root = f"arn:{account.partition}:iam::{account.id}:root"
    source = {
        "StringEquals": {"aws:SourceAccount": account.id},
        "ArnLike": {"aws:SourceArn": alarms},
    }
    # In a key's policy, * is this key.
    own = {"Effect": "Allow", "Resource": "*"}
    cloudwatch = {"Service": "cloudwatch.amazonaws.com"}
    events = {"Service": "events.amazonaws.com"}
    return document(
        [
            {"Sid": "Account", **own, "Principal": {"AWS": root}, "Action": "kms:*"},
            {"Sid": "Alarms", **own, "Principal": cloudwatch, "Action": _USE, "Condition": source},
            {"Sid": "Events", **own, "Principal": events, "Action": _USE},
        ]
    )


def failed_tasks(account: Account, families: list[str]) -> str:
    """The pattern of EventBridge for a populate task of these families that failed.

    A task that never started has no exit code, and one that was stopped may end with 0.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
    """
    place = f"arn:{account.partition}:ecs:{account.region}:{account.id}"
    definitions = [{"prefix": f"{place}:task-definition/{family}:"} for family in families]
    failed = [
        {"containers": {"exitCode": [{"anything-but": [0]}]}},
        {"stopCode": [{"anything-but": ["EssentialContainerExited"]}]},
    ]
    detail = {"lastStatus": ["STOPPED"], "taskDefinitionArn": definitions, "$or": failed}
    return json.dumps(
        {"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"], "detail": detail}
    )


def make_topic(
    name: str,
    account: Account,
    alarms: str,
    kms_key_arn: pulumi.Input[str] | None,
    tags: Tags,
    child: pulumi.ResourceOptions,
) -> aws.sns.Topic:
    """An encrypted topic; without a key of the user's it gets one of its own.

    Args:
        name: Name of both.
        account: Where they are.
        alarms: ARN of the alarms that publish, with a wildcard.
        kms_key_arn: Key of the user's, whose policy lets in CloudWatch and EventBridge.
        tags: Tags of both.
        child: Options of both.
    """
    key = kms_key_arn
    if key is None:
        key = aws.kms.Key(
            name,
            description="Alarms about inference",
            policy=key_policy(account, alarms),
            enable_key_rotation=True,
            deletion_window_in_days=_DAYS_TO_DELETE,
            tags=tags,
            opts=child,
        ).arn
    return aws.sns.Topic(name, kms_master_key_id=key, tags=tags, opts=child)


def let_publish(
    name: str,
    topic: aws.sns.Topic,
    rule: aws.cloudwatch.EventRule,
    alarms: str,
    account: Account,
    child: pulumi.ResourceOptions,
) -> aws.sns.TopicPolicy:
    """Let the alarms and the rule publish to a topic of ours, and nobody else."""
    return aws.sns.TopicPolicy(
        name,
        arn=topic.arn,
        policy=pulumi.Output.all(topic.arn, rule.arn).apply(
            lambda arns: topic_policy(arns[0], arns[1], alarms, account.id)
        ),
        opts=child,
    )
