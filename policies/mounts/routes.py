"""The way from a subnet to the internet: route tables, gateways, endpoints."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..reading.findings import Answer, Open
from ..reading.graph import Resource, Stack
from ..reading.kinds import NAT_GATEWAYS, ROUTE_TABLES, SUBNETS, VPCS
from ..reading.naming import Here, Known, Name, NotYet, candidates, here, register
from ..reading.network import vpc_of
from ..reading.security_groups import network
from ..reading.values import UNKNOWN, Plain, at, items, text

_ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
_MAIN = "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation"
_TABLE, _DEFAULT_TABLE = ROUTE_TABLES.tokens
_ROUTE = "aws:ec2/route:Route"
_INTERNET_GATEWAY = "aws:ec2/internetGateway:InternetGateway"
_ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
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

    Attributes:
        ways: Of a table: nat, internet, or other.
        nats: Of a table: the NAT gateways of this program among them.
        tables: By the key of a subnet, its table.
        main: By the key of a VPC, its main table.
        open: By the key of a table or subnet, why its routes are not known; of "", why none are.
    """

    ways: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    nats: dict[str, list[Resource]] = field(default_factory=lambda: defaultdict(list))
    tables: dict[str, Known] = field(default_factory=dict)
    main: dict[str, Known] = field(default_factory=dict)
    open: dict[str, Open] = field(default_factory=dict)

    def leave_open(self, name: Name | None) -> None:
        """Note that only the creation tells what it is about."""
        if isinstance(name, NotYet):
            for key in [candidate.key for candidate in name.candidates] or [""]:
                self.open[key] = name.open


def routes(stack: Stack) -> Routes:
    """All route tables of a stack."""
    found = Routes()
    for association in stack.of_type(_ASSOCIATION):
        _associate(stack, association, found)
    for association in stack.of_type(_MAIN):
        vpc = register(stack, VPCS).named(association.get("vpcId"), association, "vpcId")
        table = _table(stack, association, "routeTableId")
        if not isinstance(table, NotYet) and table and not isinstance(vpc, NotYet) and vpc:
            found.main[vpc.key] = table
    for route in stack.of_type(_ROUTE):
        if _is_default(route.get("destinationCidrBlock")):
            table = _table(stack, route, "routeTableId")
            found.leave_open(table)
            if table and not isinstance(table, NotYet):
                values = {n: route.given(n) for n in (*_GATEWAYS, *_OTHER_TARGETS)}
                _add(stack, found, [table.key], route, values, inline=False)
    for resource in stack.of_type(_TABLE, _DEFAULT_TABLE):
        _inline(stack, resource, found)
    return found


def _associate(stack: Stack, association: Resource, found: Routes) -> None:
    subnets = register(stack, SUBNETS)
    subnet = subnets.named(association.get("subnetId"), association, "subnetId")
    table = _table(stack, association, "routeTableId")
    found.leave_open(subnet)
    if subnet is None or isinstance(subnet, NotYet) or table is None:
        return
    if isinstance(table, NotYet):
        found.open[subnet.key] = table.open
    else:
        found.tables[subnet.key] = table


def _table(stack: Stack, resource: Resource, name: str) -> Name | None:
    """The table that a route or an association names; a VPC stands for its main table."""
    given = resource.get(name)
    for vpc in stack.of_type(*VPCS.tokens) if isinstance(given, str) else ():
        if given in (vpc.get("mainRouteTableId"), vpc.get("defaultRouteTableId")):
            return Here(vpc)
    named = register(stack, ROUTE_TABLES).named(given, resource, name)
    table = here(named)
    if table is not None and table.type == _DEFAULT_TABLE and name == "routeTableId":
        return _table(stack, table, "defaultRouteTableId")
    vpcs = register(stack, VPCS).origins(resource, name)
    lost = table is resource or (isinstance(named, NotYet) and not named.candidates)
    return vpcs[0] if lost and len(vpcs) == 1 else named


def _inline(stack: Stack, resource: Resource, found: Routes) -> None:
    keys = [resource.urn]
    if resource.type == _DEFAULT_TABLE:
        main = _table(stack, resource, "defaultRouteTableId")
        vpcs = register(stack, VPCS).origins(resource, "defaultRouteTableId")
        keys += [name.key for name in (main, *vpcs) if isinstance(name, Here)]
    for route in items(resource.given("routes")):
        if route is UNKNOWN:
            why = Open(f"routes of {resource.label} is unknown", preview=True)
            found.open |= dict.fromkeys(keys, why)
        elif _is_default(at(route, "cidrBlock")):
            values = {n: at(route, n) for n in (*_GATEWAYS, *_OTHER_TARGETS)}
            _add(stack, found, keys, resource, values, inline=True)


def _is_default(block: Plain) -> bool:
    """Whether a destination is everything, or a half of it as some write it."""
    known = network(block) if isinstance(block, str) else None
    return known is not None and known.prefixlen <= 1 and known.version == 4


def _add(
    stack: Stack,
    found: Routes,
    keys: Iterable[str],
    resource: Resource,
    values: dict[str, Plain],
    *,
    inline: bool,
) -> None:
    gateway = _way(stack, resource, "routes" if inline else "gatewayId", values)
    name = "routes" if inline else "natGatewayId"
    nat = here(register(stack, NAT_GATEWAYS).named(values["natGatewayId"], resource, name))
    for key in keys:
        if gateway is not None:
            found.ways[key].add(gateway)
        if nat is not None:
            found.nats[key].append(nat)


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


def stranded_nats(stack: Stack, subnet: Known) -> Iterator[tuple[Resource, str, Answer]]:
    """NAT gateways on the subnet's way out that have none themselves, or may have, and why."""
    found = stack.once(routes)
    table = found.tables.get(subnet.key)
    for nat in found.nats.get(table.key, []) if table else ():
        named = candidates(register(stack, SUBNETS).named(nat.get("subnetId"), nat, "subnetId"))
        if nat.get("connectivityType") == "private":
            yield nat, "is a private one", False
        elif len(named) == 1 and ways_out(stack, named[0]) in (set(), {"nat"}):
            why = f"lies in {named[0].label}, which has no internet gateway"
            yield nat, why, stack.there_is_none(f"route of {named[0].label} to an internet gateway")


def ways_out(stack: Stack, subnet: Known) -> set[str] | Open:
    """How a subnet reaches the internet (nat, internet, other), or why that is not known."""
    found = stack.once(routes)
    table = found.tables.get(subnet.key)
    if table is None:
        if not isinstance(subnet, Here):
            return subnet.open
        if subnet.key in found.open:
            return found.open[subnet.key]
        vpc = vpc_of(stack, subnet)
        if not isinstance(vpc, Here) or vpc.resource.type != VPCS.tokens[0]:
            return Open(f"the routes of {subnet.label} are made elsewhere")
        table = found.main.get(vpc.key, vpc)
    ways = found.ways.get(table.key, set())
    if not ways and not isinstance(table, Here):
        return table.open
    return ways or found.open.get(table.key) or found.open.get("") or set()


def image_endpoints(stack: Stack, subnet: Known) -> bool:
    """Whether the subnet's VPC has endpoints from which ECS pulls images."""
    own = vpc_of(stack, subnet)
    vpcs = register(stack, VPCS)
    services = {
        str(endpoint.get("serviceName")).rpartition("ecr.")[2]
        for endpoint in stack.of_type(_ENDPOINT)
        if own is not None and vpcs.named(endpoint.get("vpcId"), endpoint, "vpcId") == own
    }
    return {"dkr", "api"} <= services
