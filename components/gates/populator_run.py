"""PopulatorRun: the gate between libraries and function. Runs the populate task and waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from ..inputs import Texts
from .aws import CREDENTIALS
from .gate import GateArgs, GateProvider
from .task import TaskRun, TaskRunSpec


class PopulatorRunProvider(GateProvider):
    """Runs the task; deleting a run leaves the release, where it serves a rollback."""

    # A change of one of these needs the release somewhere else, or another one; nothing else does.
    replaced_by = (
        "release_id",
        "file_system_id",
        "access_point_id",
        "cluster_arn",
        "account_id",
        "region",
    )

    def complete(self, props: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Populate, or find the release there."""
        spec = TaskRunSpec.of(
            props,
            keep_releases=int(props["keep_releases"]),
            stack=props["stack"],
            **self.as_whom(props),
        )
        outcome = TaskRun(spec, say=pulumi.log.info, warn=pulumi.log.warn).complete()
        return spec.release_id, {key: outcome[key] for key in outcome if key != "summary"}

    def failed(self, props: dict[str, Any]) -> str:
        """The release is not there."""
        return f"release {props['release_id']} was not published"


@dataclass(frozen=True, kw_only=True)
class PopulatorRunArgs(GateArgs):
    """Arguments of `PopulatorRun`, see also `GateArgs`.

    Attributes:
        release_id: The release to publish.
        cluster_arn: Cluster of the task.
        task_definition_arn: What to run.
        container: Name of the container whose exit code decides.
        subnet_ids: Subnets of the task.
        security_group_ids: Security groups of the task.
        assign_public_ip: Whether the task gets a public IP.
        log_group: Name of the container's log group.
        file_system_id: Where the release goes.
        access_point_id: The access point that the task mounts.
        access_point_arn: Its ARN.
        timeout_minutes: Minutes after which the task is stopped.
        keep_releases: How many of the stack's newest releases stay on the file system.
    """

    release_id: pulumi.Input[str]
    cluster_arn: pulumi.Input[str]
    task_definition_arn: pulumi.Input[str]
    container: pulumi.Input[str]
    subnet_ids: Texts
    security_group_ids: Texts
    assign_public_ip: pulumi.Input[bool]
    log_group: pulumi.Input[str]
    file_system_id: pulumi.Input[str]
    access_point_id: pulumi.Input[str]
    access_point_arn: pulumi.Input[str]
    timeout_minutes: pulumi.Input[int]
    keep_releases: pulumi.Input[int]


class PopulatorRun(Resource, module="efs-inference", name="PopulatorRun"):
    """One run of the populate task. It exists when the release is published.

    A new release id, file system, access point, cluster, account or region runs the task again.
    The task itself ends at once when it finds the release.

    Attributes:
        task: What runs the task, as plain values: the inputs, for whoever runs it once more.
    """

    release_id: pulumi.Output[str]
    outcome: pulumi.Output[str]
    files: pulumi.Output[int]
    bytes: pulumi.Output[int]
    seconds: pulumi.Output[float]

    def __init__(
        self, name: str, args: PopulatorRunArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        # By this the installer knows whose releases it may remove.
        within = (pulumi.get_organization(), pulumi.get_project(), pulumi.get_stack(), name)
        inputs = {**args.inputs, "stack": "/".join(filter(None, within))}
        outputs = {"outcome": None, "files": None, "bytes": None, "seconds": None}
        super().__init__(PopulatorRunProvider(), name, {**inputs, **outputs}, opts)
        task = {key: value for key, value in inputs.items() if key != CREDENTIALS}
        self.task = pulumi.Output.from_input(task)
