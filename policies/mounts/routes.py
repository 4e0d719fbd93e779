"""The way from a subnet to the internet: route tables, gateways, endpoints."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from ..reading.findings import Answer, Open
from ..reading.graph import Resource, Stack, once
from ..reading.kinds import NAT_GATEWAYS, ROUTE_TABLES, SUBNETS, VPC, VPCS, token
from ..reading.naming import Elsewhere, Here, Known, Name, NotYet, here, named, only, origins_of
from ..reading.network import vpc_of
from ..reading.security_groups import network
from ..reading.values import UNKNOWN, Plain, at, items, text

_TABLE, _DEFAULT_TABLE = ROUTE_TABLES.tokens
_INTERNET_GATEWAY = token("ec2", "InternetGateway")
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
class _Routes:
    """Default routes by the key of their route table (or of the VPC, for its main table).

    Attributes:
        ways: Of a table: nat, internet, or other.
        nats: Of a table: the NAT gateways of this program among them.
        tables: By the key of a subnet its table, by that of a VPC its main table.
        open: By the key of a table or subnet, why its routes are not known; of "", why none are.
    """

    ways: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    nats: dict[str, list[Resource]] = field(default_factory=lambda: defaultdict(list))
    tables: dict[str, Known] = field(default_factory=dict)
    open: dict[str, Open] = field(default_factory=dict)

    def certain(self, name: Name | None) -> Known | None:
        """What is named; where only the creation tells, its candidates are left open."""
        if isinstance(name, NotYet):
            self.open |= dict.fromkeys([one.key for one in name.candidates] or [""], name.open)
            return None
        return name


@once
def _routes(stack: Stack) -> _Routes:
    """All route tables of a stack."""
    found = _Routes()
    for one in stack.of_type(token("ec2", "RouteTableAssociation")):
        subnet = found.certain(named(one, SUBNETS, "subnetId"))
        _associate(found, subnet, _table(one, "routeTableId"))
    for one in stack.of_type(token("ec2", "MainRouteTableAssociation")):
        vpc = named(one, VPCS, "vpcId")
        if isinstance(vpc, Here | Elsewhere):
            _associate(found, vpc, _table(one, "routeTableId"))
    for route in stack.of_type(token("ec2", "Route")):
        if _is_default(route.get("destinationCidrBlock")):
            table = found.certain(_table(route, "routeTableId"))
            if table:
                _add(found, [table.key], route, route.given, ("gatewayId", "natGatewayId"))
    for resource in stack.of_type(_TABLE, _DEFAULT_TABLE):
        _inline(found, resource)
    return found


def _associate(found: _Routes, owner: Known | None, table: Name | None) -> None:
    if owner is not None and isinstance(table, NotYet):
        found.open[owner.key] = table.open
    elif owner is not None and table is not None and not isinstance(table, NotYet):
        found.tables[owner.key] = table


def _table(resource: Resource, name: str) -> Name | None:
    """The table that a route or an association names; a VPC stands for its main table."""
    given = resource.get(name)
    for vpc in resource.stack.of_type(*VPCS.tokens) if isinstance(given, str) else ():
        if given in (vpc.get("mainRouteTableId"), vpc.get("defaultRouteTableId")):
            return Here(vpc)
    found = named(resource, ROUTE_TABLES, name)
    table = here(found)
    if table is not None and table.type == _DEFAULT_TABLE and name == "routeTableId":
        return _table(table, "defaultRouteTableId")
    vpcs = origins_of(resource, VPCS, name)
    lost = table is resource or (isinstance(found, NotYet) and not found.candidates)
    return vpcs[0] if lost and len(vpcs) == 1 else found


def _inline(found: _Routes, resource: Resource) -> None:
    keys = [resource.urn]
    if resource.type == _DEFAULT_TABLE:
        main = _table(resource, "defaultRouteTableId")
        vpcs = origins_of(resource, VPCS, "defaultRouteTableId")
        keys += [name.key for name in (main, *vpcs) if isinstance(name, Here)]
    for route in items(resource.given("routes")):
        if route is UNKNOWN:
            why = Open(f"routes of {resource.label} is unknown", preview=True)
            found.open |= dict.fromkeys(keys, why)
        elif _is_default(at(route, "cidrBlock")):
            _add(found, keys, resource, partial(at, route), ("routes",) * 2)


def _is_default(block: Plain) -> bool:
    """Whether a destination is everything, or a half of it as some write it."""
    known = network(block) if isinstance(block, str) else None
    return known is not None and known.prefixlen <= 1 and known.version == 4


def _add(
    found: _Routes,
    keys: list[str],
    resource: Resource,
    target: Callable[[str], Plain],
    names: tuple[str, str],
) -> None:
    """Add a default route; `names` are the properties that gateway and NAT gateway stand in."""
    nat = here(named(resource, NAT_GATEWAYS, names[1], target("natGatewayId")))
    way = _way(resource, names[0], target)
    for key in keys:
        if way is not None:
            found.ways[key].add(way)
        if nat is not None:
            found.nats[key].append(nat)


def _way(resource: Resource, name: str, target: Callable[[str], Plain]) -> str | None:
    gateway, nat = text(target("gatewayId")), text(target("natGatewayId"))
    if any(text(target(other)) is not None for other in _OTHER_TARGETS) or (nat and gateway):
        return "other"
    if nat is not None:
        return "nat"
    if gateway is UNKNOWN:
        return "internet" if resource.origins(name, _INTERNET_GATEWAY) else "other"
    if gateway is None:
        return None
    return "internet" if gateway.startswith("igw-") else "other"


def stranded_nats(stack: Stack, subnet: Known) -> Iterator[tuple[Resource, str, Answer]]:
    """NAT gateways on the subnet's way out that have none themselves, or may have, and why."""
    found = _routes(stack)
    table = found.tables.get(subnet.key)
    for nat in found.nats.get(table.key, []) if table else ():
        there = only(named(nat, SUBNETS, "subnetId"))
        if nat.get("connectivityType") == "private":
            yield nat, "is a private one", False
        elif there and ways_out(stack, there) in (set(), {"nat"}):
            why = f"lies in {there.label}, which has no internet gateway"
            yield nat, why, stack.there_is_none(f"route of {there.label} to an internet gateway")


def ways_out(stack: Stack, subnet: Known) -> set[str] | Open:
    """How a subnet reaches the internet (nat, internet, other), or why that is not known."""
    found = _routes(stack)
    table = found.tables.get(subnet.key)
    if table is None:
        if not isinstance(subnet, Here):
            return subnet.open
        if subnet.key in found.open:
            return found.open[subnet.key]
        vpc = vpc_of(subnet)
        if not isinstance(vpc, Here) or vpc.resource.type != VPC:
            return Open(f"the routes of {subnet.label} are made elsewhere")
        table = found.tables.get(vpc.key, vpc)
    ways = found.ways.get(table.key, set())
    if not ways and not isinstance(table, Here):
        return table.open
    return ways or found.open.get(table.key) or found.open.get("") or set()


def image_endpoints(stack: Stack, subnet: Known) -> bool:
    """Whether the subnet's VPC has endpoints from which ECS pulls images."""
    own = vpc_of(subnet)
    services = {
        str(endpoint.get("serviceName")).rpartition("ecr.")[2]
        for endpoint in stack.of_type(token("ec2", "VpcEndpoint"))
        if own is not None and named(endpoint, VPCS, "vpcId") == own
    }
    return {"dkr", "api"} <= services
