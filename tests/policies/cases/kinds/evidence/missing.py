"""What is missing in a preview is no evidence."""

from ...building import (
    ANYWHERE,
    INGRESS_RULE,
    MOUNT,
    NGINX,
    TLS_ONLY,
    WRITE,
    Build,
    Json,
    Later,
    Net,
    R,
    Store,
    access_point,
    allow,
    client,
    container,
    file_system,
    file_system_policy,
    function,
    grant,
    group,
    installed,
    network,
    placed,
    role,
    serve,
    service,
    store,
    stored,
    target,
    task,
    through,
    volume,
    zone_of,
)
from ...table import MOUNTS, Cases, Verdict, note, wrong
from .. import sources

CASES = Cases()


# Absence in a preview is no evidence


@CASES.sound(sources.PULUMI_OUTPUT)
def mount_targets_made_in_an_apply(p: Build) -> None:
    net = network(p)
    fs = file_system(p)
    with p.in_apply():
        for one in net.private:
            target(p, f"data-{zone_of(one)}", fs, one, net.nfs)
    targets = [one for one in p.resources if one.type.endswith("MountTarget")]
    s = Store(fs, access_point(p, "data", fs), targets)
    function(p, "app", net, s)


@CASES.sound(sources.PULUMI_OUTPUT)
def file_system_policy_made_in_an_apply(p: Build) -> None:
    net, s = stored(p, policy=None)
    with p.in_apply():
        file_system_policy(p, "data", s.fs, TLS_ONLY)
    function(p, "app", net, s)


@CASES.sound(sources.PULUMI_OUTPUT)
def routes_made_in_an_apply(p: Build) -> None:
    net = network(p, nat=False)
    with p.in_apply():
        nat = p.add("aws:ec2/natGateway:NatGateway", "nat", {"subnetId": net.public[0].id})
        given = {"routeTableId": net.table.id, "destinationCidrBlock": ANYWHERE}
        p.add("aws:ec2/route:Route", "private", {**given, "natGatewayId": nat.id})
    s = store(p, net)
    installed(p, net, s)


@CASES.sound(sources.PULUMI_OUTPUT)
def associations_made_in_an_apply(p: Build) -> None:
    net = network(p)
    for one in p.resources:
        if one.type.endswith("RouteTableAssociation"):
            one.in_preview = False
    s = store(p, net)
    installed(p, net, s)


@CASES.sound(sources.PULUMI_OUTPUT)
def rules_of_a_group_made_in_an_apply(p: Build) -> None:
    net = network(p)
    nfs = group(p, "opened", net.vpc)
    with p.in_apply():
        given = {"securityGroupId": nfs.id, "referencedSecurityGroupId": net.clients.id}
        p.add(INGRESS_RULE, "nfs", {**given, "ipProtocol": "tcp", "fromPort": 2049, "toPort": 2049})
    opening = p.resources[-1]
    fs = file_system(p)
    targets = [target(p, f"data-{zone_of(one)}", fs, one, nfs) for one in net.private]
    function(
        p, "app", net, Store(fs, access_point(p, "data", fs), targets), after=[*targets, opening]
    )


@CASES.sound(sources.PULUMI_OUTPUT)
def rights_made_in_an_apply(p: Build) -> None:
    net, s = stored(p)
    rights = role(p, "app")
    with p.in_apply():
        grant(p, "app", rights, allow([MOUNT, WRITE], s.fs.arn, **through(s.ap)))
    function(p, "app", net, s, role=rights)


@CASES.wrong(
    sources.LAMBDA_EFS,
    wrong(MOUNTS, "app", "app", "data", "mount target"),
    preview=Verdict((), (note("data", "mount target"),)),
)
def no_mount_target_at_all(p: Build) -> None:
    net = network(p)
    fs = file_system(p)
    function(p, "app", net, Store(fs, access_point(p, "data", fs), []))


# Components whose outputs are unknown


def remote_vpc(p: Build) -> tuple[Net, R]:
    """A VPC of a remote component: its subnets are its outputs."""
    net = network(p)
    crate = p.add("awsx:ec2:Vpc", "net")
    crate.made = {
        "vpcId": net.vpc.id,
        "publicSubnetIds": [one.id for one in net.public],
        "privateSubnetIds": [one.id for one in net.private],
    }
    for one in p.resources:
        if one is not crate and not one.type.endswith("SecurityGroup"):
            one.parent = crate
    return net, crate


@CASES.sound(sources.PULUMI_COMPONENT)
def task_in_private_subnets_of_a_remote_vpc(p: Build) -> None:
    net, crate = remote_vpc(p)
    s = store(p, net)
    installed(p, net, s, subnets=crate.out("privateSubnetIds"))


@CASES.sound(sources.PULUMI_COMPONENT)
def service_and_function_in_a_remote_vpc(p: Build) -> None:
    net, crate = remote_vpc(p)
    s = store(p, net)
    private = crate.out("privateSubnetIds")
    function(p, "app", net, s, subnets=private)
    web = container("web", NGINX, "/mnt/data")
    serve(p, net, s, web, networkConfiguration=placed(net, subnets=private))


@CASES.sound(sources.PULUMI_COMPONENT)
def mount_targets_in_an_apply_over_the_subnets_of_a_remote_vpc(p: Build) -> None:
    net, crate = remote_vpc(p)
    fs = file_system(p)
    with p.in_apply():
        targets = [target(p, f"data-{n}", fs, one, net.nfs) for n, one in enumerate(net.private)]
    s = Store(fs, access_point(p, "data", fs), targets)
    function(p, "app", net, s, subnets=crate.out("privateSubnetIds"))


@CASES.sound(sources.PULUMI_COMPONENT)
def remote_fargate_service(p: Build) -> None:
    """awsx's service makes its task definition of values that it does not know."""
    net, s = stored(p)
    crate = p.add("awsx:ecs:FargateService", "web")
    web = container("web", NGINX, "/usr/share/nginx/html")
    rights = client(p, "web", s, service="ecs-tasks")
    of = task(p, "web", Later(Json([web])), [volume(s)], rights)
    of.parent = crate
    service(p, "web", of, net).parent = crate


@CASES.sound(sources.PULUMI_COMPONENT)
def remote_storage(p: Build) -> None:
    net = network(p)
    crate = p.add("acme:storage:Files", "files")
    s = store(p, net)
    for one in (s.fs, s.ap, *s.targets):
        one.parent = crate
    crate.made = {"accessPointArn": s.ap.arn, "fileSystemArn": s.fs.arn}
    rights = role(p, "app", allow([MOUNT, WRITE], crate.out("fileSystemArn")))
    function(p, "app", net, s, ap=crate.out("accessPointArn"), role=rights, after=[crate])
