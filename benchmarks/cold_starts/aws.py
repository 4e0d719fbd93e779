"""A deployed stack's cold start on its own EFS: `python -m benchmarks aws --stack prod`.

The populate task and the function load the model from the stack's release, with the cold start
switched off and on; the task also from its own disk. Each run is a new task, or a new execution
environment of the function's `$LATEST`, whose environment variables are put back at the end; the
alias is not touched.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from components.errors import PopulateError
from components.gates import TaskRun, TaskRunSpec
from components.verify import NEEDED, NotDeployedError, stack_outputs
from lambda_src.release.activation.cold_start import SWITCH
from lambda_src.release.installation.job import WAYS

from .. import report
from ..harness import KEPT, FailedRunError, Run, begin, save
from .imports import HANDLER, OFF

ROUNDS = 3
LATE = 60.0
"""Seconds that a line of the function's log may take until it can be read."""
LOCAL = f"{OFF}, local"
_FAILURES = (NotDeployedError, PopulateError, FailedRunError, BotoCoreError, ClientError)
Measured = Callable[[], float]


def measurements(outputs: Mapping[str, Any], profile: str | None) -> Iterator[tuple[str, Measured]]:
    """What to measure, by storage and way; each returns the seconds of a cold start."""
    for way, name in zip(WAYS, (HANDLER, OFF, LOCAL), strict=True):
        yield f"task, {name}", partial(_in_task, outputs, way, profile)
    function = Function(outputs, profile)
    yield f"function, {HANDLER}", partial(function.cold_start, "on")
    yield f"function, {OFF}", partial(function.cold_start, "off")


def _in_task(outputs: Mapping[str, Any], way: str, profile: str | None) -> float:
    words = ["measure", "--release", outputs["releasePath"], "--way", way]
    words += ["--artifacts", outputs["artifactsPath"]] if outputs.get("artifactsPath") else []
    spec = TaskRunSpec.of(
        outputs["populateTask"],
        command=tuple(words),
        started_by=f"measure-{way}-{uuid.uuid4().hex}",
        profile=profile,
    )
    return float(TaskRun(spec, lambda text: print(text, file=sys.stderr)).complete()["seconds"])


class Function:
    """The function's `$LATEST`."""

    def __init__(self, outputs: Mapping[str, Any], profile: str | None) -> None:
        session = boto3.Session(profile_name=profile, region_name=outputs["populateTask"]["region"])
        self._name = outputs["functionName"]
        self._logs = session.client("logs")
        known = session.client("lambda").get_function_configuration(FunctionName=self._name)
        # Another call would be of an environment that runs already.
        once = Config(read_timeout=known["Timeout"] + LATE, retries={"total_max_attempts": 1})
        self._lambda = session.client("lambda", config=once)
        self._group = known["LoggingConfig"]["LogGroup"]
        self._variables = known["Environment"]["Variables"]

    def cold_start(self, switch: str) -> float:
        """The seconds of a cold start, from the function's log. Raises FailedRunError."""
        try:
            self._configure({**self._variables, SWITCH: switch})
            begun = int(time.time() * 1000)
            answer = self._lambda.invoke(FunctionName=self._name, Payload=b"{}")
            if "FunctionError" in answer:
                said = answer["Payload"].read().decode(errors="replace")
                raise FailedRunError(f"function {self._name} failed: {said[:1000]}")
            return self._logged(begun)
        finally:
            self._configure(self._variables)

    def _configure(self, variables: dict[str, str]) -> None:
        environment: Any = {"Variables": variables}
        self._lambda.update_function_configuration(FunctionName=self._name, Environment=environment)
        self._lambda.get_waiter("function_updated_v2").wait(FunctionName=self._name)

    def _logged(self, begun: int) -> float:
        end = time.monotonic() + LATE
        while time.monotonic() < end:
            pages = self._logs.get_paginator("filter_log_events").paginate(
                logGroupName=self._group, startTime=begun
            )
            for event in (event for page in pages for event in page["events"]):
                if "[$LATEST]" in event["logStreamName"] and '"cold start"' in event["message"]:
                    return float(json.loads(event["message"])["ColdStartDuration"])
            time.sleep(1)
        raise FailedRunError(
            f"{self._group} has no line about the cold start. Remedy: let the function log at the "
            "level INFO (functionLogLevel)"
        )


def main(arguments: list[str]) -> int:
    """Measure, print the table and keep the raw results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks aws", description=__doc__)
    parser.add_argument("--stack", required=True, help="the stack, as the Pulumi CLI knows it")
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N")
    parser.add_argument("--profile", help="AWS profile; default: the usual chain of credentials")
    options = parser.parse_args(arguments)
    runs: dict[str, list[Run]] = {}
    begun = begin(seconds=0)
    try:
        outputs = stack_outputs(options.stack, (*NEEDED, "functionName"))
        for _ in range(options.rounds):
            for name, measured in measurements(outputs, options.profile):
                runs.setdefault(name, []).append(Run(seconds=measured()))
    except _FAILURES as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    results = {"benchmark": "aws", **begun, "stack": options.stack, "rounds": options.rounds}
    results["variants"] = [_variant(name, found) for name, found in runs.items()]
    table = report.import_table(results)
    screen = report.console()
    report.show(replace(table, title=f"Cold start of stack {options.stack}, on AWS"), screen)
    screen.print(f"raw results: {save(results, KEPT)}")
    return 0


def _variant(name: str, runs: list[Run]) -> dict[str, Any]:
    storage, _, way = name.partition(", ")
    labels = {"workload": "import", "storage": storage, "way": way}
    runs_ = [asdict(run) for run in runs]
    return {
        "name": name,
        "labels": labels,
        "reference": f"task, {LOCAL}",
        "efs": None,
        "runs": runs_,
    }
