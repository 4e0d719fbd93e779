"""Publication: one release, its populate task, and the run that publishes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import pulumi
import pulumi_aws as aws

from .container import CONTAINER, VOLUME, definitions, refuse_out_of_reach, token_statements
from .contract import Application, Release, runtime, wheel_cache
from .contract.package import Package
from .gates import PopulateTasks, PopulateTasksArgs, PopulatorRun, PopulatorRunArgs
from .inputs import Args, Plain, Tags
from .populator import Populator
from .resources import family, rights


@dataclass(frozen=True, kw_only=True)
class PublicationArgs(Args):
    """Arguments of `Publication`.

    Attributes:
        populator: Which populator runs the task.
        application: The folder with the lock, and with the model that the task tries.
        salt: Any word; another one makes another release of the same packages.
        tags: Tags for every resource.
    """

    populator: Populator
    application: Application
    salt: Annotated[str, Plain("the release's id follows from it")] = ""
    tags: Tags = field(default_factory=dict)


class Publication(pulumi.ComponentResource):
    """A release on the file system. It exists when the release is published and proven.

    Functions take from it all that they need to find the release: any number of them may.

    Attributes:
        release: What was published, known in a preview.
        store: Where it lies.
        credentials: As whom gates call AWS.
        populator: What publishes it.
        run: The run of the populate task; depend on it for the release's sake.
    """

    release_id: pulumi.Output[str]
    release_path: pulumi.Output[str]
    task_definition_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: PublicationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        self.populator = populator = args.populator
        self.store, self.credentials = populator.args.store, populator.args.credentials
        self.release = Release.of(args.application, populator.args.target, salt=args.salt)
        self._refuse_out_of_reach()
        files = runtime.task_files(args.application, self.release.lock)
        super().__init__("efs-inference:index:Publication", name, {}, opts)
        self.store.account.refuse_another(self, name)
        child = pulumi.ResourceOptions(parent=self)
        program = populator.bucket.upload(name, "populate", Package(files), child)
        sources = self._source_statements()
        may_read = rights(
            f"{name}-program",
            populator.task_role,
            populator.bucket.read(program).apply(lambda read: [*read, *sources]),
            child,
        )
        container = definitions(
            program_url=program.url,
            release=self.release,
            mount=self.store.mount,
            source=populator.source,
            secret_arn=populator.args.secret_arn,
            timeout_minutes=populator.args.timeout_minutes,
            log_group=populator.log.plain_name,
            region=self.store.account.region,
        )
        task_definition = self._task_definition(name, args, container)
        network = self.store.network
        # Rights, routes and every zone's mount target have to be there before a task starts, and
        # what a task holds has to stay until it has ended.
        needed = [network, self.store, populator]
        tasks = PopulateTasks(
            name,
            PopulateTasksArgs(
                cluster_arn=populator.cluster_arn,
                family=family(name),
                account=self.store.account,
                credentials=self.credentials,
            ),
            pulumi.ResourceOptions(parent=self, depends_on=needed),
        )
        self.run = PopulatorRun(
            name,
            PopulatorRunArgs(
                release_id=self.release.id,
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
                parent=self, depends_on=[*needed, program.resource, may_read, tasks]
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

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which a function finds the release."""
        return self.store.mount.environment(self.release.id)

    def _refuse_out_of_reach(self) -> None:
        args, network = self.populator.args, self.store.network
        if args.cache is not None:
            wheel_cache.hashes(self.release.pins, "the lock")
        sources = {args.index_url: "index_url"} | dict.fromkeys(self.release.urls, "the lock")
        refuse_out_of_reach(
            network.endpoints,
            network.account.region,
            image=self.release.target.image,
            sources={} if args.wheel_cache else sources,
            secret_arn=args.secret_arn,
        )

    def _source_statements(self) -> list[dict[str, object]]:
        """What the task role needs to read the packages."""
        args, partition = self.populator.args, self.store.account.partition
        if args.cache is not None:
            return [args.cache.read(partition)]
        return token_statements({args.index_url, *self.release.index_urls}, partition)

    def _task_definition(
        self, name: str, args: PublicationArgs, container: str
    ) -> aws.ecs.TaskDefinition:
        populator, size = args.populator, args.populator.args.size
        return aws.ecs.TaskDefinition(
            name,
            family=family(name),
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(size.cpu),
            memory=str(size.memory_mb),
            ephemeral_storage={"size_in_gib": size.ephemeral_storage_gib},
            runtime_platform={
                "operating_system_family": "LINUX",
                "cpu_architecture": self.release.target.architecture.upper(),
            },
            execution_role_arn=populator.execution_role_arn,
            task_role_arn=populator.task_role_arn,
            container_definitions=container,
            volumes=[self.store.volume(VOLUME)],
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
