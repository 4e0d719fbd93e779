"""Whether what populates has a way to its packages: routes, a public IP, open ports."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from ..reading.findings import Answer, Open, Report, any_of, doubt, verdict
from ..reading.graph import Resource, Stack, once
from ..reading.kinds import NAT_GATEWAYS, ROUTE_TABLES, SUBNETS, VPC, VPCS, token
from ..reading.naming import Known, Name, NotYet, here, listed, named, only
from ..reading.network import vpc_of
from ..reading.security_groups import network, openings_of
from ..reading.values import UNKNOWN, Plain, at, items, text
from .parts.consumer import Consumer
from .parts.launches import Launch
from .parts.populators import command_of

_NFS = 2049
_HTTPS = 443
# The services over which ECS pulls an image, and those of places where packages may be.
_PULL = {"ecr.api", "ecr.dkr"}
_PLACES = {
    re.compile(r"https://[^/]+\.s3\.[^/]+/"): {"s3"},
    re.compile(r"https://[^/]+\.d\.codeartifact\.[^/]+/"): {
        *("codeartifact.api", "codeartifact.repositories"),
    },
}
_URL = re.compile("https?://")
_FETCHES = re.compile(r"(?:^|[\s/])(?:pip[\d.]*|uv|conda|mamba|npm|yarn|pnpm|curl|wget)\s")
_WHERE = Open("which subnets it runs in is unknown", preview=True)
_DEFAULT_TABLE = ROUTE_TABLES.tokens[1]
_OTHER_TARGETS = (
    *("carrierGatewayId", "coreNetworkArn", "egressOnlyGatewayId", "localGatewayId"),
    *("networkInterfaceId", "transitGatewayId", "vpcEndpointId", "vpcPeeringConnectionId"),
)


def way_out(consumer: Consumer, place: Launch) -> Iterator[Report]:
    """What keeps a container that populates from its packages, or may."""
    who = f"{consumer.label}, run by {place.resource.label},"
    found = {subnet: _ways_out(subnet, consumer.stack) for subnet in place.subnets.names}
    for subnet, ways in found.items():
        what = f"whether {who} has a way to its packages from {subnet.label}"
        if isinstance(ways, Open):
            yield Report(what, ways)
        elif set(ways) in ({"other"}, {"IPv6"}):
            yield doubt(what, "its routes lead through neither an internet gateway nor NAT of IPv4")
        elif set(ways) == {"nat"}:
            for nat in filter(None, ways["nat"]):
                yield from _behind(nat, who, subnet)
    known = {subnet: ways for subnet, ways in found.items() if not isinstance(ways, Open)}
    if public := [subnet for subnet, ways in known.items() if set(ways) == {"internet"}]:
        yield from _address(consumer, place, public)
    if closed := [subnet for subnet, ways in known.items() if not ways]:
        yield from _no_route(who, consumer, place, closed)
    yield from _only_nfs(consumer, place)


def _labels(subnets: list[Known]) -> str:
    return " and ".join(subnet.label for subnet in subnets)


def _address(consumer: Consumer, place: Launch, public: list[Known]) -> Iterator[Report]:
    reach = "reaches" if len(public) == 1 else "reach"
    route = f"{_labels(public)} {reach} the internet through an internet gateway only"
    given = place.public_ip
    answer: Answer = given if isinstance(given, bool) else Open(route, preview=given is UNKNOWN)
    yield from verdict(
        _WHERE if given is False and not place.subnets.certain else answer,
        what=f"whether {place.resource.label} gives {consumer.label} a public IP",
        wrong=f"{place.resource.label} runs {consumer.label} without a public IP, but {route}: it "
        "cannot fetch its packages. Set assignPublicIp to true, or use subnets behind a NAT "
        "gateway.",
    )


def _behind(nat: Resource, who: str, subnet: Known) -> Iterator[Report]:
    there = only(named(nat, SUBNETS, "subnetId"))
    ways = _ways_out(there, nat.stack) if there else None
    why = "is a private one"
    leads_out: Answer = nat.get("connectivityType") != "private"
    if there and leads_out and isinstance(ways, dict) and set(ways) <= {"nat"}:
        why = f"lies in {there.label}, which has no internet gateway"
        leads_out = nat.stack.there_is_none(f"route of {there.label} to an internet gateway")
    yield from verdict(
        leads_out,
        what=f"whether {who} has a way to its packages behind {nat.label}",
        wrong=f"{who} runs in {subnet.label} behind {nat.label}, which {why}: it cannot fetch its "
        "packages. Use a public NAT gateway in a subnet with a route to an internet gateway.",
    )


def _no_route(who: str, consumer: Consumer, place: Launch, closed: list[Known]) -> Iterator[Report]:
    stack = place.resource.stack
    endpoints = {subnet: _endpoints(subnet, stack) for subnet in closed}
    through = [subnet for subnet, services in endpoints.items() if services >= _PULL]
    without = _labels([subnet for subnet in closed if subnet not in through])
    if not all(_named_within(consumer, endpoints[subnet]) for subnet in through):
        because = "it has no other way out than the endpoints of its VPC"
        yield doubt(f"whether {who} finds its packages from {_labels(through)}", because)
    if without:
        some = not place.subnets.certain and len(closed) < len(place.subnets.names)
        yield from verdict(
            _WHERE if some else stack.there_is_none(f"route to 0.0.0.0/0 for {without}"),
            what=f"whether {who} has a way to its packages from {without}",
            wrong=f"{who} runs in {without} without a route to 0.0.0.0/0: it cannot fetch its "
            "packages. Add a route through an internet gateway (with assignPublicIp) or a NAT "
            "gateway, or use a subnet that has one.",
        )


def _only_nfs(consumer: Consumer, place: Launch) -> Iterator[Report]:
    groups, stack = place.own_groups, consumer.stack
    stated = openings_of(stack, groups, ingress=False)
    elsewhere = any_of(
        opening.covers(_HTTPS) is not False or opening.covers(_NFS) is False for opening in stated
    )
    here_only = groups.names and all(isinstance(group, Resource) for group in groups.names)
    if here_only and elsewhere is False:
        said = "; ".join(sorted(map(str, stated))) or "nothing"
        absent = stack.there_is_none(f"rule of {groups.labels} for TCP {_HTTPS}")
        which = Open("which security groups it has is unknown", preview=True)
        yield from verdict(
            absent if groups.certain else which,
            what=f"whether {consumer.label} has a way to its packages through {groups.labels}",
            wrong=f"{groups.labels} of {consumer.label} lets out {said}, but nothing to a package "
            f"index: it cannot fetch its packages. Let TCP {_HTTPS} out of {groups.labels}.",
        )


def _endpoints(subnet: Known, stack: Stack) -> set[str]:
    """The services with an endpoint for a subnet, such as `ecr.api`; S3's is in its routes."""
    own, table = vpc_of(subnet), _routes(stack).tables.get(subnet.key)
    found = [
        (str(endpoint.get("serviceName")).split(".", 3)[-1], endpoint)
        for endpoint in stack.of_type(token("ec2", "VpcEndpoint"))
        if own is not None and named(endpoint, VPCS, "vpcId") == own
    ]
    return {
        service
        for service, endpoint in found
        if service != "s3" or table in listed(endpoint, ROUTE_TABLES, "routeTableIds").names
    }


def _named_within(consumer: Consumer, services: set[str]) -> bool:
    """Whether all URLs that a container is given are of these services; it fetches nothing else."""
    urls = [t.value for t in consumer.texts if isinstance(t.value, str) and _URL.match(t.value)]
    return bool(urls and not _FETCHES.search(command_of(consumer))) and all(
        any(place.match(url) and needs <= services for place, needs in _PLACES.items())
        for url in urls
    )


_Ways: TypeAlias = dict[str, list[Resource | None]]


@dataclass
class _Routes:
    """Default routes by the key of their route table (or of the VPC, for its main table).

    Attributes:
        ways: Of a table, by kind (nat, internet, other, IPv6), the NAT gateways of this program.
        tables: By the key of a subnet its table, by that of a VPC its main table.
        open: By the key of a table or subnet, why its routes are not known; of "", why none are.
    """

    ways: dict[str, _Ways] = field(default_factory=lambda: defaultdict(dict))
    tables: dict[str, Known] = field(default_factory=dict)
    open: dict[str, Open] = field(default_factory=dict)

    def certain(self, name: Name | None) -> Known | None:
        """What is named; where only the creation tells, its candidates are left open."""
        if isinstance(name, NotYet):
            self.open |= dict.fromkeys([one.key for one in name.candidates] or [""], name.open)
            return None
        return name

    def add(
        self, key: str, resource: Resource, target: Callable[[str], Plain], *names: str
    ) -> None:
        """Add a default route; `names` are the properties of its gateway and NAT gateway."""
        gateway, nat = text(target("gatewayId")), text(target("natGatewayId"))
        is_internet = isinstance(gateway, str) and gateway.startswith("igw-")
        if gateway is UNKNOWN:
            is_internet = bool(resource.origins(names[0], token("ec2", "InternetGateway")))
        others = [one for one in map(target, _OTHER_TARGETS) if text(one) is not None]
        kind = "internet" if is_internet else "other"
        if nat is not None and gateway is None:
            kind = "nat"
        kind = "IPv6" if _goes_anywhere(target) == 6 else "other" if others else kind
        known = here(named(resource, NAT_GATEWAYS, names[-1], nat))
        if others or gateway is not None or nat is not None:
            self.ways[key].setdefault(kind, []).append(known)


def _goes_anywhere(target: Callable[[str], Plain]) -> int | None:
    """The IP version of a route to everything, or to a half of it as some write it."""
    for name in ("destinationCidrBlock", "destinationIpv6CidrBlock", "cidrBlock", "ipv6CidrBlock"):
        block = target(name)
        known = network(block) if isinstance(block, str) else None
        if known is not None and known.prefixlen <= 1:
            return known.version
    return None


@once
def _routes(stack: Stack) -> _Routes:
    found = _Routes()
    for type_, kind, name in (
        ("RouteTableAssociation", SUBNETS, "subnetId"),
        ("MainRouteTableAssociation", VPCS, "vpcId"),
    ):
        for one in stack.of_type(token("ec2", type_)):
            owner, table = found.certain(named(one, kind, name)), _table(one, "routeTableId")
            if owner is not None and isinstance(table, NotYet):
                found.open[owner.key] = table.open
            elif owner is not None and table is not None and not isinstance(table, NotYet):
                found.tables[owner.key] = table
    for route in stack.of_type(token("ec2", "Route")):
        if _goes_anywhere(route.get):
            table = found.certain(_table(route, "routeTableId"))
            if table:
                found.add(table.key, route, route.given, "gatewayId", "natGatewayId")
    for resource in stack.of_type(*ROUTE_TABLES.tokens):
        _inline(found, resource)
    return found


def _inline(found: _Routes, resource: Resource) -> None:
    keys = [resource.urn]
    if resource.type == _DEFAULT_TABLE:
        main = _table(resource, "defaultRouteTableId")
        vpcs = resource.origins("defaultRouteTableId", *VPCS.tokens)
        keys += [name.key for name in (main, *vpcs) if isinstance(name, Resource)]
    for key, route in ((key, route) for key in keys for route in items(resource.given("routes"))):
        if route is UNKNOWN:
            found.open[key] = Open(f"routes of {resource.label} is unknown", preview=True)
        elif _goes_anywhere(partial(at, route)):
            found.add(key, resource, partial(at, route), "routes")


def _table(resource: Resource, name: str) -> Name | None:
    """The table that a route or an association names; a VPC stands for its main table."""
    given = resource.get(name)
    for vpc in resource.stack.of_type(*VPCS.tokens) if isinstance(given, str) else ():
        if given in (vpc.get("mainRouteTableId"), vpc.get("defaultRouteTableId")):
            return vpc
    found = named(resource, ROUTE_TABLES, name)
    table = here(found)
    if table is not None and table.type == _DEFAULT_TABLE and name == "routeTableId":
        return _table(table, "defaultRouteTableId")
    vpcs = resource.origins(name, *VPCS.tokens)
    lost = table is resource or (isinstance(found, NotYet) and not found.candidates)
    return vpcs[0] if lost and len(vpcs) == 1 else found


def _ways_out(subnet: Known, stack: Stack) -> _Ways | Open:
    """How a subnet reaches the internet, or why that is not known."""
    found = _routes(stack)
    table = found.tables.get(subnet.key)
    if table is None:
        if not isinstance(subnet, Resource):
            return subnet.open
        if subnet.key in found.open:
            return found.open[subnet.key]
        vpc = vpc_of(subnet)
        if not isinstance(vpc, Resource) or vpc.type != VPC:
            return Open(f"the routes of {subnet.label} are made elsewhere")
        table = found.tables.get(vpc.key, vpc)
    every = found.ways.get(table.key, {})
    ways = {kind: nats for kind, nats in every.items() if kind != "IPv6"} or every
    if not ways and not isinstance(table, Resource):
        return table.open
    return ways or found.open.get(table.key) or found.open.get("") or {}
