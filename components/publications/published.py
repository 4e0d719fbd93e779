"""Published: what publications have in common, the populate task of one release and its run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pulumi
import pulumi_aws as aws

from ..container import CONTAINER, VOLUME, definitions
from ..contract import Package
from ..gates import PopulateTasks, PopulateTasksArgs, PopulatorRun, PopulatorRunArgs
from ..inputs import Tags
from ..populator import Populator
from ..resources import family, rights
from ..statements import Statement


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a populate task is made of.

    Attributes:
        release_id: What it publishes.
        files: Its program, each file or its content by its path.
        command: How the program is called, but for what every task gets.
        statements: What its role may do beside reading the program.
        secrets: Entries of the container's `secrets`.
        after: What has to be there before it runs.
    """

    release_id: str
    files: Mapping[str, Path | bytes]
    command: Sequence[str]
    statements: pulumi.Input[Sequence[Statement]] = ()
    secrets: Sequence[Mapping[str, str]] = ()
    after: Sequence[pulumi.Resource] = field(default_factory=tuple)


class Published(pulumi.ComponentResource):
    """A release on the file system. It exists when the release is published.

    Attributes:
        store: Where it lies.
        credentials: As whom gates call AWS.
        populator: What publishes it.
        run: The run of the populate task; depend on it for the release's sake.
        family: Family of its task definitions.
    """

    release_id: pulumi.Output[str]
    release_path: pulumi.Output[str]
    task_definition_arn: pulumi.Output[str]

    def __init__(
        self, kind: str, name: str, populator: Populator, opts: pulumi.ResourceOptions | None
    ) -> None:
        super().__init__(f"efs-inference:index:{kind}", name, {}, opts)
        self.populator, self.family = populator, family(name)
        self.store, self.credentials = populator.args.store, populator.args.credentials
        self.store.account.refuse_another(self, name)

    def _publish(self, name: str, task: Task, tags: Tags) -> None:
        populator = self.populator
        child = pulumi.ResourceOptions(parent=self)
        program = populator.bucket.upload(name, "populate", Package(task.files), child)
        more = pulumi.Output.from_input(task.statements)
        may_read = rights(
            f"{name}-program",
            populator.task_role,
            pulumi.Output.all(populator.bucket.read(program), more).apply(
                lambda both: [*both[0], *both[1]]
            ),
            child,
        )
        container = definitions(
            program_url=program.url,
            image=populator.args.target.image,
            command=task.command,
            release_path=self.store.mount.release_path(task.release_id),
            mount=self.store.mount,
            secrets=task.secrets,
            timeout_minutes=populator.args.timeout_minutes,
            log_group=populator.log.plain_name,
            region=self.store.account.region,
        )
        task_definition = self._task_definition(name, tags, container)
        network = self.store.network
        # Rights, routes and every zone's mount target have to be there before a task starts, and
        # what a task holds has to stay until it has ended.
        needed = [network, self.store, populator]
        tasks = PopulateTasks(
            name,
            PopulateTasksArgs(
                cluster_arn=populator.cluster_arn,
                family=self.family,
                account=self.store.account,
                credentials=self.credentials,
            ),
            pulumi.ResourceOptions(parent=self, depends_on=needed),
        )
        self.run = PopulatorRun(
            name,
            PopulatorRunArgs(
                release_id=task.release_id,
                cluster_arn=populator.cluster_arn,
                task_definition_arn=task_definition.arn,
                container=CONTAINER,
                subnet_ids=network.populator_subnet_ids,
                security_group_ids=[network.populator_security_group_id],
                assign_public_ip=network.assign_public_ip,
                log_group=populator.log.name,
                file_system_id=self.store.file_system_id,
                access_point_id=self.store.access_point_id,
                access_point_arn=self.store.access_point_arn,
                timeout_minutes=populator.args.timeout_minutes,
                keep_releases=populator.args.keep_releases,
                account=self.store.account,
                credentials=populator.args.credentials,
            ),
            pulumi.ResourceOptions(
                parent=self,
                depends_on=[*needed, program.resource, may_read, tasks, *task.after],
            ),
        )
        self.release_id = self.run.release_id
        self.release_path = self.release_id.apply(self.store.mount.release_path)
        self.task_definition_arn = task_definition.arn
        self.register_outputs(
            {
                "release_id": self.release_id,
                "release_path": self.release_path,
                "task_definition_arn": self.task_definition_arn,
            }
        )

    def _task_definition(self, name: str, tags: Tags, container: str) -> aws.ecs.TaskDefinition:
        populator, size = self.populator, self.populator.args.size
        return aws.ecs.TaskDefinition(
            name,
            family=self.family,
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(size.cpu),
            memory=str(size.memory_mb),
            ephemeral_storage={"size_in_gib": size.ephemeral_storage_gib},
            runtime_platform={
                "operating_system_family": "LINUX",
                "cpu_architecture": populator.args.target.architecture.upper(),
            },
            execution_role_arn=populator.execution_role_arn,
            task_role_arn=populator.task_role_arn,
            container_definitions=container,
            volumes=[self.store.volume(VOLUME)],
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
