"""What could only be read so far: each probe asks AWS, and says what it answered.

A probe returns `answer`, one line for a reader; `as_expected`, which is None where nothing was
expected or the probe tells nothing; and beside them what it was read from.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
from botocore.exceptions import ClientError

from . import refusals
from .stacks import Made

DELIBERATE = "deliberate failure of the first run"
_LOG_SECONDS = 60
_POLICY_SECONDS = 30


@dataclass(frozen=True)
class Facts:
    """What is there when the probes run."""

    by_type: Mapping[str, Made]
    steps: Mapping[str, Any]

    @classmethod
    def of(cls, resources: Sequence[Made], steps: Mapping[str, Any]) -> Facts:
        """The stack's resources, of a type any one, and the steps that are done."""
        return cls({made.type: made for made in resources}, steps)

    def made(self, kind: str) -> Made:
        """The resource of a type. Raises LookupError where there is none."""
        if kind not in self.by_type:
            raise LookupError(f"the stack has no {kind}")
        return self.by_type[kind]

    @property
    def function(self) -> str:
        """The function's name."""
        return str(self.made("Function").outputs["name"])

    @cached_property
    def task_log(self) -> list[dict[str, Any]]:
        """What the populate tasks said, in order."""
        group = self.made("PopulatorRun").outputs["log_group"]
        pages = boto3.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        lines = [event["message"] for page in pages for event in page["events"]]
        return [json.loads(line) for line in lines if line.startswith("{")]

    @cached_property
    def demonstration(self) -> dict[str, Any]:
        """What the function sees around itself."""
        found = _invoke(self.made("Alias").outputs["arn"], {})
        return found if isinstance(found, dict) else {}


def _invoke(function: str, event: object) -> Any:
    answer = boto3.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    return json.loads(answer["Payload"].read() or b"null")


def denies(there: Facts) -> dict[str, Any]:
    """Whether Lambda mounts although the file system policy has both denies."""
    efs, system = boto3.client("efs"), there.made("FileSystem").id
    policy = json.loads(efs.describe_file_system_policy(FileSystemId=system)["Policy"])
    sids = [statement.get("Sid") for statement in policy["Statement"]]
    if any("payload" in step.get("call", {}) for step in there.steps.values()):
        return {"answer": f"Lambda mounts with {', '.join(sids)}", "as_expected": True}
    if "Function" not in there.by_type:
        return {"answer": "no function was made, so nothing is known", "as_expected": None}
    refused = {}
    for sid in sids:
        rest = [statement for statement in policy["Statement"] if statement.get("Sid") != sid]
        efs.put_file_system_policy(
            FileSystemId=system, Policy=json.dumps({**policy, "Statement": rest})
        )
        time.sleep(_POLICY_SECONDS)
        # An environment that runs keeps its mount: another configuration starts another one.
        _configure(boto3.client("lambda"), there.function, Description=f"without {sid}")
        try:
            _invoke(there.function, {})
            refused[sid] = "without it Lambda mounts"
        except ClientError as error:
            refused[sid] = f"without it too: {error.response['Error'].get('Code')}"
    efs.put_file_system_policy(FileSystemId=system, Policy=json.dumps(policy))
    said = "; ".join(f"{sid}: {what}" for sid, what in refused.items())
    return {"answer": f"Lambda does not mount. {said}", "as_expected": False}


def trust(there: Facts) -> dict[str, Any]:
    """Whether ECS may assume both roles although their trust demands `aws:SourceArn`."""
    arn = there.made("TaskDefinition").outputs["arn"]
    known = boto3.client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    demanded = {}
    for key in ("executionRoleArn", "taskRoleArn"):
        role = boto3.client("iam").get_role(RoleName=known[key].rpartition("/")[2])["Role"]
        document = role["AssumeRolePolicyDocument"]
        document = document if isinstance(document, dict) else json.loads(document)
        demanded[key] = "aws:SourceArn" in json.dumps(document)
    ran = any(step["populate"].get("outcome") for step in there.steps.values())
    refused = any("assume" in (step["error"] or "") for step in there.steps.values())
    said = "a task ran" if ran else "no task ran; the step `up` has ECS's reason"
    names = ", ".join(key.removesuffix("Arn") for key, found in demanded.items() if found)
    right = ran or (False if refused else None)
    return {
        "answer": f"{said}; aws:SourceArn is demanded by {names or 'none'}",
        "as_expected": right,
    }


def image(there: Facts) -> dict[str, Any]:
    """Which pip and which libc the image of the populate task has."""
    said = [line.get("message", "") for line in there.task_log if line.get("phase") == "import"]
    found = re.search(r"'pip': '(.+?)', 'libc': '(.+?)'", " ".join(said))
    if found is None:
        return {"answer": "the task's log has no demonstration", "as_expected": None}
    return {"answer": f"pip {found[1]}, {found[2]}", "as_expected": True}


def failure_in_call(error: str) -> dict[str, Any]:
    """Whether a POST to the Runtime API's /error followed by exit delivers the reason."""
    found = DELIBERATE in error
    said = "the reason came with the failed call" if found else f"it did not come: {error[:300]}"
    return {"answer": said, "as_expected": found}


def copy(there: Facts) -> dict[str, Any]:
    """How many files a second the copy to the file system makes."""
    done = [line for line in there.task_log if line.get("phase") == "summary"]
    for line in done:
        if seconds := (line.get("seconds") or {}).get("copy"):
            rate = line["files"] / seconds
            answer = f"{line['files']:,} files in {seconds} s: {rate:,.0f} files/s"
            return {"answer": answer, "as_expected": None, "files_per_second": round(rate)}
    return {"answer": "no task copied anything measurable", "as_expected": None}


def reads(there: Facts) -> dict[str, Any]:
    """How long the function takes to open and read a file that it has not read before."""
    found = there.demonstration["reads"]
    each = 1000 * found["seconds"] / found["files"]
    answer = f"{found['files']} files one by one, {each:.2f} ms each"
    return {"answer": answer, "as_expected": None, "milliseconds": round(each, 3)}


def readahead(there: Facts) -> dict[str, Any]:
    """The readahead of the function's mount, and its options."""
    mount = there.demonstration["mount"]
    size = mount["readahead_kb"]
    said = "not shown in the function" if size is None else f"{size} KiB"
    return {"answer": f"{said}, {mount['type']} with {mount['options']}", "as_expected": None}


def write(there: Facts) -> dict[str, Any]:
    """What a function without ClientWrite gets when it writes to the release."""
    said = there.demonstration["write"]
    return {"answer": said, "as_expected": said != "accepted"}


def log_levels(there: Facts) -> dict[str, Any]:
    """Whether Lambda takes the level of a JSON line that has a timestamp, and INFO without one."""
    client: Any = boto3.client("lambda")
    found = client.get_function_configuration(FunctionName=there.function)
    logging = dict(found["LoggingConfig"])
    word = uuid.uuid4().hex
    warn = {**logging, "ApplicationLogLevel": "WARN"}
    _configure(client, there.function, LoggingConfig=warn)
    try:
        _invoke(there.function, {"instances": [f"log:{word}"]})
    finally:
        before = {"ApplicationLogLevel": "INFO", **logging}
        _configure(client, there.function, LoggingConfig=before)
    kept = sorted(_lines(logging["LogGroup"], word))
    said = f"of error-with, debug-with, error-without at level WARN kept: {', '.join(kept)}"
    return {"answer": said, "as_expected": kept == ["error-with"]}


def _configure(client: Any, function: str, **configuration: Any) -> None:
    client.update_function_configuration(FunctionName=function, **configuration)
    client.get_waiter("function_updated_v2").wait(FunctionName=function)


def _lines(group: str, word: str) -> set[str]:
    """Which of the lines with this word are in the log; they may be late."""
    logs, found, end = boto3.client("logs"), set[str](), time.monotonic() + _LOG_SECONDS
    while time.monotonic() < end and not found:
        time.sleep(2)
        for _ in range(2):  # once more, for the lines behind the first one
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
            for page in pages:
                for event in page["events"]:
                    if word in event["message"]:
                        found.add(event["message"].partition(f"{word} ")[2].partition('"')[0])
            if found:
                time.sleep(2)
    return found


PROBES: Mapping[str, Callable[[Facts], dict[str, Any]]] = {
    "denies": denies,
    "trust": trust,
    "image": image,
    "copy": copy,
    "reads": reads,
    "readahead": readahead,
    "write": write,
    "log-levels": log_levels,
    "refusals": lambda there: refusals.ask(there.made),
}
