"""Sound programs at random, and what breaks one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from hypothesis import strategies as st

from .cases.building import (
    EGRESS_RULE,
    INGRESS_RULE,
    INSTALL,
    MOUNT,
    NGINX,
    PYTHON,
    RULE,
    WRITE,
    Build,
    Json,
    Net,
    R,
    Store,
    access_point,
    attach,
    client,
    container,
    file_system,
    function,
    group,
    network,
    role,
    run,
    schedule,
    service,
    store,
    target,
    task,
    volume,
    zone_of,
)
from .cases.building.storage import READ_WRITE

Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]


@dataclass
class Random:
    """A random program, and what of it can be broken."""

    build: Build
    net: Net
    store: Store
    functions: list[R] = field(default_factory=list)
    tasks: list[R] = field(default_factory=list)
    runs: list[R] = field(default_factory=list)

    def of_type(self, end: str) -> list[R]:
        return [one for one in self.build.resources if one.type.endswith(end)]

    def remove(self, gone: Iterable[R]) -> None:
        for one in gone:
            self.build.resources.remove(one)
            for other in self.build.resources:
                other.after = [before for before in other.after if before is not one]


def _rules(draw: Draw, p: Build, net: Net) -> list[R]:
    """Another way to say that the clients reach the mount targets."""
    kind = draw(st.sampled_from(["inline", "rules", "older", "blocks", "halves"]))
    if kind == "inline":
        return []
    net.nfs.props.pop("ingress")
    port = {"fromPort": 2049, "toPort": draw(st.sampled_from([2049, 2050]))}
    if kind == "older":
        given = {"type": "ingress", "protocol": "tcp", "securityGroupId": net.nfs.id, **port}
        return [p.add(RULE, "in", {**given, "sourceSecurityGroupId": net.clients.id})]
    given = {"securityGroupId": net.nfs.id, "ipProtocol": "tcp", **port}
    if kind == "rules":
        found = [p.add(INGRESS_RULE, "in", {**given, "referencedSecurityGroupId": net.clients.id})]
        if draw(st.booleans()):
            net.clients.props["egress"] = None
            net.clients.props.pop("egress")
            out = {"securityGroupId": net.clients.id, "cidrIpv4": "0.0.0.0/0", "ipProtocol": "-1"}
            found.append(p.add(EGRESS_RULE, "out", out))
        return found
    blocks = ["10.0.0.0/17", "10.0.128.0/17"] if kind == "halves" else ["10.0.0.0/16"]
    return [
        p.add(INGRESS_RULE, f"in-{number}", {**given, "cidrIpv4": block})
        for number, block in enumerate(blocks)
    ]


def _store(draw: Draw, p: Build, net: Net, rules: list[R]) -> Store:
    if draw(st.booleans()):
        s = store(p, net)
    else:
        fs = file_system(p, "data")
        with p.in_apply():
            targets = [target(p, f"data-{zone_of(one)}", fs, one, net.nfs) for one in net.private]
        s = Store(fs, access_point(p, "data", fs), targets)
    for one in s.targets:
        one.after.extend(rules)
    return s


def _function(draw: Draw, p: Build, name: str, made: Random, before: list[R], *rights: str) -> R:
    s = made.store
    if rights == (MOUNT, WRITE) and draw(st.booleans()):
        who = role(p, name)
        attach(p, f"{name}-efs", who, READ_WRITE)
    else:
        who = client(p, name, s, *rights)
    parent = None
    if draw(st.booleans()):
        parent = p.add("acme:index:App", name, after=[*s.targets, *before])
        before = []
    names = {"LIBRARIES": "/mnt/data/python"} if draw(st.booleans()) else None
    after = [] if parent else [*s.targets, *before]
    one = function(p, name, made.net, s, role=who, after=after, variables=names)
    one.parent = parent
    return one


def sound(draw: Draw) -> Random:
    """A program that AWS accepts and that works."""
    p = Build()
    net = network(p, draw(st.sampled_from(["a", "ab", "abc"])))
    s = _store(draw, p, net, _rules(draw, p, net))
    made = Random(p, net, s)
    before: list[R] = []
    rights: tuple[str, ...] = (MOUNT, WRITE)
    if draw(st.booleans()):
        installs = container("install", PYTHON, "/mnt/data", command=list(INSTALL))
        writer = client(p, "writer", s, service="ecs-tasks")
        made.tasks.append(task(p, "install", [installs], [volume(s)], writer))
        made.runs.append(run(p, "install", made.tasks[-1], net, after=s.targets))
        before, rights = made.runs[-1:], (MOUNT,)
    for number in range(draw(st.integers(1, 3))):
        made.functions.append(_function(draw, p, f"app-{number}", made, before, *rights))
    for number in range(draw(st.integers(0, 2))):
        by = draw(st.sampled_from([service, schedule]))
        path = draw(st.sampled_from(["/mnt/data", "/usr/share/nginx/html", "/data"]))
        web = container("web", NGINX, path, read_only=draw(st.booleans()))
        who = client(p, f"web-{number}", s, service="ecs-tasks")
        made.tasks.append(task(p, f"web-{number}", [web], [volume(s)], who))
        by(p, f"web-{number}", made.tasks[-1], net)
    for number in range(draw(st.integers(0, 2))):
        p.add("aws:s3/bucket:Bucket", f"bucket-{number}", {"tags": {"path": "/mnt/x"}})
    return made


Break: TypeAlias = Callable[[Random], bool]
BREAKS: list[Break] = []


def _breaks(change: Break) -> Break:
    """A change after which the program is not sound; False where it does not fit this one."""
    BREAKS.append(change)
    return change


@_breaks
def a_zone_loses_its_mount_target(made: Random) -> bool:
    visible = made.store.targets[-1].in_preview  # else a preview has that to note anyway
    made.remove(made.store.targets[-1:])
    return visible


@_breaks
def nobody_waits_for_a_mount_target(made: Random) -> bool:
    last = made.store.targets[-1]
    for one in made.build.resources:
        one.after = [before for before in one.after if before is not last]
    return last.in_preview


@_breaks
def the_mount_targets_are_closed(made: Random) -> bool:
    rules = made.of_type("securityGroupIngressRule:SecurityGroupIngressRule")
    made.remove([*rules, *made.of_type("securityGroupRule:SecurityGroupRule")])
    made.net.nfs.props["ingress"] = [{"protocol": "udp", "fromPort": 2049, "toPort": 2049}]
    return made.store.targets[0].in_preview


@_breaks
def a_function_at_another_path(made: Random) -> bool:
    made.functions[0].props["fileSystemConfig"]["localMountPath"] = "/mnt/other"
    return len(made.functions) > 1 or bool(made.runs)


@_breaks
def a_path_that_lambda_refuses(made: Random) -> bool:
    made.functions[0].props["fileSystemConfig"]["localMountPath"] = "/data"
    return True


@_breaks
def a_function_of_another_python(made: Random) -> bool:
    made.functions[0].props["runtime"] = "python3.11"
    return bool(made.runs)


@_breaks
def a_function_of_another_architecture(made: Random) -> bool:
    made.functions[0].props["architectures"] = ["arm64"]
    return bool(made.runs)


@_breaks
def a_function_outside_the_vpc(made: Random) -> bool:
    made.functions[0].props.pop("vpcConfig")
    return True


@_breaks
def a_function_without_rights_under_a_policy(made: Random) -> bool:
    function_ = made.functions[0]
    function_.props["role"] = role(made.build, "nobody").arn
    made.build.resources.remove(function_)
    made.build.resources.append(function_)
    return True


@_breaks
def a_function_before_the_run(made: Random) -> bool:
    for one in made.build.resources:
        one.after = [before for before in one.after if before not in made.runs]
    return bool(made.runs)


@_breaks
def a_volume_without_tls(made: Random) -> bool:
    for one in made.tasks[:1]:
        del one.props["volumes"][0]["efsVolumeConfiguration"]["transitEncryption"]
    return bool(made.tasks)


@_breaks
def a_volume_that_is_not_there(made: Random) -> bool:
    for one in made.tasks[:1]:
        one.props["volumes"][0]["name"] = "other"
    return bool(made.tasks)


@_breaks
def an_access_point_without_user(made: Random) -> bool:
    made.store.ap.props.pop("posixUser")
    return True


@_breaks
def a_directory_that_nobody_may_enter(made: Random) -> bool:
    made.store.ap.props["rootDirectory"]["creationInfo"]["permissions"] = "0600"
    return True


@_breaks
def a_directory_that_nobody_makes(made: Random) -> bool:
    del made.store.ap.props["rootDirectory"]["creationInfo"]
    return True


@_breaks
def two_mount_targets_in_one_zone(made: Random) -> bool:
    s = made.store
    target(made.build, "second", s.fs, made.net.private[0], group(made.build, "g", made.net.vpc))
    return s.targets[0].in_preview


@_breaks
def no_way_out_for_the_run(made: Random) -> bool:
    made.net.table.props["routes"] = None
    made.net.table.props.pop("routes")
    return bool(made.runs)


@_breaks
def a_file_system_policy_for_everybody(made: Random) -> bool:
    [policy] = made.of_type("fileSystemPolicy:FileSystemPolicy")
    allow = {"Effect": "Allow", "Principal": "*", "Action": MOUNT, "Resource": "*"}
    policy.props["policy"] = Json(
        {"Statement": [*policy.props["policy"].value["Statement"], allow]}
    )
    return True


@_breaks
def a_file_system_without_policy(made: Random) -> bool:
    made.remove(made.of_type("fileSystemPolicy:FileSystemPolicy"))
    return True


@_breaks
def a_file_system_in_plain_text(made: Random) -> bool:
    made.store.fs.props["encrypted"] = False
    return True


@_breaks
def a_denial_of_mounting_to_all(made: Random) -> bool:
    [policy] = made.of_type("fileSystemPolicy:FileSystemPolicy")
    deny = {"Effect": "Deny", "Principal": "*", "Action": MOUNT, "Resource": "*"}
    policy.props["policy"] = Json({"Statement": [*policy.props["policy"].value["Statement"], deny]})
    return True


@_breaks
def a_group_open_to_the_internet(made: Random) -> bool:
    blocks = {"cidrBlocks": ["0.0.0.0/1", "128.0.0.0/1"]}
    rules = [{"protocol": "tcp", "fromPort": 22, "toPort": 22, **blocks}]
    group(made.build, "open", made.net.vpc, *rules)
    return True


@_breaks
def a_policy_on_every_resource(made: Random) -> bool:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    policy = {"policy": Json({"Statement": [statement]})}
    made.build.add("aws:iam/policy:Policy", "wide", policy)
    return True
