"""Rule: log groups do not keep everything for ever."""

from ..reading.findings import Findings, Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.pack import Parameters, Rule
from ..reading.values import UNKNOWN, number

_LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"


def judge(stack: Stack, parameters: Parameters) -> Findings:
    """Each log group of the stack."""
    groups = stack.of_type(_LOG_GROUP)
    most = number(parameters["maximumDays"])
    found = [_group(group, most if isinstance(most, int) else 0) for group in groups]
    return Findings.of(len(groups), [report for report in found if report is not None])


def _group(group: Resource, most: int) -> Report | None:
    days = number(group.given("retentionInDays"))
    if days is UNKNOWN:
        return doubt(f"how long {group.label} keeps events.", group.urn, preview=True)
    if not days:
        return Report(
            f"retentionInDays of {group.label} is {'not set' if days is None else days}: it keeps "
            "every event for ever. Set it, for instance to 30.",
            group.urn,
        )
    if most and days > most:
        return Report(
            f"retentionInDays of {group.label} is {days}, more than the {most} that parameter "
            "maximumDays allows. Set it to that or less.",
            group.urn,
        )
    return None


RULE = Rule(
    name="log-group-has-retention",
    description="A log group has a retention.",
    judge=judge,
    parameters={
        "maximumDays": {
            "type": "integer",
            "minimum": 0,
            "default": 0,
            "description": "Days that events may be kept at most; 0 is any number.",
        }
    },
)
