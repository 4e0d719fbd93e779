"""Metrics within log lines: CloudWatch Logs makes metrics of what has the embedded metric format.

Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

NAMESPACE = "efs-inference"


def embedded(metrics: Mapping[str, tuple[float, str]]) -> dict[str, object]:
    """Fields of a JSON log line that carry metrics of this function: name to value and unit."""
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [["FunctionName"]],
        "Metrics": [{"Name": name, "Unit": unit} for name, (_, unit) in metrics.items()],
    }
    return {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
        "FunctionName": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
        **{name: value for name, (value, _) in metrics.items()},
    }
