"""What a task is asked to do: the request for RunTask, and which running task serves instead."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Any

from ...contract import runtime
from ..aws import AwsCalls
from .releases_in_use import releases_in_use

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import (
        ContainerOverrideTypeDef,
        KeyValuePairTypeDef,
        RunTaskRequestTypeDef,
        RunTaskResponseTypeDef,
        TaskOverrideUnionTypeDef,
        TaskTypeDef,
    )

PLATFORM_VERSION = "1.4.0"  # the first with EFS
# RunTask's limit, the JSON around the values included.
_MAX_OVERRIDES = 8_192


@dataclass(frozen=True, kw_only=True)
class TaskRunSpec:
    """What to run and where, as plain values: what `PopulatorRunArgs` describes, and more.

    Attributes:
        started_by: What a running task is known by, at most 128 characters; default: the release.
        command: Instead of the task definition's command.
        stack: The stack that asks, with the name of the run in it. Empty: it makes no promise to
            keep the release, and removes none.
        keep_releases: How many of the stack's newest releases the task leaves; None: all.
        profile: AWS profile, or None for the usual chain of credentials.
        assume_roles: Roles to assume one after the other, as in pulumi-aws's `aws:assumeRoles`.
    """

    release_id: str
    cluster_arn: str
    task_definition_arn: str
    container: str
    subnet_ids: Sequence[str]
    security_group_ids: Sequence[str]
    assign_public_ip: bool
    log_group: str
    timeout_minutes: float
    account_id: str
    region: str
    access_point_arn: str
    started_by: str = ""
    command: tuple[str, ...] | None = None
    stack: str = ""
    keep_releases: int | None = None
    profile: str | None = None
    assume_roles: Sequence[Mapping[str, str]] = ()

    @classmethod
    def of(cls, props: Mapping[str, Any], **more: Any) -> TaskRunSpec:
        """What a `PopulatorRun`'s inputs, or its `task`, say of the run; `more` wins.

        Not on whose behalf: only a run of the stack's own makes and keeps its promises.
        """
        given = {f.name: props[f.name] for f in fields(cls) if f.default is MISSING}
        return cls(**given | more)

    @property
    def access_point_id(self) -> str:
        """The last part of the access point's ARN."""
        return self.access_point_arn.rpartition("/")[2]

    @property
    def owner(self) -> str:
        """By what name the stack marks its releases on the file system; empty without a stack.

        It differs wherever other functions would have to be asked which releases are in use: by
        account, region and access point, beside the stack itself.
        """
        if not self.stack:
            return ""
        whole = "/".join((self.account_id, self.region, self.access_point_arn, self.stack))
        readable = re.sub(r"[^A-Za-z0-9._-]+", "-", self.stack).strip("._-")[:80]
        return f"stack-{readable}-{hashlib.sha256(whole.encode()).hexdigest()[:16]}"

    @property
    def known_by(self) -> str:
        """The task's `startedBy`."""
        return self.started_by or self.release_id


def adoptable(aws: AwsCalls, spec: TaskRunSpec, say: Callable[[str], None]) -> str | None:
    """ARN of a task of this release that still runs, left by an `up` that was cut off.

    One that mounts another access point writes to a file system that was replaced since.
    """
    for task in _running(aws, spec):
        name = task["taskArn"].rpartition("/")[2]
        if spec.access_point_id in _access_points(aws, task["taskDefinitionArn"]):
            say(f"waiting for task {name}, which already runs")
            return task["taskArn"]
        say(f"task {name} of the same release mounts another access point, it is not adopted")
    return None


def _running(aws: AwsCalls, spec: TaskRunSpec) -> list[TaskTypeDef]:
    # ECS takes no filter beside startedBy.
    tasks = tasks_of(aws, spec.cluster_arn, startedBy=spec.known_by)
    return [task for task in tasks if task["desiredStatus"] == "RUNNING"]


def tasks_of(aws: AwsCalls, cluster: str, **wanted: Any) -> list[TaskTypeDef]:
    """The tasks that ListTasks finds on a cluster, described."""
    tasks: list[TaskTypeDef] = []
    # A page has at most 100, which is how many can be described at once.
    for page in aws.ecs.get_paginator("list_tasks").paginate(cluster=cluster, **wanted):
        if arns := page["taskArns"]:
            tasks += aws.ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]
    return tasks


def _access_points(aws: AwsCalls, task_definition: str) -> set[str]:
    described = aws.ecs.describe_task_definition(taskDefinition=task_definition)
    systems = [
        volume.get("efsVolumeConfiguration", {})
        for volume in described["taskDefinition"].get("volumes", [])
    ]
    return {efs.get("authorizationConfig", {}).get("accessPointId", "") for efs in systems}


def overrides(
    aws: AwsCalls, spec: TaskRunSpec, warn: Callable[[str], None]
) -> TaskOverrideUnionTypeDef | None:
    """The task's own command and environment, None where it has neither."""
    container: ContainerOverrideTypeDef = {"name": spec.container}
    if spec.command is not None:
        container["command"] = list(spec.command)
    if spec.owner:
        container["environment"] = [{"name": runtime.OWNER, "value": spec.owner}]
    housekeeping = _housekeeping(aws, spec, warn)
    whole: ContainerOverrideTypeDef = {
        **container,
        "environment": [*container.get("environment", []), *housekeeping],
    }
    if housekeeping and len(json.dumps({"containerOverrides": [whole]})) <= _MAX_OVERRIDES:
        container = whole
    elif housekeeping:
        warn(
            f"no older release is removed: more of them are in use than RunTask's {_MAX_OVERRIDES} "
            "characters can name. Remedy: delete versions of functions that nobody calls"
        )
    return {"containerOverrides": [container]} if len(container) > 1 else None


def _housekeeping(
    aws: AwsCalls, spec: TaskRunSpec, warn: Callable[[str], None]
) -> list[KeyValuePairTypeDef]:
    """What the task needs to know to remove releases, nothing where it is to remove none.

    In use is what functions name now. Between now and the end of the task an alias may be moved
    to an older version; what an `up` asks for meanwhile is kept by the installer itself.
    """
    if spec.keep_releases is None or not spec.owner:
        return []
    in_use = releases_in_use(aws, spec.access_point_arn, warn)
    if in_use is None:
        return []
    return [
        {"name": runtime.KEEP, "value": str(spec.keep_releases)},
        {"name": runtime.IN_USE, "value": " ".join(sorted(in_use))},
    ]


def request(
    spec: TaskRunSpec, token: str, overridden: TaskOverrideUnionTypeDef | None
) -> RunTaskRequestTypeDef:
    """The request for RunTask; the same token never starts a second task."""
    run: RunTaskRequestTypeDef = {
        "cluster": spec.cluster_arn,
        "taskDefinition": spec.task_definition_arn,
        "launchType": "FARGATE",
        "platformVersion": PLATFORM_VERSION,
        "startedBy": spec.known_by,
        "clientToken": token,
        # Accounts that enforce tags refuse a task without them (needs ecs:TagResource).
        "propagateTags": "TASK_DEFINITION",
        "enableECSManagedTags": True,
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": list(spec.subnet_ids),
                "securityGroups": list(spec.security_group_ids),
                "assignPublicIp": "ENABLED" if spec.assign_public_ip else "DISABLED",
            }
        },
    }
    if overridden is not None:
        run["overrides"] = overridden
    return run


def started(response: RunTaskResponseTypeDef) -> tuple[str | None, str]:
    """ARN of the started task, or why there is none: RunTask answers 200 all the same."""
    if response["tasks"]:
        return response["tasks"][0]["taskArn"], ""
    reasons = (
        f"{failure.get('reason', '')} {failure.get('detail', '')}".strip()
        for failure in response["failures"]
    )
    return None, "; ".join(reasons) or "no task, and no reason given"
