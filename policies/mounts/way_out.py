"""Whether what populates has a way to its packages: routes, a public IP, open ports."""

from collections.abc import Iterable, Iterator

from ..reading.findings import Answer, Open, Report, any_of, doubt, verdict
from ..reading.graph import Stack
from ..reading.naming import Here, Known
from ..reading.security_groups import openings_of
from ..reading.values import UNKNOWN
from .parts.consumer import Consumer
from .parts.launches import Launch
from .routes import image_endpoints, stranded_nats, ways_out

_NFS = 2049
_HTTPS = 443
_WHERE = Open("which subnets it runs in is unknown", preview=True)


def way_out(stack: Stack, consumer: Consumer, place: Launch) -> Iterator[Report]:
    """What keeps a container that populates from its packages, or may."""
    who = f"{consumer.label}, run by {place.resource.label},"
    found = {subnet: ways_out(stack, subnet) for subnet in place.subnets.names}
    for subnet, ways in found.items():
        what = f"whether {who} has a way to its packages from {subnet.label}"
        if isinstance(ways, Open):
            yield Report(what, ways)
        elif ways == {"other"}:
            yield doubt(what, "its routes lead through neither an internet gateway nor NAT")
        elif ways == {"nat"}:
            yield from _stranded(stack, who, subnet)
    if public := [subnet for subnet, ways in found.items() if ways == {"internet"}]:
        yield from _address(consumer, place, public)
    if closed := [subnet for subnet, ways in found.items() if ways == set()]:
        yield from _no_route(stack, who, place, closed)
    yield from _only_nfs(stack, consumer, place)


def _address(consumer: Consumer, place: Launch, subnets: list[Known]) -> Iterator[Report]:
    reach = "reaches" if len(subnets) == 1 else "reach"
    route = f"{_labels(subnets)} {reach} the internet through an internet gateway only"
    given = place.public_ip
    answer: Answer = given if isinstance(given, bool) else Open(route, preview=given is UNKNOWN)
    yield from verdict(
        _WHERE if given is False and not place.subnets.certain else answer,
        what=f"whether {place.resource.label} gives {consumer.label} a public IP",
        wrong=f"{place.resource.label} runs {consumer.label} without a public IP, but {route}: it "
        "cannot fetch its packages. Set assignPublicIp to true, or use subnets behind a NAT "
        "gateway.",
    )


def _stranded(stack: Stack, who: str, subnet: Known) -> Iterator[Report]:
    for nat, why, answer in stranded_nats(stack, subnet):
        yield from verdict(
            answer,
            what=f"whether {who} has a way to its packages behind {nat.label}",
            wrong=f"{who} runs in {subnet.label} behind {nat.label}, which {why}: it cannot fetch "
            "its packages. Use a public NAT gateway in a subnet with a route to an internet "
            "gateway.",
        )


def _labels(subnets: Iterable[Known]) -> str:
    return " and ".join(subnet.label for subnet in subnets)


def _no_route(stack: Stack, who: str, place: Launch, closed: list[Known]) -> Iterator[Report]:
    through = [subnet for subnet in closed if image_endpoints(stack, subnet)]
    without = [subnet for subnet in closed if subnet not in through]
    if through:
        because = "it has no other way out than the endpoints of its VPC"
        yield doubt(f"whether {who} finds its packages from {_labels(through)}", because)
    if without:
        some = not place.subnets.certain and len(closed) < len(place.subnets.names)
        yield from verdict(
            _WHERE if some else stack.there_is_none(f"route to 0.0.0.0/0 for {_labels(without)}"),
            what=f"whether {who} has a way to its packages from {_labels(without)}",
            wrong=f"{who} runs in {_labels(without)} without a route to 0.0.0.0/0: it cannot fetch "
            "its packages. Add a route through an internet gateway (with assignPublicIp) or a NAT "
            "gateway, or use a subnet that has one.",
        )


def _only_nfs(stack: Stack, consumer: Consumer, place: Launch) -> Iterator[Report]:
    """Groups that let out nothing beside NFS."""
    groups = place.own_groups
    if not groups.names or not all(isinstance(group, Here) for group in groups.names):
        return
    stated = openings_of(stack, groups, ingress=False)
    elsewhere = any_of(
        opening.covers(_HTTPS) is not False or opening.covers(_NFS) is False for opening in stated
    )
    if elsewhere is not False:
        return
    said = "; ".join(sorted(map(str, stated))) or "nothing"
    answer = stack.there_is_none(f"rule of {groups.labels} for TCP {_HTTPS}")
    if not groups.certain:
        answer = Open("which security groups it has is unknown", preview=True)
    yield from verdict(
        answer,
        what=f"whether {consumer.label} has a way to its packages through {groups.labels}",
        wrong=f"{groups.labels} of {consumer.label} lets out {said}, but nothing to a package "
        f"index: it cannot fetch its packages. Let TCP {_HTTPS} out of {groups.labels}.",
    )
