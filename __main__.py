"""The program: settings in, components, exports out."""

from pathlib import Path

import pulumi

import components as efs

source = efs.Source(Path(__file__).parent / "lambda_src")
settings = efs.Settings.from_stack(source)
account = efs.Account.current()
mount = efs.Mount(settings.mount_path)
release = efs.Release.planned(
    source,
    runtime=settings.runtime,
    architecture=settings.architecture,
    image=settings.image,
    salt=settings.release_salt,
)
container = efs.PopulateContainer(
    name="populator",
    mount=mount,
    release=release,
    source=source,
    index_url=settings.index_url,
    timeout_minutes=settings.populator_timeout_minutes,
    account=account,
)

role = efs.FunctionRole("inference", settings.tags)
network = efs.Network(
    "network",
    efs.NetworkArgs(
        cidr=settings.network_cidr,
        zones=account.zones(settings.availability_zones),
        egress=settings.egress,
        egress_ports=settings.egress_ports,
        account=account,
        tags=settings.tags,
    ),
    pulumi.ResourceOptions(depends_on=[role]),
)
store = efs.EfsStore(
    "store",
    efs.EfsStoreArgs(
        subnet_ids=network.private_subnet_id_by_zone,
        security_group_id=network.mount_target_security_group_id,
        throughput=settings.throughput,
        protect=settings.protect,
        tags=settings.tags,
    ),
)
populator = efs.Populator(
    "populator",
    efs.PopulatorArgs(
        container=container,
        store=store,
        size=settings.populator_size,
        log_retention_days=settings.log_retention_days,
        tags=settings.tags,
    ),
)
run = efs.PopulatorRun(
    "populate",
    efs.PopulatorRunArgs(
        release=release,
        populator=populator,
        network=network,
        store=store,
        timeout_minutes=settings.populator_timeout_minutes,
        keep_releases=settings.keep_releases,
        account=account,
    ),
)
function = efs.InferenceFunction(
    "inference",
    efs.InferenceFunctionArgs(
        source=source,
        mount=mount,
        release=release,
        role=role,
        run=run,
        network=network,
        store=store,
        memory_mb=settings.memory_mb,
        timeout_seconds=settings.timeout_seconds,
        ephemeral_storage_mb=settings.ephemeral_storage_mb,
        account=account,
        log_retention_days=settings.log_retention_days,
        tags=settings.tags,
    ),
)

pulumi.export("mountPath", mount.path)
pulumi.export("releaseId", release.id)
pulumi.export("releasePath", mount.release_path(release.id))
pulumi.export("functionName", function.function_name)
pulumi.export("functionArn", function.function_arn)
pulumi.export("aliasArn", function.alias_arn)
pulumi.export("sampleRequest", function.sample_request)
pulumi.export("fileSystemId", store.file_system_id)
pulumi.export("accessPointId", store.access_point_id)
pulumi.export("clusterArn", populator.cluster_arn)
pulumi.export("taskDefinitionArn", populator.task_definition_arn)
pulumi.export("logGroups", [populator.log_group_name, function.log_group_name])
pulumi.export("populateTask", run.task)
