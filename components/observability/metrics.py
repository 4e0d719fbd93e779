"""The metrics that say how a stack is: their names, and the dimensions of each."""

from __future__ import annotations

from dataclasses import dataclass

from ..contract import runtime

FUNCTION, RESOURCE, FILE_SYSTEM, RULE = "FunctionName", "Resource", "FileSystemId", "RuleName"
"""Dimensions; `Resource` is `<function>:<alias>`, so calls of a version alone are not in it."""


@dataclass(frozen=True)
class Metric:
    """A metric of CloudWatch.

    Attributes:
        namespace: Who emits it.
        name: Its name.
        dimensions: Names of its dimensions, no more and no fewer: CloudWatch finds a metric by
            exactly these.
    """

    namespace: str
    name: str
    dimensions: tuple[str, ...]


def _of_alias(name: str) -> Metric:
    return Metric("AWS/Lambda", name, (FUNCTION, RESOURCE))


def _of_handler(name: str) -> Metric:
    return Metric(runtime.METRICS, name, (FUNCTION,))


def _of_file_system(name: str) -> Metric:
    return Metric("AWS/EFS", name, (FILE_SYSTEM,))


INVOCATIONS, ERRORS = _of_alias("Invocations"), _of_alias("Errors")
DURATION, THROTTLES = _of_alias("Duration"), _of_alias("Throttles")
LOAD_FAILURE = _of_handler("LoadFailure")
COLD_START = _of_handler("ColdStartDuration")
COLD_START_STEPS = tuple(
    _of_handler(name) for name in ("ActivateDuration", "ImportDuration", "LoadDuration")
)
BUNDLE_USED = _of_handler("BundleUsed")
METERED_BYTES = _of_file_system("MeteredIOBytes")
PERMITTED = _of_file_system("PermittedThroughput")
IO_LIMIT = _of_file_system("PercentIOLimit")
BURST_CREDITS = _of_file_system("BurstCreditBalance")
CONNECTIONS = _of_file_system("ClientConnections")
NOT_DELIVERED = Metric("AWS/Events", "FailedInvocations", (RULE,))
