"""Whether what populates has a way to its packages: routes, a public IP, open ports."""

from collections.abc import Iterator

from ..reading.findings import Report, doubt
from ..reading.graph import Stack
from ..reading.identity import Entity
from ..reading.security_groups import openings_of
from ..reading.values import UNKNOWN
from .consumer import Consumer
from .places import Place
from .routes import image_endpoints, stranded_nats, ways_out

_NFS = 2049
_HTTPS = 443


def way_out(stack: Stack, consumer: Consumer, place: Place) -> Iterator[Report]:
    """What keeps a container that populates from its packages, or may."""
    urn = consumer.resource.urn
    who = f"{consumer.label}, run by {place.source.label},"
    closed: list[Entity] = []
    public: list[Entity] = []
    for subnet in place.subnets.entities:
        ways = ways_out(stack, subnet)
        if ways is None or ways == {"other"}:
            yield doubt(
                f"whether {who} has a way to its packages from {subnet.label}; its routes are made "
                "elsewhere, or lead through neither an internet gateway nor NAT.",
                urn,
                preview=False,
            )
        elif not ways:
            closed.append(subnet)
        elif ways == {"internet"} and place.public_ip is not True:
            public.append(subnet)
        elif ways == {"nat"}:
            yield from _stranded(stack, who, urn, subnet)
    if public:
        yield _without_address(consumer, place, public)
    if closed and (place.subnets.certain or len(closed) == len(place.subnets.entities)):
        yield from _no_route(stack, who, urn, closed)
    elif closed:
        yield doubt(
            f"whether {who} runs in {closed[0].label}, which has no way to the internet.",
            urn,
            preview=True,
        )
    yield from _only_nfs(stack, consumer, place)


def _without_address(consumer: Consumer, place: Place, subnets: list[Entity]) -> Report:
    reach = "reaches" if len(subnets) == 1 else "reach"
    route = f"{_labels(subnets)} {reach} the internet through an internet gateway only"
    if place.public_ip is False:
        return Report(
            f"{place.source.label} runs {consumer.label} without a public IP, but {route}: it "
            "cannot fetch its packages. Set assignPublicIp to true, or use subnets behind a NAT "
            "gateway.",
            consumer.resource.urn,
        )
    return doubt(
        f"whether {place.source.label} gives {consumer.label} a public IP; {route}.",
        consumer.resource.urn,
        preview=place.public_ip is UNKNOWN,
    )


def _stranded(stack: Stack, who: str, urn: str, subnet: Entity) -> Iterator[Report]:
    for nat, why in stranded_nats(stack, subnet):
        yield Report(
            f"{who} runs in {subnet.label} behind {nat.label}, which {why}: it cannot fetch its "
            "packages. Use a public NAT gateway in a subnet with a route to an internet gateway.",
            urn,
        )


def _labels(subnets: list[Entity]) -> str:
    return " and ".join(subnet.label for subnet in subnets)


def _no_route(stack: Stack, who: str, urn: str, closed: list[Entity]) -> Iterator[Report]:
    through = [subnet for subnet in closed if image_endpoints(stack, subnet)]
    without = [subnet for subnet in closed if subnet not in through]
    if through:
        yield doubt(
            f"whether {who} finds its packages through the endpoints of the VPC of "
            f"{_labels(through)}, which has no other way out.",
            urn,
            preview=False,
        )
    if without:
        yield Report(
            f"{who} runs in {_labels(without)} without a route to 0.0.0.0/0: it cannot fetch its "
            "packages. Add a route through an internet gateway (with assignPublicIp) or a NAT "
            "gateway, or use a subnet that has one.",
            urn,
        )


def _only_nfs(stack: Stack, consumer: Consumer, place: Place) -> Iterator[Report]:
    """Groups that let out nothing beside NFS."""
    groups = place.groups
    if not groups.entities or any(group.resource is None for group in groups.entities):
        return
    stated = [o for g in groups.entities for o in openings_of(stack, g, ingress=False)]
    elsewhere = [
        opening
        for opening in stated
        if opening.covers(_HTTPS) is not False or opening.covers(_NFS) is False
    ]
    if not elsewhere and groups.certain:
        told = "; ".join(sorted(map(str, stated))) or "nothing"
        yield Report(
            f"{groups.labels} of {consumer.label} lets out {told}, but nothing to a package index: "
            f"it cannot fetch its packages. Let TCP {_HTTPS} out of {groups.labels}.",
            consumer.resource.urn,
        )
