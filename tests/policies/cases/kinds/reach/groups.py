"""Security groups and their rules, in all their spellings."""

from ...building import (
    ANYWHERE,
    EGRESS_RULE,
    INGRESS_RULE,
    OUT,
    RULE,
    Build,
    Net,
    R,
    Store,
    access_point,
    file_system,
    function,
    group,
    network,
    rule,
    store,
    subnet,
    target,
    zone_of,
)
from ...table import REACH, Cases, note, unproven, wrong
from .. import sources

CASES = Cases()


def between(p: Build, clients: R, nfs: R, net: Net, *rules: R) -> R:
    """A function with one group, after the rules, and mount targets with another."""
    s = store(p, net, nfs=nfs)
    return function(p, "app", net, s, groups=[clients], after=[*s.targets, *rules])


REACHES = wrong(REACH, "app", "app", "2049")


# Groups


@CASES.sound(sources.VPC_GROUPS)
def one_group_that_admits_itself(p: Build) -> None:
    net = network(p)
    shared = group(p, "shared", net.vpc, rule(None, itself=True))
    between(p, shared, shared, net)


@CASES.sound(sources.VPC_GROUPS)
def rules_as_resources(p: Build) -> None:
    net = network(p)
    clients, nfs = group(p, "c", net.vpc, egress=[]), group(p, "s", net.vpc, egress=[])
    port = {"ipProtocol": "tcp", "fromPort": 2049, "toPort": 2049}
    into = p.add(
        INGRESS_RULE,
        "in",
        {"securityGroupId": nfs.id, "referencedSecurityGroupId": clients.id, **port},
    )
    out = p.add(
        EGRESS_RULE,
        "out",
        {"securityGroupId": clients.id, "referencedSecurityGroupId": nfs.id, **port},
    )
    between(p, clients, nfs, net, into, out)


@CASES.sound(sources.VPC_GROUPS)
def rules_as_resources_of_the_older_kind(p: Build) -> None:
    net = network(p)
    nfs = group(p, "s", net.vpc, egress=[])
    port = {"protocol": "tcp", "fromPort": 2049, "toPort": 2049, "type": "ingress"}
    opening = p.add(
        RULE, "in", {"securityGroupId": nfs.id, "sourceSecurityGroupId": net.clients.id, **port}
    )
    between(p, net.clients, nfs, net, opening)


@CASES.sound(sources.VPC_GROUPS)
def every_port_within_the_vpc(p: Build) -> None:
    net = network(p)
    nfs = group(p, "inside", net.vpc, rule(None, blocks=[net.vpc.out("cidrBlock")]))
    between(p, net.clients, nfs, net)


@CASES.sound(sources.VPC_GROUPS)
def two_groups_of_which_one_lets_out(p: Build) -> None:
    net = network(p)
    silent = group(p, "marker", net.vpc, egress=[])
    nfs = group(p, "nfs-2", net.vpc, rule(2049, silent.id))
    function(p, "app", net, store(p, net, nfs=nfs), groups=[silent, net.clients])


@CASES.wrong(sources.VPC_GROUPS, wrong(REACH, "app", "nfs-2", "2049"), preview=unproven(REACHES))
def another_port(p: Build) -> None:
    net = network(p)
    between(p, net.clients, group(p, "nfs-2", net.vpc, rule(2048, net.clients.id)), net)


@CASES.wrong(sources.VPC_GROUPS, wrong(REACH, "app", "nfs-2", "2049"), preview=unproven(REACHES))
def another_protocol(p: Build) -> None:
    net = network(p)
    nfs = group(p, "nfs-2", net.vpc, rule(2049, net.clients.id, protocol="udp"))
    between(p, net.clients, nfs, net)


@CASES.wrong(sources.VPC_GROUPS, wrong(REACH, "app", "nfs-2", "2049"), preview=unproven(REACHES))
def another_group(p: Build) -> None:
    net = network(p)
    other = group(p, "other", net.vpc)
    between(p, net.clients, group(p, "nfs-2", net.vpc, rule(2049, other.id)), net)


@CASES.wrong(sources.VPC_EGRESS, wrong(REACH, "app", "web-only", "2049"), preview=unproven(REACHES))
def nothing_but_https_let_out(p: Build) -> None:
    net = network(p)
    clients = group(p, "web-only", net.vpc, egress=[rule(443, blocks=[ANYWHERE])])
    between(p, clients, group(p, "nfs-2", net.vpc, rule(2049, clients.id)), net)


@CASES.doubtful(sources.VPC_GROUPS, note("app"))
def prefix_list_as_permission(p: Build) -> None:
    net = network(p)
    nfs = group(p, "nfs-2", net.vpc, {**rule(2049), "prefixListIds": ["pl-0123456789abcdef0"]})
    between(p, net.clients, nfs, net)


@CASES.sound(sources.VPC_GROUPS, may_note=True)
def default_group_that_nobody_manages(p: Build) -> None:
    net = network(p)
    fs = file_system(p)
    places = [target(p, f"data-{zone_of(one)}", fs, one) for one in net.private]
    s = Store(fs, access_point(p, "data", fs), places)
    function(p, "app", net, s, groups=[net.vpc.out("defaultSecurityGroupId")])


@CASES.sound(sources.VPC_GROUPS)
def default_group_that_the_program_manages(p: Build) -> None:
    net = network(p)
    given = {"vpcId": net.vpc.id, "ingress": [rule(None, itself=True)], "egress": [OUT]}
    default = p.add("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "default", given)
    default.made["id"] = "sg-00000000000000def"
    between(p, default, default, net)


@CASES.sound(sources.VPC_GROUPS)
def protocols_by_number_and_ranges(p: Build) -> None:
    net = network(p)
    nfs = group(p, "wide", net.vpc, rule(1024, net.clients.id, protocol="6", to=65535))
    between(p, net.clients, nfs, net)


@CASES.sound(sources.VPC_GROUPS)
def every_protocol_by_a_rule_of_its_own(p: Build) -> None:
    net = network(p)
    nfs = group(p, "s", net.vpc)
    given = {"securityGroupId": nfs.id, "ipProtocol": "-1"}
    given |= {"referencedSecurityGroupId": net.clients.id}
    between(p, net.clients, nfs, net, p.add(INGRESS_RULE, "all", given))


@CASES.sound(sources.VPC_GROUPS)
def rule_that_comes_from_the_group_itself(p: Build) -> None:
    net = network(p)
    shared = group(p, "shared", net.vpc)
    given = {"securityGroupId": shared.id, "type": "ingress", "protocol": "tcp", "self": True}
    opening = p.add(RULE, "self", {**given, "fromPort": 2049, "toPort": 2049})
    between(p, shared, shared, net, opening)


@CASES.sound(sources.VPC_GROUPS)
def subnets_in_a_second_block_of_the_vpc(p: Build) -> None:
    net = network(p, "a")
    given = {"vpcId": net.vpc.id, "cidrBlock": "100.64.0.0/16"}
    p.add("aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation", "pods", given)
    place = subnet(p, "pods", net.vpc, "eu-west-1a", "100.64.1.0/24")
    nfs = group(p, "nfs-2", net.vpc, rule(2049, blocks=["10.0.0.0/16", "100.64.0.0/16"]))
    fs = file_system(p)
    s = Store(fs, access_point(p, "data", fs), [target(p, "data", fs, net.private[0], nfs)])
    function(p, "app", net, s, subnets=[place.id])


@CASES.wrong(
    sources.VPC_GROUPS,
    wrong(REACH, "app", "app", "nfs-2", "2049"),
    preview=unproven(wrong(REACH, "app", "nfs-2", "2049")),
)
def second_block_of_the_vpc_that_is_not_let_in(p: Build) -> None:
    net = network(p, "a")
    place = subnet(p, "pods", net.vpc, "eu-west-1a", "100.64.1.0/24")
    nfs = group(p, "nfs-2", net.vpc, rule(2049, blocks=["10.0.0.0/16"]))
    fs = file_system(p)
    s = Store(fs, access_point(p, "data", fs), [target(p, "data", fs, net.private[0], nfs)])
    function(p, "app", net, s, subnets=[place.id])
