"""Uncertainty that must not be lost, and one line for each cause."""

from typing import Any

from ...building import (
    ACCOUNT,
    ANYWHERE,
    INGRESS_RULE,
    MOUNT,
    TLS_ONLY,
    WRITE,
    Build,
    Json,
    Later,
    access_point,
    allow,
    client,
    container,
    document,
    function,
    group,
    installed,
    join,
    network,
    role,
    rule,
    serve,
    store,
    stored,
    table,
)
from ...table import Cases, Verdict, one_note
from .. import sources

CASES = Cases()


# Uncertainty that must not be lost


@CASES.sound(sources.PULUMI_OUTPUT, may_note=True)
def rule_whose_source_is_unknown(p: Build) -> None:
    """The client's group is a known id, the rule's source comes out of an apply."""
    net = network(p)
    known = "sg-0123456789abcdef0"
    crate = p.add("acme:index:Groups", "groups")
    crate.made = {"clientGroupId": known}
    nfs = group(p, "opened", net.vpc, rule(2049, crate.out("clientGroupId")))
    s = store(p, net, nfs=nfs)
    function(p, "app", net, s, groups=[known])


@CASES.sound(sources.PULUMI_OUTPUT)
def rule_resource_whose_source_is_unknown(p: Build) -> None:
    net = network(p)
    crate = p.add("acme:index:Groups", "groups")
    crate.made = {"clientGroupId": net.clients.id}
    nfs = group(p, "opened", net.vpc)
    given = {"securityGroupId": nfs.id, "referencedSecurityGroupId": crate.out("clientGroupId")}
    opening = p.add(
        INGRESS_RULE, "nfs", {**given, "ipProtocol": "tcp", "fromPort": 2049, "toPort": 2049}
    )
    s = store(p, net, nfs=nfs)
    function(p, "app", net, s, after=[*s.targets, opening])


@CASES.sound(sources.PULUMI_OUTPUT)
def route_on_one_of_two_tables(p: Build) -> None:
    net = network(p, nat=False)
    first, second = net.table, table(p, "spare", net.vpc, [])
    nat = p.add("aws:ec2/natGateway:NatGateway", "nat", {"subnetId": net.public[0].id})
    crate = p.add("acme:index:Tables", "tables")
    crate.made = {"first": first.id}
    first.parent = second.parent = crate
    given = {"routeTableId": crate.out("first"), "destinationCidrBlock": ANYWHERE}
    p.add("aws:ec2/route:Route", "out", {**given, "natGatewayId": nat.id})
    s = store(p, net)
    installed(p, net, s)


@CASES.sound(sources.PULUMI_OUTPUT)
def subnets_chosen_in_an_apply(p: Build) -> None:
    """A slice of the subnets of two networks, of which only the creation tells."""
    net, s = stored(p)
    chosen = Later([one.id for one in net.private])
    crate = p.add("acme:index:Choice", "choice")
    crate.made = {"subnets": chosen}
    for one in (*net.public, *net.private):
        one.parent = crate
    function(p, "app", net, s, subnets=crate.out("subnets"))


@CASES.sound(sources.PULUMI_OUTPUT)
def container_definitions_unknown_as_a_whole(p: Build) -> None:
    net, s = stored(p)
    image = p.add("docker-build:index:Image", "app", made={"ref": "acme/app@sha256:" + "0" * 64})
    app = container("app", image.out("ref"), "/mnt/data")
    serve(p, net, s, app)
    function(p, "thumbnails", net, s, "/mnt/data")


@CASES.sound(sources.PULUMI_OUTPUT)
def access_point_chosen_in_an_apply(p: Build) -> None:
    net, s = stored(p)
    other = access_point(p, "other", s.fs)
    crate = p.add("acme:index:Choice", "choice")
    crate.made = {"arn": s.ap.arn}
    s.ap.parent = other.parent = crate
    rights = role(p, "app", allow([MOUNT, WRITE], s.fs.arn))
    function(p, "app", net, s, ap=crate.out("arn"), role=rights)


# Once per cause


@CASES.sound(sources.EFS_POLICY, may_note=True)
def many_consumers_of_one_unknown_policy(p: Build) -> None:
    net, s = stored(p, policy=None)
    rights = client(p, "app", s, MOUNT)
    document_ = Later(Json(document(TLS_ONLY)))
    seed = p.add("random:index/randomId:RandomId", "seed", made={"hex": "00"})
    props = {"fileSystemId": s.fs.id, "policy": join(document_, seed.out("hex"))}
    p.add("aws:efs/fileSystemPolicy:FileSystemPolicy", "open", props)
    for number in range(30):
        function(p, f"app-{number}", net, s, role=rights)


CASES[-1] = CASES[-1].in_preview(Verdict((), (one_note("'open'"),)))


@CASES.sound(sources.PULUMI_REFERENCE, one_note("fs-0123456789abcdef0"))
def many_consumers_of_one_file_system_made_elsewhere(p: Build) -> None:
    net = network(p)
    fs = "fs-0123456789abcdef0"
    ap = access_point(p, "shared", fs)
    rights = role(
        p,
        "app",
        allow([MOUNT, WRITE], f"arn:aws:elasticfilesystem:eu-west-1:{ACCOUNT}:file-system/{fs}"),
    )
    for number in range(30):
        function(p, f"app-{number}", net, None, ap=ap, role=rights)


@CASES.sound(sources.PULUMI_GET, one_note("platform"))
def many_consumers_as_one_role_made_elsewhere(p: Build) -> None:
    net, s = stored(p)
    for number in range(30):
        function(p, f"app-{number}", net, s, role=f"arn:aws:iam::{ACCOUNT}:role/platform")


@CASES.sound(sources.PULUMI_OUTPUT)
def sizes_of_a_function_chosen_in_an_apply(p: Build) -> None:
    net = network(p)
    sizes: dict[str, Any] = {"timeout": Later(60), "memorySize": Later(2048)}
    function(p, "app", net, store(p, net), **sizes)
