"""What a task reaches from its subnets: the internet, or the endpoints of its VPC and nothing else.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import rights

HTTPS = 443
_SOMEWHERE = "192.0.2.1"  # for documentation: nobody's
# Over which a default route leads out without a public address.
_GATEWAYS = ("nat_gateway", "transit_gateway", "instance", "interface", "vpc_endpoint_id")
Policy = Mapping[str, Any]


@dataclass(frozen=True)
class Reach:
    """What a task reaches.

    Attributes:
        internet: Whether it reaches everything.
        endpoints: Where it does not: for each service that it reaches the policies of its
            endpoints, one from each of its subnets.
        groups: Its security groups' rules for what it sends.
        addresses: One address in each of its subnets.
    """

    internet: bool
    endpoints: Mapping[str, Sequence[Policy]]
    groups: Sequence[Any]
    addresses: Sequence[str]

    def __contains__(self, service: object) -> bool:
        return self.internet or service in self.endpoints

    def refuses(self, service: str, action: str, resource: str, context: Mapping[str, str]) -> bool:
        """Whether the policy of an endpoint on the way does not let this through."""
        return not self.internet and not all(
            rights.allows([], action, resource, context, principal="*", resource_policies=[policy])
            for policy in self.endpoints.get(service, [])
        )

    def inside(self, port: int) -> bool:
        """Whether it reaches a server of its VPC on this port."""
        return all(rights.admits(self.groups, [], address, port) for address in self.addresses)


class Network:
    """A VPC's routes and endpoints, as moto keeps them.

    Args:
        ec2: moto's backend.
        region: Its region.
    """

    def __init__(self, ec2: Any, region: str) -> None:
        self._ec2, self._region = ec2, region

    def reach(self, subnets: Sequence[str], groups: Sequence[str], *, public_ip: bool) -> Reach:
        """What is reached from each of these subnets, with these security groups."""
        known = [self._ec2.get_subnet(subnet) for subnet in subnets]
        out = [self._rules(subnet, groups) for subnet in known]
        internet = all(
            self._leads_out(subnet, public_ip=public_ip)
            and rights.admits(rules, [], _SOMEWHERE, port=HTTPS)
            for subnet, rules in zip(known, out, strict=True)
        )
        found = [
            dict(self._endpoints(subnet, groups, rules))
            for subnet, rules in zip(known, out, strict=True)
        ]
        return Reach(
            internet=internet,
            endpoints={
                service: [each[service] for each in found]
                for service in (set.intersection(*map(set, found)) if found else ())
            },
            groups=[rule for rules in out for rule in rules],
            addresses=[_address(subnet) for subnet in known],
        )

    def _leads_out(self, subnet: Any, *, public_ip: bool) -> bool:
        """Whether a default route leads out: over a gateway like a NAT, or by a public address."""
        if public_ip and self._ec2.get_vpc(subnet.vpc_id).is_default:
            return True  # AWS makes a default VPC with an internet gateway, and moto without
        return any(
            any(getattr(route, gateway) for gateway in _GATEWAYS) or (public_ip and route.gateway)
            for route in self._table(subnet).routes
            if route.destination_cidr_block == "0.0.0.0/0"
        )

    def _table(self, subnet: Any) -> Any:
        tables = [t for t in self._ec2.route_tables.values() if t.vpc_id == subnet.vpc_id]
        own = [
            table
            for table in tables
            if subnet.id in [association.get("SubnetId") for association in table.associations]
        ]
        return (own or [table for table in tables if table.main_association_id])[0]

    def _rules(self, subnet: Any, groups: Sequence[str], *, egress: bool = True) -> list[Any]:
        wanted = groups or [self._ec2.get_default_security_group(subnet.vpc_id).id]
        found = [each for each in self._ec2.describe_security_groups() if each.id in wanted]
        return [rule for g in found for rule in (g.egress_rules if egress else g.ingress_rules)]

    def _endpoints(
        self, subnet: Any, groups: Sequence[str], out: Sequence[Any]
    ) -> Iterator[tuple[str, Policy]]:
        """The services that are reached from a subnet over an endpoint, with its policy."""
        prefix = f"com.amazonaws.{self._region}."
        vpc = self._ec2.get_vpc(subnet.vpc_id)
        dns = vpc.enable_dns_support and vpc.enable_dns_hostnames
        for endpoint in self._ec2.vpc_end_points.values():
            if endpoint.vpc_id != subnet.vpc_id or not dns or endpoint.state != "available":
                continue
            if endpoint.vpc_endpoint_type == "Gateway":
                routed = self._table(subnet).id in endpoint.route_table_ids
                listed = endpoint.destination_prefix_list_id
                reached = routed and _to_list(out, listed)
            else:
                place = _address(self._ec2.get_subnet(endpoint.subnet_ids[0]))
                theirs = list(endpoint.security_group_ids or [])
                reached = endpoint.private_dns_enabled and self.connects(
                    subnet, groups, theirs, place, HTTPS
                )
            if reached:
                policy = json.loads(endpoint.policy_document)
                yield endpoint.service_name.removeprefix(prefix), policy

    def connects(
        self, subnet: Any, groups: Sequence[str], theirs: Sequence[str], place: str, port: int
    ) -> bool:
        """Whether what has these groups in a subnet gets through to a port of what has `theirs`."""
        default = [self._ec2.get_default_security_group(subnet.vpc_id).id]
        out, into = self._rules(subnet, groups), self._rules(subnet, theirs, egress=False)
        return rights.admits(out, theirs or default, place, port) and rights.admits(
            into, groups or default, _address(subnet), port
        )


def _to_list(rules: Sequence[Any], prefix_list: str) -> bool:
    """Whether a rule lets HTTPS out to a prefix list, or to everywhere."""
    named = any(
        rule.prefix_list_id == prefix_list and rule.from_port in (None, HTTPS) for rule in rules
    )
    return named or rights.admits(rules, [], _SOMEWHERE, HTTPS)


def _address(subnet: Any) -> str:
    return str(next(ipaddress.ip_network(subnet.cidr_block).hosts()))
