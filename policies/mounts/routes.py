"""The way from a subnet to the internet: route tables, gateways, endpoints."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..reading.graph import Resource, Stack
from ..reading.identity import NAT_GATEWAYS, ROUTE_TABLES, SUBNETS, VPCS, Entity, register
from ..reading.values import UNKNOWN, Plain, at, items, text

_ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
_MAIN = "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation"
_DEFAULT_TABLE = "aws:ec2/defaultRouteTable:DefaultRouteTable"
_ROUTE = "aws:ec2/route:Route"
_INTERNET_GATEWAY = "aws:ec2/internetGateway:InternetGateway"
_ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
_ANYWHERE = "0.0.0.0/0"
_GATEWAYS = ("gatewayId", "natGatewayId")
_OTHER_TARGETS = (
    "carrierGatewayId",
    "coreNetworkArn",
    "egressOnlyGatewayId",
    "localGatewayId",
    "networkInterfaceId",
    "transitGatewayId",
    "vpcEndpointId",
    "vpcPeeringConnectionId",
)


@dataclass
class Routes:
    """Default routes by the key of their route table (or of the VPC, for its main table).

    `ways`: nat, internet, or other. `nats`: the NAT gateways of this program among them.
    `tables`: by the key of a subnet. `main`: by the key of a VPC.
    """

    ways: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    nats: dict[str, list[Resource]] = field(default_factory=lambda: defaultdict(list))
    tables: dict[str, str] = field(default_factory=dict)
    main: dict[str, str] = field(default_factory=dict)
    uncertain: bool = False


def routes(stack: Stack) -> Routes:
    """All route tables of a stack."""
    found = Routes()
    for association in stack.of_type(_ASSOCIATION):
        table = _table(stack, association)
        subnet = register(stack, SUBNETS).named(
            association.get("subnetId"), association, "subnetId"
        )
        if table is None or len(subnet) != 1:
            found.uncertain = found.uncertain or association.get("gatewayId") is None
        else:
            found.tables[subnet[0].key] = table
    for association in stack.of_type(_MAIN):
        vpc = register(stack, VPCS).named(association.get("vpcId"), association, "vpcId")
        table = _table(stack, association)
        if table is not None and len(vpc) == 1:
            found.main[vpc[0].key] = table
    for key, route, nats in _all_routes(stack):
        if route is not None:
            found.ways[key].add(route)
            found.nats[key] += nats
    return found


def _table(stack: Stack, resource: Resource) -> str | None:
    """Key of the table that a route or an association names; a VPC's for its main table."""
    given = resource.get("routeTableId")
    named = register(stack, ROUTE_TABLES).named(given, resource, "routeTableId")
    if len(named) == 1:
        return named[0].key
    vpcs = register(stack, VPCS).origins(resource, "routeTableId")
    return vpcs[0].urn if not named and len(vpcs) == 1 else None


def _all_routes(stack: Stack) -> Iterator[tuple[str, str | None, list[Resource]]]:
    for route in stack.of_type(_ROUTE):
        table = _table(stack, route)
        if table is not None and route.get("destinationCidrBlock") == _ANYWHERE:
            values = {name: route.given(name) for name in (*_GATEWAYS, *_OTHER_TARGETS)}
            nats = _nats(stack, route, "natGatewayId", values)
            yield table, _way(stack, route, "gatewayId", values), nats
    for token in ("aws:ec2/routeTable:RouteTable", _DEFAULT_TABLE):
        for resource in stack.of_type(token):
            keys = [resource.urn]
            if token == _DEFAULT_TABLE:
                vpcs = register(stack, VPCS).origins(resource, "defaultRouteTableId")
                keys += [vpc.urn for vpc in vpcs]
            for inline in items(resource.given("routes")):
                if inline is UNKNOWN or at(inline, "cidrBlock") == _ANYWHERE:
                    values = {n: at(inline, n) for n in (*_GATEWAYS, *_OTHER_TARGETS)}
                    nats = _nats(stack, resource, "routes", values)
                    for key in keys:
                        yield key, _way(stack, resource, "routes", values), nats


def _way(stack: Stack, resource: Resource, name: str, values: dict[str, Plain]) -> str | None:
    if any(text(values[other]) is not None for other in _OTHER_TARGETS):
        return "other"
    gateway = text(values["gatewayId"])
    if text(values["natGatewayId"]) is not None:
        return "nat" if gateway is None else "other"
    if gateway is UNKNOWN:
        return "internet" if stack.origins(resource, name, _INTERNET_GATEWAY) else "other"
    if gateway is None:
        return None
    return "internet" if gateway.startswith("igw-") else "other"


def _nats(stack: Stack, resource: Resource, name: str, values: dict[str, Plain]) -> list[Resource]:
    """The NAT gateway of this program to which a route certainly leads."""
    named = register(stack, NAT_GATEWAYS).named(values["natGatewayId"], resource, name)
    return [nat.resource for nat in named if nat.resource is not None and len(named) == 1]


def stranded_nats(stack: Stack, subnet: Entity) -> list[tuple[Resource, str]]:
    """NAT gateways on the subnet's way out that have none themselves, and why."""
    found = stack.once(routes)
    table = found.tables.get(subnet.key)
    stranded = []
    for nat in found.nats.get(table, []) if table is not None else []:
        own = register(stack, SUBNETS).named(nat.get("subnetId"), nat, "subnetId")
        if nat.get("connectivityType") == "private":
            stranded.append((nat, "is a private one"))
        elif len(own) == 1 and ways_out(stack, own[0]) in (set(), {"nat"}):
            stranded.append((nat, f"lies in {own[0].label}, which has no internet gateway"))
    return stranded


def ways_out(stack: Stack, subnet: Entity) -> set[str] | None:
    """How a subnet reaches the internet (nat, internet, other); None where that is not known."""
    found = stack.once(routes)
    if subnet.key in found.tables:
        return found.ways.get(found.tables[subnet.key], set())
    if subnet.resource is None or found.uncertain:
        return None
    vpc = register(stack, VPCS).named(subnet.resource.get("vpcId"), subnet.resource, "vpcId")
    if len(vpc) != 1 or vpc[0].resource is None or vpc[0].resource.type != VPCS.tokens[0]:
        return None
    return found.ways.get(found.main.get(vpc[0].key, vpc[0].key), set())


def image_endpoints(stack: Stack, subnet: Entity) -> bool:
    """Whether the subnet's VPC has endpoints from which ECS pulls images."""
    if subnet.resource is None:
        return False
    vpcs = register(stack, VPCS)
    own = vpcs.named(subnet.resource.get("vpcId"), subnet.resource, "vpcId")
    services = {
        str(endpoint.get("serviceName")).rpartition("ecr.")[2]
        for endpoint in stack.of_type(_ENDPOINT)
        if vpcs.named(endpoint.get("vpcId"), endpoint, "vpcId") == own
    }
    return {"dkr", "api"} <= services
