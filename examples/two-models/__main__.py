"""Two functions, each with a model of its own, on one release of libraries."""

from pathlib import Path

import efs_inference as efs
import pulumi

config = pulumi.Config()
folder = Path(__file__).parent
models = {name: efs.Application(folder / name) for name in ("forecast", "outliers")}
roles = {name: efs.FunctionRole(name) for name in models}

network = efs.Network(
    "network",
    efs.NetworkArgs(cidr="10.0.0.0/16", zones=efs.Account.of().zones()),
    pulumi.ResourceOptions(depends_on=[*roles.values()]),
)
store = efs.EfsStore("store", efs.EfsStoreArgs(network=network, mount_path="/mnt/models"))
target = efs.Target(runtime=config.require("runtime"), architecture=config.require("architecture"))
populator = efs.Populator("populator", efs.PopulatorArgs(store=store, target=target))
libraries = efs.Publication(
    "libraries", efs.PublicationArgs(populator=populator, application=models["forecast"])
)
for name, application in models.items():
    function = efs.InferenceFunction(
        name,
        efs.InferenceFunctionArgs(application=application, libraries=libraries, role=roles[name]),
    )
    pulumi.export(f"{name}Alias", function.alias_arn)
    pulumi.export(f"{name}Sample", function.sample_request)
