"""Where events go whose asynchronous call failed, and the rights for that and for traces."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import Problem
from ..statements import Statement, allow

_ARN = re.compile(r"arn:aws[\w-]*:(?P<service>sqs|sns):(?P<region>[a-z0-9-]+):\d{12}:[\w-]+")
_ACTIONS = {"sqs": "sqs:SendMessage", "sns": "sns:Publish"}
# Neither knows resources. Source: Service Authorization Reference, AWS X-Ray.
TRACING = allow(["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*")
"""The statement that lets a function send traces to X-Ray."""


def dead_letter_problems(subject: str, arn: str, region: str | None = None) -> Iterator[Problem]:
    """What is wrong with the ARN of a dead-letter queue.

    Args:
        subject: What it is called.
        arn: The ARN.
        region: The stack's; None, where it is not known yet.
    """
    match = _ARN.fullmatch(arn)
    if match is None:
        rule = "it is the ARN of a standard queue of SQS or a standard topic of SNS"
        remedy = "name one, such as arn:aws:sqs:us-east-1:123456789012:failed"
        if arn.endswith(".fifo"):
            rule = "Lambda sends failed events to standard queues and topics only, to none of FIFO"
        yield Problem(subject=subject, value=repr(arn), rule=rule, remedy=remedy)
    elif region not in (None, match["region"]):
        rule = f"Lambda sends failed events to the function's own region, {region}"
        yield Problem(subject=subject, value=arn, rule=rule, remedy="name a queue or topic there")


def dead_letter_statement(arn: str) -> Statement:
    """A statement that allows to send to exactly this queue or topic."""
    return allow([_ACTIONS[arn.split(":")[2]]], arn)
