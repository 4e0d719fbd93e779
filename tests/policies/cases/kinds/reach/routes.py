"""The way of what installs to its packages."""

from typing import Any

from ...building import (
    ANYWHERE,
    MOUNT,
    NGINX,
    PYTHON,
    Build,
    Net,
    R,
    client,
    container,
    group,
    installed,
    mounting,
    network,
    placed,
    rule,
    run,
    service,
    store,
    stored,
    subnet,
    table,
    vpc,
)
from ...table import REACH, Cases, unproven, wrong
from .. import sources

CASES = Cases()


# Routes


def populating(p: Build, net: Net, **where: Any) -> None:
    s = store(p, net)
    installed(p, net, s, **where)


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


def newer(p: Build, net: Net, of: R) -> None:
    """A way out by IPv6 alone."""
    props = {"vpcId": net.vpc.id}
    gateway = p.add("aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway", "six", props)
    route = {"destinationIpv6CidrBlock": "::/0", "egressOnlyGatewayId": gateway.id}
    p.add("aws:ec2/route:Route", "six", {"routeTableId": of.id, **route})


@CASES.sound(sources.ECS_NETWORK, may_note=True)
def default_route_of_the_newer_protocol_alone(p: Build) -> None:
    net = network(p, nat=False)
    newer(p, net, net.table)
    populating(p, net)


@CASES.sound(sources.ECS_NETWORK, may_note=True)
def private_registry_by_endpoints(p: Build) -> None:
    net = network(p, nat=False)
    for name in ("ecr.api", "ecr.dkr", "logs", "s3"):
        props = {"vpcId": net.vpc.id, "serviceName": f"com.amazonaws.eu-west-1.{name}"}
        p.add("aws:ec2/vpcEndpoint:VpcEndpoint", name, props)
    populating(p, net)


def from_s3(p: Build, *urls: str, routed: bool = True) -> None:
    """A container that is given URLs, in a VPC with endpoints alone."""
    net = network(p, nat=False)
    assert net.table is not None
    for name in ("ecr.api", "ecr.dkr", "logs", "s3"):
        props: dict[str, Any] = {"vpcId": net.vpc.id}
        props["serviceName"] = f"com.amazonaws.eu-west-1.{name}"
        if name == "s3":
            props["routeTableIds"] = [net.table.id] if routed else ["rtb-0123456789abcdef0"]
        p.add("aws:ec2/vpcEndpoint:VpcEndpoint", name, props)
    s = store(p, net)
    fetches = container("fetch", PYTHON, "/mnt/data", command=["fetch.py", *urls])
    of = mounting(p, s, fetches, role=client(p, "w", s, service="ecs-tasks"))
    run(p, "fetch", of, net, after=s.targets)


@CASES.sound(sources.ECS_NETWORK)
def packages_from_s3_by_endpoints(p: Build) -> None:
    from_s3(p, "https://wheels.s3.eu-west-1.amazonaws.com/efs")


@CASES.sound(sources.ECS_NETWORK, may_note=True)
def packages_from_s3_and_an_index_by_endpoints(p: Build) -> None:
    from_s3(p, "https://wheels.s3.eu-west-1.amazonaws.com/efs", "https://pypi.org/simple")


@CASES.sound(sources.ECS_NETWORK, may_note=True)
def packages_from_s3_by_an_endpoint_of_another_route_table(p: Build) -> None:
    from_s3(p, "https://wheels.s3.eu-west-1.amazonaws.com/efs", routed=False)


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
def serving_in_public_subnets(p: Build) -> None:
    net, s = stored(p)
    web = container("web", NGINX, "/usr/share/nginx/html", read_only=True)
    of = mounting(p, s, web, role=client(p, "web", s, MOUNT, service="ecs-tasks"))
    where = placed(net, public=True, assignPublicIp=True)
    service(p, "web", of, net, networkConfiguration=where)


@CASES.sound(sources.ECS_NETWORK, may_note=True)
def route_through_an_instance(p: Build) -> None:
    """An instance that translates addresses, as fck-nat."""
    net, _ = bare(p)
    table(p, "instance", net.vpc, net.private, networkInterfaceId="eni-0123456789abcdef0")
    populating(p, net)


@CASES.sound(sources.ECS_NETWORK, may_note=True)
def default_vpc_and_its_subnets(p: Build) -> None:
    """AWS makes the routes of a default VPC."""
    made = {"cidrBlock": "172.31.0.0/16", "mainRouteTableId": "rtb-0main", "id": "vpc-0default"}
    of = p.add("aws:ec2/defaultVpc:DefaultVpc", "default", {}, made=made)
    places = []
    for number, letter in enumerate("ab"):
        given = {"availabilityZone": f"eu-west-1{letter}"}
        made = {"vpcId": "vpc-0default", "cidrBlock": f"172.31.{number * 16}.0/20"}
        made["id"] = f"subnet-0000000000000000{number}"
        places.append(p.add("aws:ec2/defaultSubnet:DefaultSubnet", letter, given, made=made))
    clients = group(p, "clients", None)
    nfs = group(p, "nfs", None, rule(2049, clients.id))
    populating(p, Net(of, places, places, clients, nfs), assignPublicIp=True)


@CASES.wrong(
    sources.ECS_NETWORK,
    wrong(REACH, "install", "install", "stranded"),
    preview=unproven(wrong(REACH, "install", "stranded")),
)
def gateway_that_has_no_way_out_itself(p: Build) -> None:
    net = network(p, nat=False)
    nat = p.add("aws:ec2/natGateway:NatGateway", "stranded", {"subnetId": net.private[0].id})
    given = {"routeTableId": net.table.id, "destinationCidrBlock": ANYWHERE}
    p.add("aws:ec2/route:Route", "out", {**given, "natGatewayId": nat.id})
    populating(p, net)


@CASES.wrong(sources.ECS_NETWORK, wrong(REACH, "install", "install", "public IP"))
def populating_without_an_address_beside_a_route_of_the_newer_protocol(p: Build) -> None:
    net, gateway = bare(p)
    newer(p, net, table(p, "public", net.vpc, net.private, gatewayId=gateway.id))
    populating(p, net)
