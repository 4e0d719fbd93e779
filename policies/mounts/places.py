"""Where a consumer runs: its subnets, and its security groups."""

from dataclasses import dataclass

from ..reading.answers import Answer
from ..reading.graph import Resource, Stack
from ..reading.identity import SECURITY_GROUPS, SUBNETS, Several, register
from ..reading.values import UNKNOWN, at, items
from .consumer import Consumer
from .launches import launches_of


@dataclass(frozen=True)
class Place:
    """A network that a consumer runs in; `source` is the resource that says so."""

    source: Resource
    subnets: Several
    groups: Several
    public_ip: Answer = None


def places(stack: Stack, consumer: Consumer) -> list[Place]:
    """Every network that a consumer runs in, as far as the stack says."""
    resource = consumer.resource
    if not consumer.is_function:
        return [
            Place(launch.resource, launch.subnets, launch.groups, launch.public_ip)
            for launch in launches_of(stack, resource)
        ]
    config = resource.given("vpcConfig")
    # What the provider reads back for a function outside a VPC are empty lists.
    if config is not UNKNOWN and not items(at(config, "subnetIds")):
        return []

    def part(name: str) -> Several:
        kind = SUBNETS if name == "subnetIds" else SECURITY_GROUPS
        value = UNKNOWN if config is UNKNOWN else resource.get("vpcConfig", name)
        return register(stack, kind).listed(value, resource, "vpcConfig")

    return [Place(resource, part("subnetIds"), part("securityGroupIds"))]
