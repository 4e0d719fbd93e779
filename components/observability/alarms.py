"""The alarms: which metric, from when on, what it means, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pulumi

from ..inputs import Args
from . import metrics
from .metrics import Metric

_MINUTE = 60
# https://docs.aws.amazon.com/efs/latest/ug/monitoring-metric-math.html
UTILIZATION = "100 * (bytes / PERIOD(bytes)) / permitted"
"""Per cent of the throughput that a file system may have; of `bytes` and `permitted`."""


@dataclass(frozen=True, kw_only=True)
class Thresholds(Args):
    """From when on an alarm goes off.

    Attributes:
        errors: Failed calls of the alias within five minutes.
        throttles: Throttled calls of the alias within five minutes.
        duration_percent: The longest call, in per cent of the function's timeout.
        cold_start_seconds: The longest cold start in seconds, from loading to a ready model.
        throughput_percent: Throughput of the file system, in per cent of what it may have.
        io_limit_percent: Its operations, in per cent of what general purpose mode allows.
        burst_credit_bytes: Burst credits that are left, in bytes. A new file system has 2.1 TiB:
            https://docs.aws.amazon.com/efs/latest/ug/performance.html
    """

    errors: pulumi.Input[float] = 1
    throttles: pulumi.Input[float] = 1
    duration_percent: pulumi.Input[float] = 80
    cold_start_seconds: pulumi.Input[float] = 30
    throughput_percent: pulumi.Input[float] = 80
    io_limit_percent: pulumi.Input[float] = 95
    burst_credit_bytes: pulumi.Input[float] = 200 << 30


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An alarm of CloudWatch.

    Nobody calls for a while, and none of these metrics has data: that is no alarm.

    Attributes:
        name: What it is called, after the component's name.
        metric: What it watches; None, where that is `UTILIZATION`.
        statistic: How the values of a period become one.
        threshold: From here on, or with `below` down to here.
        below: Whether small values are bad.
        minutes: Length of a period.
        periods: How many in a row.
        what: What has happened.
        remedy: What to do, as Markdown.
    """

    name: str
    metric: Metric | None
    statistic: str
    threshold: pulumi.Input[float]
    below: bool = False
    minutes: int = 5
    periods: int = 1
    what: str
    remedy: str

    @property
    def comparison(self) -> str:
        """CloudWatch's word for it."""
        return f"{'LessThan' if self.below else 'GreaterThan'}OrEqualToThreshold"

    @property
    def period(self) -> int:
        """Seconds of a period."""
        return self.minutes * _MINUTE


def alarms(
    thresholds: Thresholds, timeout_seconds: pulumi.Input[float], *, bursting: bool
) -> tuple[Alarm, ...]:
    """Every alarm of a stack.

    Args:
        thresholds: From when on they go off.
        timeout_seconds: Timeout of the function.
        bursting: Whether the file system has burst credits: only in throughput mode `bursting`.
    """
    return (
        *_of_function(thresholds, timeout_seconds),
        *_of_file_system(thresholds, bursting),
        # By another way than EventBridge's, so that no refusal there stays silent.
        Alarm(
            name="notice-not-delivered",
            metric=metrics.NOT_DELIVERED,
            statistic="Sum",
            threshold=1,
            what="a populate task failed, and EventBridge could not tell the topic",
            remedy="The topic's policy, or that of its key, does not let in "
            "`events.amazonaws.com`. [Why did `up` fail?](#why-did-up-fail)",
        ),
    )


def _of_function(thresholds: Thresholds, timeout_seconds: pulumi.Input[float]) -> Iterator[Alarm]:
    yield Alarm(
        name="load-failure",
        metric=metrics.LOAD_FAILURE,
        statistic="Sum",
        threshold=1,
        minutes=1,
        what="a model could not be loaded, so its process answered nothing",
        remedy="The function's log has the stack trace beside `the model cannot be loaded`. After "
        "an `up`: [go back](#go-back). Without one: [check the release](#check-a-release).",
    )
    yield Alarm(
        name="errors",
        metric=metrics.ERRORS,
        statistic="Sum",
        threshold=thresholds.errors,
        what="calls of the alias failed",
        remedy="Filter the function's log for `ERROR`: [errors](models.md#events-and-answers). A "
        "call that ran out of time or memory has no stack trace, only Lambda's own line.",
    )
    yield Alarm(
        name="duration",
        metric=metrics.DURATION,
        statistic="Maximum",
        threshold=_milliseconds(timeout_seconds, thresholds.duration_percent),
        what="a call nearly ran out of time",
        remedy="If it was a cold start, see [there](#a-slow-cold-start). Otherwise send fewer "
        "instances in one call, or raise `memoryMb` or `timeoutSeconds`.",
    )
    yield Alarm(
        name="throttles",
        metric=metrics.THROTTLES,
        statistic="Sum",
        threshold=thresholds.throttles,
        what="Lambda refused calls: as many ran at once as may",
        remedy="Raise `reservedConcurrency`, or the account's quota `Concurrent executions`. "
        "Callers that do not retry have lost these calls.",
    )
    yield Alarm(
        name="cold-start",
        metric=metrics.COLD_START,
        statistic="Maximum",
        threshold=thresholds.cold_start_seconds,
        what="a cold start took long",
        remedy="[A slow cold start](#a-slow-cold-start).",
    )


def _of_file_system(thresholds: Thresholds, bursting: bool) -> Iterator[Alarm]:
    yield Alarm(
        name="throughput",
        metric=None,
        statistic="Average",
        threshold=thresholds.throughput_percent,
        periods=3,
        what="the file system moves nearly as many bytes as it may",
        remedy="Many cold starts at once read it: keep processes warm, or with `throughput: "
        "bursting` change to `elastic`.",
    )
    yield Alarm(
        name="io-limit",
        metric=metrics.IO_LIMIT,
        statistic="Average",
        threshold=thresholds.io_limit_percent,
        periods=3,
        what="the file system does nearly as many operations as it may",
        remedy="Find who else uses it. With `imports: plain` in the cold starts of the log, "
        "each makes thousands of operations: [a slow cold start](#a-slow-cold-start).",
    )
    if bursting:
        yield Alarm(
            name="burst-credits",
            metric=metrics.BURST_CREDITS,
            statistic="Minimum",
            threshold=thresholds.burst_credit_bytes,
            below=True,
            what="burst credits run out, and then reads get as slow as the file system is small",
            remedy="`pulumi config set throughput elastic`, then `pulumi up`.",
        )


def _milliseconds(
    timeout_seconds: pulumi.Input[float], percent: pulumi.Input[float]
) -> pulumi.Input[float]:
    """A part of the timeout, in the unit of Lambda's Duration."""
    if isinstance(timeout_seconds, int | float) and isinstance(percent, int | float):
        return timeout_seconds * 10 * percent
    both: pulumi.Output[list[float]] = pulumi.Output.all(timeout_seconds, percent)
    return both.apply(lambda known: known[0] * 10 * known[1])
