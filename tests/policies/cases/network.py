"""Ways: security groups, mount targets in zones, routes, VPCs and regions, ACLs and DNS."""

from typing import Any

from . import sources
from .aws import (
    ANYWHERE,
    INSTALL,
    MOUNT,
    NGINX,
    PYTHON,
    Net,
    Store,
    access_point,
    client,
    container,
    file_system,
    function,
    group,
    network,
    placed,
    rule,
    run,
    service,
    store,
    subnet,
    table,
    target,
    task,
    volume,
    vpc,
    zone_of,
)
from .build import Build, R, join
from .table import INGRESS, MOUNTS, REACH, Cases, note, unproven, wrong

CASES = Cases()
INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS_RULE = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"


def between(p: Build, clients: R, nfs: R, net: Net, **targets: Any) -> R:
    """A function with one group, and mount targets with another."""
    fs = file_system(p)
    places = [target(p, f"data-{zone_of(one)}", fs, one, nfs) for one in net.private]
    s = Store(fs, access_point(p, "data", fs), places)
    config = {"subnetIds": net.ids, "securityGroupIds": [clients.id]}
    return function(p, "app", net, s, vpcConfig=config)


REACHES = wrong(REACH, "app", "app", "2049")


# Blocks that add up


@CASES.sound(sources.VPC_GROUPS)
def two_halves_of_the_vpc_as_permission(p: Build) -> None:
    net = network(p)
    halves = ["10.0.0.0/17", "10.0.128.0/17"]
    nfs = group(p, "halves", net.vpc, rule(2049, blocks=halves))
    between(p, net.clients, nfs, net)


@CASES.sound(sources.VPC_GROUPS)
def two_halves_of_the_subnet_as_permission(p: Build) -> None:
    net = network(p, "a")
    nfs = group(p, "nfs-2", net.vpc, rule(2049, blocks=["10.0.100.0/25", "10.0.100.128/25"]))
    between(p, net.clients, nfs, net)


@CASES.sound(sources.VPC_GROUPS)
def halves_by_two_rules_of_their_own(p: Build) -> None:
    net = network(p, "a")
    nfs = group(p, "nfs-2", net.vpc)
    for name, block in (("low", "10.0.100.0/25"), ("high", "10.0.100.128/25")):
        given = {"securityGroupId": nfs.id, "ipProtocol": "tcp", "cidrIpv4": block}
        p.add(INGRESS_RULE, name, {**given, "fromPort": 2049, "toPort": 2049})
    between(p, net.clients, nfs, net)


@CASES.wrong(sources.VPC_GROUPS, wrong(REACH, "app", "nfs-2", "2049"), preview=unproven(REACHES))
def blocks_of_other_subnets_only(p: Build) -> None:
    net = network(p, "a")
    nfs = group(p, "nfs-2", net.vpc, rule(2049, blocks=["10.0.0.0/24", "10.0.101.0/24"]))
    between(p, net.clients, nfs, net)


@CASES.sound(sources.VPC_EGRESS)
def egress_to_the_blocks_of_the_subnets(p: Build) -> None:
    net = network(p)
    out = rule(2049, blocks=["10.0.100.0/24", "10.0.101.0/24"])
    clients = group(p, "narrow", net.vpc, egress=[out, rule(443, blocks=[ANYWHERE])])
    nfs = group(p, "nfs-2", net.vpc, rule(2049, clients.id))
    between(p, clients, nfs, net)


@CASES.wrong(sources.VPC_GROUPS, wrong(INGRESS, "ssh", "ssh"))
def two_halves_of_the_internet(p: Build) -> None:
    net = network(p)
    group(p, "ssh", net.vpc, rule(22, blocks=["0.0.0.0/1", "128.0.0.0/1"]))


@CASES.wrong(sources.VPC_GROUPS, wrong(INGRESS, ("ssh", "low", "high"), "ssh"))
def two_halves_of_the_internet_by_two_rules(p: Build) -> None:
    net = network(p)
    ssh = group(p, "ssh", net.vpc)
    for name, block in (("low", "0.0.0.0/1"), ("high", "128.0.0.0/1")):
        given = {"securityGroupId": ssh.id, "ipProtocol": "tcp", "cidrIpv4": block}
        p.add(INGRESS_RULE, name, {**given, "fromPort": 22, "toPort": 22})


@CASES.wrong(sources.VPC_GROUPS, wrong(INGRESS, "ssh"))
def four_quarters_of_the_internet(p: Build) -> None:
    net = network(p)
    quarters = ["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/2"]
    group(p, "ssh", net.vpc, *[rule(22, blocks=[one]) for one in quarters])


@CASES.wrong(sources.VPC_GROUPS, wrong(INGRESS, "ssh"))
def two_halves_of_the_newer_internet(p: Build) -> None:
    net = network(p)
    group(p, "ssh", net.vpc, {**rule(22), "ipv6CidrBlocks": ["::/1", "8000::/1"]})


@CASES.sound(sources.VPC_GROUPS)
def half_of_the_internet_is_not_anywhere(p: Build) -> None:
    net = network(p)
    group(p, "partner", net.vpc, rule(22, blocks=["203.0.113.0/24", "198.51.100.0/24"]))


@CASES.sound(sources.VPC_GROUPS)
def balancer_on_443(p: Build) -> None:
    net = network(p)
    group(p, "web", net.vpc, {**rule(443, blocks=[ANYWHERE]), "ipv6CidrBlocks": ["::/0"]})


@CASES.wrong(sources.VPC_GROUPS, wrong(INGRESS, "database", "5432"))
def database_on_the_internet(p: Build) -> None:
    net = network(p)
    group(p, "database", net.vpc, rule(5432, blocks=[ANYWHERE]))


@CASES.wrong(sources.VPC_GROUPS, wrong(INGRESS, ("nfs-all", "anywhere"), "2049"))
def mount_targets_open_to_the_internet(p: Build) -> None:
    net = network(p)
    nfs = group(p, "nfs-all", net.vpc)
    given = {"securityGroupId": nfs.id, "type": "ingress", "protocol": "tcp"}
    ports = {"fromPort": 2049, "toPort": 2049, "cidrBlocks": [ANYWHERE]}
    p.add(RULE, "anywhere", {**given, **ports})
    between(p, net.clients, nfs, net)


# One address


@CASES.sound(sources.EFS_ADDRESS)
def egress_to_the_address_of_the_mount_target(p: Build) -> None:
    net = network(p, "a")
    clients = group(p, "narrow", net.vpc, egress=[rule(2049, blocks=["10.0.100.7/32"])])
    nfs = group(p, "nfs-2", net.vpc, rule(2049, clients.id))
    fs = file_system(p)
    one = target(p, "data", fs, net.private[0], nfs)
    one.props["ipAddress"] = "10.0.100.7"
    s = Store(fs, access_point(p, "data", fs), [one])
    config = {"subnetIds": net.ids, "securityGroupIds": [clients.id]}
    function(p, "app", net, s, vpcConfig=config)


@CASES.wrong(sources.EFS_ADDRESS, wrong(REACH, "app", "narrow", "2049"), preview=unproven(REACHES))
def egress_to_another_address(p: Build) -> None:
    net = network(p, "a")
    clients = group(p, "narrow", net.vpc, egress=[rule(2049, blocks=["10.0.100.8/32"])])
    nfs = group(p, "nfs-2", net.vpc, rule(2049, clients.id))
    fs = file_system(p)
    one = target(p, "data", fs, net.private[0], nfs)
    one.props["ipAddress"] = "10.0.100.7"
    s = Store(fs, access_point(p, "data", fs), [one])
    config = {"subnetIds": net.ids, "securityGroupIds": [clients.id]}
    function(p, "app", net, s, vpcConfig=config)


@CASES.sound(sources.EFS_ADDRESS)
def egress_to_the_address_that_the_mount_target_gets(p: Build) -> None:
    net = network(p, "a")
    clients = group(p, "narrow", net.vpc, egress=[])
    nfs = group(p, "nfs-2", net.vpc, rule(2049, clients.id))
    function_ = between(p, clients, nfs, net)
    place = function_.after[0]
    given = {"securityGroupId": clients.id, "ipProtocol": "tcp", "fromPort": 2049, "toPort": 2049}
    p.add(EGRESS_RULE, "nfs", {**given, "cidrIpv4": join(place.out("ipAddress"), "/32")})


# Groups


@CASES.sound(sources.VPC_GROUPS)
def one_group_that_admits_itself(p: Build) -> None:
    net = network(p)
    shared = group(p, "shared", net.vpc, rule(None, itself=True))
    between(p, shared, shared, net)


@CASES.sound(sources.VPC_GROUPS)
def rules_as_resources(p: Build) -> None:
    net = network(p)
    clients, nfs = group(p, "c", net.vpc, egress=[]), group(p, "s", net.vpc, egress=[])
    port = {"ipProtocol": "tcp", "fromPort": 2049, "toPort": 2049}
    p.add(
        INGRESS_RULE,
        "in",
        {"securityGroupId": nfs.id, "referencedSecurityGroupId": clients.id, **port},
    )
    p.add(
        EGRESS_RULE,
        "out",
        {"securityGroupId": clients.id, "referencedSecurityGroupId": nfs.id, **port},
    )
    between(p, clients, nfs, net)


@CASES.sound(sources.VPC_GROUPS)
def rules_as_resources_of_the_older_kind(p: Build) -> None:
    net = network(p)
    nfs = group(p, "s", net.vpc, egress=[])
    port = {"protocol": "tcp", "fromPort": 2049, "toPort": 2049, "type": "ingress"}
    p.add(RULE, "in", {"securityGroupId": nfs.id, "sourceSecurityGroupId": net.clients.id, **port})
    between(p, net.clients, nfs, net)


@CASES.sound(sources.VPC_GROUPS)
def every_port_within_the_vpc(p: Build) -> None:
    net = network(p)
    nfs = group(p, "inside", net.vpc, rule(None, blocks=[net.vpc.out("cidrBlock")]))
    between(p, net.clients, nfs, net)


@CASES.sound(sources.VPC_GROUPS)
def two_groups_of_which_one_lets_out(p: Build) -> None:
    net = network(p)
    silent = group(p, "marker", net.vpc, egress=[])
    nfs = group(p, "nfs-2", net.vpc, rule(2049, silent.id))
    fs = file_system(p)
    places = [target(p, f"data-{zone_of(one)}", fs, one, nfs) for one in net.private]
    config = {"subnetIds": net.ids, "securityGroupIds": [silent.id, net.clients.id]}
    function(p, "app", net, Store(fs, access_point(p, "data", fs), places), vpcConfig=config)


@CASES.wrong(sources.VPC_GROUPS, wrong(REACH, "app", "nfs-2", "2049"), preview=unproven(REACHES))
def another_port(p: Build) -> None:
    net = network(p)
    between(p, net.clients, group(p, "nfs-2", net.vpc, rule(2048, net.clients.id)), net)


@CASES.wrong(sources.VPC_GROUPS, wrong(REACH, "app", "nfs-2", "2049"), preview=unproven(REACHES))
def another_protocol(p: Build) -> None:
    net = network(p)
    nfs = group(p, "nfs-2", net.vpc, rule(2049, net.clients.id, protocol="udp"))
    between(p, net.clients, nfs, net)


@CASES.wrong(sources.VPC_GROUPS, wrong(REACH, "app", "nfs-2", "2049"), preview=unproven(REACHES))
def another_group(p: Build) -> None:
    net = network(p)
    other = group(p, "other", net.vpc)
    between(p, net.clients, group(p, "nfs-2", net.vpc, rule(2049, other.id)), net)


@CASES.wrong(sources.VPC_EGRESS, wrong(REACH, "app", "web-only", "2049"), preview=unproven(REACHES))
def nothing_but_https_let_out(p: Build) -> None:
    net = network(p)
    clients = group(p, "web-only", net.vpc, egress=[rule(443, blocks=[ANYWHERE])])
    between(p, clients, group(p, "nfs-2", net.vpc, rule(2049, clients.id)), net)


@CASES.doubtful(sources.VPC_GROUPS, note("app"))
def prefix_list_as_permission(p: Build) -> None:
    net = network(p)
    nfs = group(p, "nfs-2", net.vpc, {**rule(2049), "prefixListIds": ["pl-0123456789abcdef0"]})
    between(p, net.clients, nfs, net)


@CASES.sound(sources.VPC_GROUPS, may_note=True)
def default_group_that_nobody_manages(p: Build) -> None:
    net = network(p)
    fs = file_system(p)
    places = [target(p, f"data-{zone_of(one)}", fs, one) for one in net.private]
    config = {"subnetIds": net.ids, "securityGroupIds": [net.vpc.out("defaultSecurityGroupId")]}
    function(p, "app", net, Store(fs, access_point(p, "data", fs), places), vpcConfig=config)


# Zones


@CASES.wrong(
    sources.LAMBDA_EFS,
    wrong(REACH, "app", "private-c", "data", "eu-west-1c"),
    preview=unproven(wrong(REACH, "app", "private-c", "eu-west-1c")),
)
def function_in_a_zone_without_mount_target(p: Build) -> None:
    net = network(p, "abc")
    fs = file_system(p)
    places = [target(p, f"data-{zone_of(s)}", fs, s, net.nfs) for s in net.private[:2]]
    function(p, "app", net, Store(fs, access_point(p, "data", fs), places))


@CASES.sound(sources.LAMBDA_EFS)
def mount_targets_in_the_public_subnets_of_the_zones(p: Build) -> None:
    net = network(p)
    fs = file_system(p)
    places = [target(p, f"data-{zone_of(s)}", fs, s, net.nfs) for s in net.public]
    function(p, "app", net, Store(fs, access_point(p, "data", fs), places))


@CASES.doubtful(sources.LAMBDA_EFS, note("app", "zone"))
def zones_by_id_and_by_name(p: Build) -> None:
    net = network(p, "a")
    place = {"vpcId": net.vpc.id, "availabilityZoneId": "euw1-az1", "cidrBlock": "10.0.50.0/24"}
    one = p.add("aws:ec2/subnet:Subnet", "by-id", place)
    one.made.pop("availabilityZone", None)
    fs = file_system(p)
    s = Store(fs, access_point(p, "data", fs), [target(p, "data", fs, net.private[0], net.nfs)])
    config = {"subnetIds": [one.id], "securityGroupIds": [net.clients.id]}
    function(p, "app", net, s, vpcConfig=config)


# Routes


def populating(p: Build, net: Net, **where: Any) -> None:
    s = store(p, net)
    installs = container("install", PYTHON, "/mnt/data", command=list(INSTALL))
    of = task(p, "install", [installs], [volume(s)], client(p, "w", s, service="ecs-tasks"))
    run(p, "install", of, net, after=s.targets, **where)


def bare(p: Build) -> tuple[Net, R]:
    """A network whose subnets have no route table of their own."""
    of = vpc(p)
    gateway = p.add("aws:ec2/internetGateway:InternetGateway", "igw", {"vpcId": of.id})
    places = [
        subnet(p, f"s-{z}", of, f"eu-west-1{z}", f"10.0.10{n}.0/24") for n, z in enumerate("ab")
    ]
    clients = group(p, "clients", of)
    return Net(of, places, places, clients, group(p, "nfs", of, rule(2049, clients.id))), gateway


@CASES.sound(sources.VPC_ROUTES)
def route_on_the_main_route_table(p: Build) -> None:
    net, gateway = bare(p)
    main = net.vpc.out("mainRouteTableId")
    props = {"routeTableId": main, "destinationCidrBlock": ANYWHERE, "gatewayId": gateway.id}
    p.add("aws:ec2/route:Route", "out", props)
    populating(p, net, assignPublicIp=True)


@CASES.sound(sources.VPC_ROUTES)
def route_on_the_default_route_table(p: Build) -> None:
    net, gateway = bare(p)
    main = net.vpc.out("defaultRouteTableId")
    routes = [{"cidrBlock": ANYWHERE, "gatewayId": gateway.id}]
    props = {"defaultRouteTableId": main, "routes": routes}
    p.add("aws:ec2/defaultRouteTable:DefaultRouteTable", "main", props)
    populating(p, net, assignPublicIp=True)


@CASES.sound(sources.VPC_ROUTES)
def route_of_its_own_on_the_default_route_table(p: Build) -> None:
    net, gateway = bare(p)
    props = {"defaultRouteTableId": net.vpc.out("defaultRouteTableId")}
    table_ = p.add(
        "aws:ec2/defaultRouteTable:DefaultRouteTable", "main", props, made={"id": "rtb-0main"}
    )
    given = {"routeTableId": table_.id, "destinationCidrBlock": ANYWHERE, "gatewayId": gateway.id}
    p.add("aws:ec2/route:Route", "out", given)
    populating(p, net, assignPublicIp=True)


@CASES.sound(sources.VPC_ROUTES)
def another_table_as_the_main_one(p: Build) -> None:
    net, gateway = bare(p)
    table_ = table(p, "main", net.vpc, [], gatewayId=gateway.id)
    props = {"vpcId": net.vpc.id, "routeTableId": table_.id}
    p.add("aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation", "main", props)
    populating(p, net, assignPublicIp=True)


@CASES.sound(sources.VPC_ROUTES)
def default_route_in_two_halves(p: Build) -> None:
    net, gateway = bare(p)
    halves = [
        {"cidrBlock": block, "gatewayId": gateway.id} for block in ("0.0.0.0/1", "128.0.0.0/1")
    ]
    of = p.add("aws:ec2/routeTable:RouteTable", "halves", {"vpcId": net.vpc.id, "routes": halves})
    for place in net.private:
        props = {"subnetId": place.id, "routeTableId": of.id}
        p.add("aws:ec2/routeTableAssociation:RouteTableAssociation", place.name, props)
    populating(p, net, assignPublicIp=True)


@CASES.sound(sources.ECS_NETWORK, may_note=True)
def default_route_through_a_transit_gateway(p: Build) -> None:
    net, _ = bare(p)
    table(p, "hub", net.vpc, net.private, transitGatewayId="tgw-0123456789abcdef0")
    populating(p, net)


@CASES.sound(sources.ECS_NETWORK, may_note=True)
def private_registry_by_endpoints(p: Build) -> None:
    net = network(p, nat=False)
    for name in ("ecr.api", "ecr.dkr", "logs", "s3"):
        props = {"vpcId": net.vpc.id, "serviceName": f"com.amazonaws.eu-west-1.{name}"}
        p.add("aws:ec2/vpcEndpoint:VpcEndpoint", name, props)
    populating(p, net)


NO_WAY = wrong(REACH, "install", "install", "private-a")


@CASES.wrong(
    sources.ECS_NETWORK, NO_WAY, preview=unproven(wrong(REACH, "install", "packages", "private-a"))
)
def populating_without_a_way_out(p: Build) -> None:
    populating(p, network(p, nat=False))


@CASES.wrong(sources.VPC_INTERNET, wrong(REACH, "install", "public IP", "public-a"))
def populating_in_public_subnets_without_an_address(p: Build) -> None:
    net = network(p)
    populating(p, net, subnets=[one.id for one in net.public])


@CASES.sound(sources.VPC_INTERNET)
def serving_in_public_subnets_without_an_address(p: Build) -> None:
    """What serves from its image needs no way to packages; a pull-through is its own affair."""
    net = network(p)
    s = store(p, net)
    web = container("web", NGINX, "/usr/share/nginx/html", read_only=True)
    of = task(p, "web", [web], [volume(s)], client(p, "web", s, MOUNT, service="ecs-tasks"))
    where = placed(net, public=True, assignPublicIp=True)
    service(p, "web", of, net, networkConfiguration=where)


# VPCs and regions


def two_vpcs(p: Build) -> tuple[Net, Net]:
    net = network(p)
    of = vpc(p, "other", "10.1.0.0/16")
    places = [
        subnet(p, f"other-{z}", of, f"eu-west-1{z}", f"10.1.{n}.0/24") for n, z in enumerate("ab")
    ]
    clients = group(p, "other", of)
    return net, Net(of, places, places, clients, clients)


@CASES.either(sources.VPC_PEERING, wrong(MOUNTS, "app", "app", "data", "VPC"))
def function_in_another_vpc(p: Build) -> None:
    net, other = two_vpcs(p)
    nfs = group(p, "nfs-2", net.vpc, rule(2049, blocks=["10.0.0.0/8"]))
    fs = file_system(p)
    places = [target(p, f"data-{zone_of(one)}", fs, one, nfs) for one in net.private]
    function(p, "app", other, Store(fs, access_point(p, "data", fs), places))


@CASES.sound(sources.VPC_PEERING, may_note=True)
def function_in_a_peered_vpc(p: Build) -> None:
    net, other = two_vpcs(p)
    peering = {"vpcId": other.vpc.id, "peerVpcId": net.vpc.id, "autoAccept": True}
    p.add("aws:ec2/vpcPeeringConnection:VpcPeeringConnection", "both", peering)
    nfs = group(p, "nfs-2", net.vpc, rule(2049, blocks=["10.1.0.0/16"]))
    fs = file_system(p)
    places = [target(p, f"data-{zone_of(one)}", fs, one, nfs) for one in net.private]
    function(p, "app", other, Store(fs, access_point(p, "data", fs), places))


@CASES.either(sources.EFS_ONE_VPC, wrong(MOUNTS, "app-us-east-1", "data", "us-east-1", "eu-west-1"))
def function_in_another_region_by_provider(p: Build) -> None:
    s = store(p, network(p))
    with p.in_region("us-east-1"):
        far = network(p, region="us-east-1")
        function(p, "app", far, s)


@CASES.either(sources.EFS_ONE_VPC, wrong(MOUNTS, "app", "data", "us-east-1"))
def function_in_another_region_by_its_own(p: Build) -> None:
    net = network(p)
    function(p, "app", net, store(p, net), region="us-east-1")


@CASES.either(sources.EFS_ONE_VPC, wrong(MOUNTS, ("data-a", "data-b", "far", "data"), "far", "VPC"))
def mount_targets_in_two_vpcs(p: Build) -> None:
    net, other = two_vpcs(p)
    s = store(p, net)
    s.targets.append(target(p, "far", s.fs, other.private[1], other.clients))


# ACLs and DNS


def acl(p: Build, net: Net, *rules: dict[str, Any]) -> None:
    props = {
        "vpcId": net.vpc.id,
        "subnetIds": net.ids,
        "ingress": list(rules),
        "egress": list(rules),
    }
    p.add("aws:ec2/networkAcl:NetworkAcl", "acl", props)


def acl_rule(
    number: int, action: str, first: int, last: int, protocol: str = "tcp"
) -> dict[str, Any]:
    found = {"ruleNo": number, "action": action, "protocol": protocol, "cidrBlock": ANYWHERE}
    return {**found, "fromPort": first, "toPort": last}


@CASES.doubtful(sources.VPC_ACL, note("acl"))
def acl_that_denies_nfs(p: Build) -> None:
    net = network(p)
    acl(p, net, acl_rule(100, "deny", 2049, 2049), acl_rule(200, "allow", 0, 0, "-1"))
    function(p, "app", net, store(p, net))


@CASES.doubtful(sources.VPC_ACL, note("acl"))
def acl_that_admits_only_https(p: Build) -> None:
    net = network(p)
    acl(p, net, acl_rule(100, "allow", 443, 443), acl_rule(200, "allow", 32768, 65535))
    function(p, "app", net, store(p, net))


@CASES.sound(sources.VPC_ACL)
def acl_that_admits_all(p: Build) -> None:
    net = network(p)
    acl(p, net, acl_rule(100, "allow", 0, 0, "-1"))
    function(p, "app", net, store(p, net))


def without_dns(p: Build, **props: Any) -> None:
    net = network(p)
    net.vpc.props |= props
    s = store(p, net)
    app = container("app", "acme/app:1", "/data")
    of = task(p, "app", [app], [volume(s)], client(p, "app", s, service="ecs-tasks"))
    service(p, "app", of, net)


@CASES.doubtful(sources.EFS_DNS, note("vpc", "enableDnsSupport"))
def vpc_without_dns_support(p: Build) -> None:
    without_dns(p, enableDnsSupport=False)
