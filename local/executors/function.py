"""A version of a Lambda function: what it is configured with, and what of its lines is logged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

TASK_ROOT, RUNTIME_DIR = "/var/task", "/var/runtime"
"""Where Lambda has a function's code and its runtime."""
_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")


def _level(line: str) -> str:
    """The level of a printed line, as Lambda takes it."""
    try:
        found = json.loads(line)
        moment, level = datetime.fromisoformat(found["timestamp"]), str(found["level"]).upper()
    except (ValueError, TypeError, KeyError, RecursionError):
        return "INFO"
    return level if moment.tzinfo and level in _LEVELS else "INFO"


@dataclass(frozen=True, kw_only=True)
class Function:
    """One version of a function.

    Attributes:
        configuration: As GetFunctionConfiguration gives it.
        code: The zip.
        region: Its region.
        endpoint: Variables with which a client in the function finds the embedded cloud.
        way_out: Whether its network leads anywhere but to its file system.
    """

    configuration: Mapping[str, Any]
    code: bytes
    region: str
    endpoint: Mapping[str, str]
    way_out: bool

    @property
    def key(self) -> str:
        """What has to be the same for an environment to be used again."""
        return json.dumps([self.configuration, self.way_out], sort_keys=True, default=str)

    @property
    def _logging(self) -> dict[str, str]:
        given: dict[str, str] = self.configuration.get("LoggingConfig", {})
        return given

    @property
    def log_group(self) -> str:
        """Where it logs."""
        return self._logging.get("LogGroup", f"/aws/lambda/{self.configuration['FunctionName']}")

    @property
    def logs_json(self) -> bool:
        """Whether its log format is JSON."""
        return self._logging.get("LogFormat") == "JSON"

    def logs(self, line: str) -> bool:
        """Whether a line that it prints is logged: in JSON format its level has to be high enough.

        The level of a line counts beside a valid timestamp only; any other line is INFO.
        https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
        """
        wanted = self._logging.get("ApplicationLogLevel", "INFO")
        return not self.logs_json or _LEVELS.index(_level(line)) >= _LEVELS.index(wanted)

    def environment(self, api: str, stream: str) -> dict[str, str]:
        """The environment variables of its process.

        https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        """
        known = self.configuration
        return {
            **self.endpoint,
            "LANG": "en_US.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "TZ": ":UTC",
            **known.get("Environment", {}).get("Variables", {}),
            "_HANDLER": known["Handler"],
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{known['Runtime']}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(known["MemorySize"]),
            "AWS_LAMBDA_FUNCTION_NAME": known["FunctionName"],
            "AWS_LAMBDA_FUNCTION_VERSION": known["Version"],
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_FORMAT": "JSON" if self.logs_json else "Text",
            "AWS_LAMBDA_LOG_GROUP_NAME": self.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": stream,
            "AWS_LAMBDA_RUNTIME_API": api,
            "AWS_REGION": self.region,
            "LAMBDA_TASK_ROOT": TASK_ROOT,
            "LAMBDA_RUNTIME_DIR": RUNTIME_DIR,
            "PYTHONPATH": f"{TASK_ROOT}:{RUNTIME_DIR}",
        }
