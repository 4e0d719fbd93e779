"""Blocks at the other end of a rule: several that add up, and single addresses."""

from ...building import (
    ANYWHERE,
    EGRESS_RULE,
    INGRESS_RULE,
    RULE,
    Build,
    Store,
    access_point,
    file_system,
    function,
    group,
    join,
    network,
    rule,
    target,
)
from ...table import INGRESS, REACH, Cases, unproven, wrong
from .. import sources
from .groups import REACHES, between

CASES = Cases()


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
    rules = []
    for name, block in (("low", "10.0.100.0/25"), ("high", "10.0.100.128/25")):
        given = {"securityGroupId": nfs.id, "ipProtocol": "tcp", "cidrIpv4": block}
        rules.append(p.add(INGRESS_RULE, name, {**given, "fromPort": 2049, "toPort": 2049}))
    between(p, net.clients, nfs, net, *rules)


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


def egress_to(p: Build, block: str) -> None:
    """A function that gets out to this block alone, and a mount target with one address."""
    net = network(p, "a")
    clients = group(p, "narrow", net.vpc, egress=[rule(2049, blocks=[block])])
    nfs = group(p, "nfs-2", net.vpc, rule(2049, clients.id))
    fs = file_system(p)
    one = target(p, "data", fs, net.private[0], nfs)
    one.props["ipAddress"] = "10.0.100.7"
    s = Store(fs, access_point(p, "data", fs), [one])
    function(p, "app", net, s, groups=[clients])


@CASES.sound(sources.EFS_ADDRESS)
def egress_to_the_address_of_the_mount_target(p: Build) -> None:
    egress_to(p, "10.0.100.7/32")


@CASES.wrong(sources.EFS_ADDRESS, wrong(REACH, "app", "narrow", "2049"), preview=unproven(REACHES))
def egress_to_another_address(p: Build) -> None:
    egress_to(p, "10.0.100.8/32")


@CASES.sound(sources.EFS_ADDRESS)
def egress_to_the_address_that_the_mount_target_gets(p: Build) -> None:
    net = network(p, "a")
    clients = group(p, "narrow", net.vpc, egress=[])
    nfs = group(p, "nfs-2", net.vpc, rule(2049, clients.id))
    function_ = between(p, clients, nfs, net)
    place = function_.after[0]
    given = {"securityGroupId": clients.id, "ipProtocol": "tcp", "fromPort": 2049, "toPort": 2049}
    opening = p.add(EGRESS_RULE, "nfs", {**given, "cidrIpv4": join(place.out("ipAddress"), "/32")})
    function_.after.append(opening)
    p.resources.remove(function_)
    p.resources.append(function_)
