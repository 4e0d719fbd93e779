"""A Keras model whose weights are a release of their own, beside that of the libraries."""

from pathlib import Path

import efs_inference as efs
import pulumi

config = pulumi.Config()
application = efs.Application(Path(__file__).parent / "application")
role = efs.FunctionRole("circle")
network = efs.Network(
    "network",
    efs.NetworkArgs(cidr="10.0.0.0/16", zones=efs.Account.of().zones()),
    pulumi.ResourceOptions(depends_on=[role]),
)
store = efs.EfsStore("store", efs.EfsStoreArgs(network=network, mount_path="/mnt/models"))
target = efs.Target(runtime=config.require("runtime"), architecture=config.require("architecture"))
populator = efs.Populator("populator", efs.PopulatorArgs(store=store, target=target))
weights = efs.ArtifactPublication(
    "weights", efs.ArtifactPublicationArgs(populator=populator, application=application)
)
libraries = efs.Publication(
    "libraries",
    efs.PublicationArgs(populator=populator, application=application, artifacts=weights),
)
function = efs.InferenceFunction(
    "circle",
    efs.InferenceFunctionArgs(application=application, libraries=libraries, role=role),
)
pulumi.export("aliasArn", function.alias_arn)
pulumi.export("sampleRequest", function.sample_request)
