"""The program: settings in, components, exports out."""

from pathlib import Path

import pulumi

import components as efs

application = efs.Application(Path(__file__).parent / "lambda_src" / "application")
settings = efs.Settings.from_stack(application)

# Lambda deletes its network interfaces with the role, so the role outlives the network.
role = efs.FunctionRole("inference", settings.roles)
network = efs.Network(
    "network", settings.network(efs.Account.of()), pulumi.ResourceOptions(depends_on=[role])
)
store = efs.EfsStore("store", settings.store(network))
populator = efs.Populator("populator", settings.populator(store))
artifacts = efs.ArtifactPublication.of("artifacts", settings.artifacts(populator, application))
libraries = efs.Publication("libraries", settings.libraries(populator, application, artifacts))
function = efs.InferenceFunction("inference", settings.function(libraries, application, role))
if alarms := settings.observability(function):
    observability = efs.Observability("observability", alarms)
    pulumi.export("alarmTopic", observability.topic_arn)
    pulumi.export("dashboardName", observability.dashboard_name)

pulumi.export("mountPath", store.mount.path)
pulumi.export("releaseId", libraries.release.id)
pulumi.export("releasePath", store.mount.release_path(libraries.release.id))
pulumi.export("functionName", function.function_name)
pulumi.export("functionArn", function.function_arn)
pulumi.export("aliasArn", function.alias_arn)
pulumi.export("sampleRequest", function.sample_request)
pulumi.export("fileSystemId", store.file_system_id)
pulumi.export("accessPointId", store.access_point_id)
pulumi.export("clusterArn", populator.cluster_arn)
pulumi.export("taskDefinitionArn", libraries.task_definition_arn)
pulumi.export("logGroups", [populator.log_group_name, function.log_group_name])
pulumi.export("populateTask", libraries.run.task)
if settings.url:
    pulumi.export("functionUrl", function.function_url)
if artifacts:
    pulumi.export("artifactsPath", artifacts.release_path)
