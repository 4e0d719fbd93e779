"""A function in a VPC and subnets that are there already."""

from pathlib import Path

import efs_inference as efs
import pulumi

config = pulumi.Config()
application = efs.Application(Path(__file__).parent / "application")
role = efs.FunctionRole("distances")

account, subnet_ids = efs.Account.of(), config.require_object("subnetIds")
args: efs.NetworkArgs | efs.ExistingNetworkArgs
if subnet_ids:
    vpc_id, subnets = account.subnets(subnet_ids)
    populator_subnets = config.require_object("populatorSubnetIds")
    args = efs.ExistingNetworkArgs(
        vpc_id=vpc_id, subnet_ids=subnets, populator_subnet_ids=populator_subnets
    )
else:  # as on the local cloud, where nothing is there already
    args = efs.NetworkArgs(cidr="10.0.0.0/16", zones=account.zones())
network = efs.Network("network", args, pulumi.ResourceOptions(depends_on=[role]))
store = efs.EfsStore("store", efs.EfsStoreArgs(network=network, mount_path="/mnt/models"))
target = efs.Target(runtime=config.require("runtime"), architecture=config.require("architecture"))
populator = efs.Populator("populator", efs.PopulatorArgs(store=store, target=target))
libraries = efs.Publication(
    "libraries", efs.PublicationArgs(populator=populator, application=application)
)
function = efs.InferenceFunction(
    "distances",
    efs.InferenceFunctionArgs(application=application, libraries=libraries, role=role),
)
pulumi.export("aliasArn", function.alias_arn)
pulumi.export("sampleRequest", function.sample_request)
