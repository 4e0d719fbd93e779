"""Random sound programs, and whatever may be wrong with one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from .building import (
    ACCOUNT,
    ANYWHERE,
    AWS_POLICY,
    INGRESS_RULE,
    INSTALL,
    MOUNT,
    NGINX,
    PYTHON,
    READ_WRITE,
    TLS_ONLY,
    WRITE,
    Build,
    Json,
    Net,
    R,
    Store,
    access_point,
    allow,
    attach,
    container,
    document,
    file_system,
    file_system_policy,
    function,
    grant,
    group,
    network,
    role,
    rule,
    run,
    schedule,
    service,
    target,
    task,
    through,
    volume,
    zone_of,
)

Draw = Callable[[st.SearchStrategy[Any]], Any]
PYTHONS = ("3.11", "3.12", "3.13")


@dataclass(repr=False)
class Random:
    """A program and its parts, for a break to choose from."""

    build: Build
    net: Net
    stores: list[Store] = field(default_factory=list)
    policies: list[R] = field(default_factory=list)
    groups: list[R] = field(default_factory=list)
    grants: list[R] = field(default_factory=list)
    functions: list[R] = field(default_factory=list)
    tasks: list[R] = field(default_factory=list)
    services: list[R] = field(default_factory=list)
    runs: list[R] = field(default_factory=list)
    loading: list[R] = field(default_factory=list)
    rules: dict[str, R] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Random({self.build.resources})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        # Hypothesis prints each field of a dataclass, and each resource with all it comes from.
        printer.text(repr(self))

    def remove(self, one: R) -> None:
        """Take a resource out, and forget that anything waits for it."""
        self.build.resources.remove(one)
        for other in self.build.resources:
            other.after = [before for before in other.after if before is not one]


@st.composite
def sound_programs(draw: Draw) -> Random:
    """One to three file systems with clients of all sorts, each in one of the sound ways."""
    p = Build()
    net = network(p, draw(st.sampled_from(["a", "ab", "abc"])))
    program = Random(p, net)
    for number in range(draw(st.integers(1, 3))):
        _store(draw, program, f"store{number}")
        for kind in draw(st.lists(st.sampled_from(_CLIENTS), max_size=3, unique=True)):
            kind(draw, program, number)
    _beside(draw, program)
    return program


def _store(draw: Draw, program: Random, name: str) -> None:
    p, net = program.build, program.net
    fs = file_system(p, name, policy=None)
    denied = draw(st.sampled_from(["*", "elasticfilesystem:*", ["elasticfilesystem:ClientMount"]]))
    program.policies.append(file_system_policy(p, name, fs, {**TLS_ONLY, "Action": denied}))
    nfs = _group(draw, program, name)
    places = draw(st.sampled_from([net.private, net.public]))
    targets = [target(p, f"{name}-{zone_of(one)}", fs, one, nfs) for one in places]
    program.stores.append(Store(fs, _access_point(draw, p, name, fs), targets))


def _access_point(draw: Draw, p: Build, name: str, fs: R) -> R:
    uid = draw(st.sampled_from([33, 1000, 4294967295]))
    depth = draw(st.integers(1, 4))
    path = "".join(f"/{name}{level}" for level in range(depth))
    mode = draw(st.sampled_from(["0700", "750", "0755", "2775", "0777"]))
    own = {"ownerUid": uid, "ownerGid": uid, "permissions": mode}
    where = {"path": path, "creationInfo": own}
    return access_point(p, name, fs, uid=uid, rootDirectory=where)


def _group(draw: Draw, program: Random, name: str) -> R:
    """The group of the mount targets, in one of the ways of letting the clients in."""
    p, net = program.build, program.net
    way = draw(st.sampled_from(["group", "block", "halves", "every port", "rule"]))
    rules = {
        "group": [rule(2049, net.clients.id)],
        "block": [rule(2049, blocks=["10.0.0.0/16"])],
        "halves": [rule(2049, blocks=["10.0.0.0/17"]), rule(2049, blocks=["10.0.128.0/17"])],
        "every port": [rule(None, net.clients.id)],
        "rule": [],
    }[way]
    one = group(p, f"nfs-{name}", net.vpc, *rules)
    if way == "rule":
        given = {"securityGroupId": one.id, "referencedSecurityGroupId": net.clients.id}
        ports = {"ipProtocol": "tcp", "fromPort": 2049, "toPort": 2049}
        program.rules[name] = p.add(INGRESS_RULE, f"nfs-{name}", {**given, **ports})
    program.groups.append(one)
    return one


def _rights(draw: Draw, program: Random, name: str, s: Store, kind: str, *actions: str) -> R:
    """A client's role, in one of the ways of giving it rights."""
    p = program.build
    way = draw(st.sampled_from(["inline", "attached", "of the role", "file system policy"]))
    statement = allow(list(actions), s.fs.arn, **through(s.ap))
    text = Json(document(statement))
    if way == "of the role":
        return role(p, name, service=kind, inlinePolicies=[{"name": "efs", "policy": text}])
    one = role(p, name, service=kind)
    if way == "inline":
        program.grants.append(grant(p, name, one, statement))
    elif way == "attached":
        own = p.add("aws:iam/policy:Policy", name, {"policy": text})
        program.grants.append(attach(p, f"{name}-efs", one, own.arn))
    else:
        policy = next(x for x in program.policies if x.name == s.fs.name)
        written = policy.props["policy"].value["Statement"]
        principal = {"Principal": {"AWS": one.arn}, "Resource": "*"}
        written.append({**allow(list(actions)), **principal})
    return one


def _functions(draw: Draw, program: Random, number: int) -> None:
    s = program.stores[number]
    for index in range(draw(st.integers(1, 2))):
        name = f"function{number}{index}"
        rights = _rights(draw, program, name, s, "lambda", MOUNT, WRITE)
        runtime = draw(st.sampled_from(["nodejs22.x", "python3.13", "java21", "provided.al2023"]))
        after = [*s.targets, *_rules_of(program, number)]
        path = f"/mnt/store{number}"
        one = function(
            program.build, name, program.net, s, path, role=rights, after=after, runtime=runtime
        )
        program.functions.append(one)


def _rules_of(program: Random, number: int) -> list[R]:
    """What the clients come after too."""
    found = program.rules.get(f"store{number}")
    return [found] if found is not None else []


def _service(draw: Draw, program: Random, number: int) -> None:
    s, name = program.stores[number], f"service{number}"
    rights = _rights(draw, program, name, s, "ecs-tasks", MOUNT, WRITE)
    web = container("web", NGINX, f"/mnt/store{number}", read_only=draw(st.booleans()))
    of = task(program.build, name, [web], [volume(s)], rights)
    version = draw(st.sampled_from(["1.4.0", "LATEST", None]))
    program.tasks.append(of)
    program.services.append(service(program.build, name, of, program.net, platformVersion=version))


def _schedule(draw: Draw, program: Random, number: int) -> None:
    s, name = program.stores[number], f"job{number}"
    rights = _rights(draw, program, name, s, "ecs-tasks", MOUNT, WRITE)
    words = ["report", "--out", f"/mnt/store{number}/reports"]
    job = container("job", "acme/report:2", f"/mnt/store{number}", command=words)
    of = task(program.build, name, [job], [volume(s)], rights)
    program.tasks.append(of)
    schedule(program.build, name, of, program.net)


def _libraries(draw: Draw, program: Random, number: int) -> None:
    """What a task installs beside the store's own directory, and a function that loads it."""
    p, net, base, name = program.build, program.net, program.stores[number], f"libs{number}"
    s = Store(base.fs, access_point(p, name, base.fs, f"/{name}"), base.targets)
    python = draw(st.sampled_from(PYTHONS))
    machine = draw(st.sampled_from(["x86_64", "arm64"]))
    image = PYTHON.replace("3.12", python)
    installs = container("install", image, "/mnt/data", command=list(INSTALL))
    writer = _rights(draw, program, f"writer{number}", s, "ecs-tasks", MOUNT, WRITE)
    platform = {"cpuArchitecture": machine.upper(), "operatingSystemFamily": "LINUX"}
    of = task(p, name, [installs], [volume(s)], writer, runtimePlatform=platform)
    before = [*s.targets, *_rules_of(program, number)]
    once = run(p, name, of, net, after=before)
    reader = _rights(draw, program, f"reader{number}", s, "lambda", MOUNT)
    names = {"PYTHONPATH": "/mnt/data/python"}
    loads: dict[str, Any] = {
        "runtime": f"python{python}",
        "architectures": [machine],
        "variables": names,
    }
    user = function(p, f"load{number}", net, s, role=reader, after=[*before, once], **loads)
    program.functions.append(user)
    program.loading.append(user)
    program.tasks.append(of)
    program.runs.append(once)


_CLIENTS = (_functions, _service, _schedule, _libraries)


def _beside(draw: Draw, program: Random) -> None:
    """What is in the same stack and has nothing to do with it."""
    p = program.build
    if draw(st.booleans()):
        p.add("aws:s3/bucket:Bucket", "bucket", {"bucket": "acme"})
    if draw(st.booleans()):
        p.add("aws:cloudwatch/logGroup:LogGroup", "logs", {"retentionInDays": 30})
    if draw(st.booleans()):
        group(p, "balancer", program.net.vpc, rule(443, blocks=[ANYWHERE]))


Break = Callable[[Random, Draw], bool]
"""Makes one thing wrong; False where the program has nothing of that kind."""


def _one(draw: Draw, things: list[R]) -> R | None:
    return draw(st.sampled_from(things)) if things else None


def closed_port(program: Random, draw: Draw) -> bool:
    clients = program.functions or program.services
    program.net.clients.props["egress"] = [rule(443, blocks=[ANYWHERE])]
    return bool(clients)


def missing_mount_target(program: Random, draw: Draw) -> bool:
    one = draw(st.sampled_from(program.stores))
    program.remove(draw(st.sampled_from(one.targets)))
    return _has_clients(program, one)


def _has_clients(program: Random, s: Store) -> bool:
    number = program.stores.index(s)
    names = (f"function{number}", f"service{number}", f"load{number}")
    return any(one.name.startswith(names) for one in [*program.functions, *program.services])


def no_network(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.functions)) is not None:
        del one.props["vpcConfig"]
    return one is not None


def no_rights(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.grants)) is not None:
        program.remove(one)
    return one is not None


def no_order(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.functions)) is not None:
        one.after = []
    return one is not None


def no_order_of_the_run(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.runs)) is not None:
        one.after = []
    return one is not None


def deep_root(program: Random, draw: Draw) -> bool:
    one = draw(st.sampled_from(program.stores)).ap
    one.props["rootDirectory"]["path"] = "/a/b/c/d/e"
    return True


def closed_directory(program: Random, draw: Draw) -> bool:
    one = draw(st.sampled_from(program.stores)).ap
    mode = draw(st.sampled_from(["0077", "0600", "000"]))
    one.props["rootDirectory"]["creationInfo"]["permissions"] = mode
    return True


def nobody_makes_the_directory(program: Random, draw: Draw) -> bool:
    del draw(st.sampled_from(program.stores)).ap.props["rootDirectory"]["creationInfo"]
    return True


def root_user(program: Random, draw: Draw) -> bool:
    store_ = draw(st.sampled_from(program.stores))
    store_.ap.props["posixUser"] = {"uid": 0, "gid": 0}
    return _has_clients(program, store_)


def _volume(program: Random, draw: Draw, **change: Any) -> bool:
    if (one := _one(draw, program.tasks)) is not None:
        one.props["volumes"][0]["efsVolumeConfiguration"] |= change
    return one is not None


def plain_text_volume(program: Random, draw: Draw) -> bool:
    return _volume(program, draw, transitEncryption="DISABLED")


def root_beside_access_point(program: Random, draw: Draw) -> bool:
    return _volume(program, draw, rootDirectory="/www")


def windows(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.tasks)) is not None:
        one.props["runtimePlatform"] = {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}
    return one is not None


def task_without_a_role(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.tasks)) is not None:
        del one.props["taskRoleArn"]
    return one is not None


def old_platform(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.services)) is not None:
        one.props["platformVersion"] = "1.3.0"
    return one is not None


def another_python(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.loading)) is not None:
        others = [f"python{v}" for v in PYTHONS if f"python{v}" != one.props["runtime"]]
        one.props["runtime"] = draw(st.sampled_from(others))
    return one is not None


def another_architecture(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.loading)) is not None:
        swapped = {"x86_64": "arm64", "arm64": "x86_64"}
        one.props["architectures"] = [swapped[one.props["architectures"][0]]]
    return one is not None


def another_directory(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.loading)) is not None:
        one.props["environment"] = {"variables": {"PYTHONPATH": "/mnt/data/elsewhere"}}
    return one is not None


def another_path(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.loading)) is not None:
        one.props["fileSystemConfig"]["localMountPath"] = "/mnt/other"
    return one is not None


def reader_that_may_write(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.loading)) is not None:
        number = one.name.removeprefix("load")
        reader = next(r for r in program.build.resources if r.name == f"reader{number}")
        attach(program.build, f"{reader.name}-more", reader, READ_WRITE)
    return one is not None


def writer_on_the_same_root(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.loading)) is not None:
        number = int(one.name.removeprefix("load"))
        base = program.stores[number]
        again = access_point(program.build, "again", base.fs, f"/libs{number}")
        s = Store(base.fs, again, base.targets)
        function(program.build, "intruder", program.net, s, after=one.after, runtime="nodejs22.x")
    return one is not None


def in_plain_text_at_rest(program: Random, draw: Draw) -> bool:
    draw(st.sampled_from(program.stores)).fs.props["encrypted"] = False
    return True


def no_policy(program: Random, draw: Draw) -> bool:
    program.remove(draw(st.sampled_from(program.policies)))
    return True


def policy_without_tls(program: Random, draw: Draw) -> bool:
    one = draw(st.sampled_from(program.policies))
    one.props["policy"].value["Statement"][0]["Action"] = "elasticfilesystem:ClientRootAccess"
    return True


def policy_for_everybody(program: Random, draw: Draw) -> bool:
    one = draw(st.sampled_from(program.policies))
    anybody = {**allow([MOUNT, WRITE]), "Principal": "*"}
    one.props["policy"].value["Statement"].append(anybody)
    return True


def policy_that_denies_all(program: Random, draw: Draw) -> bool:
    one = draw(st.sampled_from(program.policies))
    everybody = {"Effect": "Deny", "Principal": "*", "Action": MOUNT, "Resource": "*"}
    one.props["policy"].value["Statement"].append(everybody)
    return _has_clients(program, program.stores[program.policies.index(one)])


def port_open_to_the_internet(program: Random, draw: Draw) -> bool:
    ways = [[ANYWHERE], ["0.0.0.0/1", "128.0.0.0/1"], ["128.0.0.0/1", "0.0.0.0/2", "64.0.0.0/2"]]
    group(program.build, "ssh", program.net.vpc, rule(22, blocks=draw(st.sampled_from(ways))))
    return True


def all_rights(program: Random, draw: Draw) -> bool:
    one = role(program.build, "admin", service="ec2")
    attach(program.build, "admin", one, AWS_POLICY + "AdministratorAccess")
    return True


def every_object(program: Random, draw: Draw) -> bool:
    one = role(program.build, "objects", service="ec2")
    grant(program.build, "objects", one, allow(["s3:GetObject"]))
    return True


def second_mount_target(program: Random, draw: Draw) -> bool:
    one = draw(st.sampled_from(program.stores))
    places = [*program.net.private, *program.net.public]
    target(program.build, "second", one.fs, draw(st.sampled_from(places)), program.net.nfs)
    return True


def batch_job(program: Random, draw: Draw) -> bool:
    one = draw(st.sampled_from(program.stores))
    volumes = [{"name": "efs", "efsVolumeConfiguration": {"fileSystemId": one.fs.id}}]
    given = {"type": "container", "containerProperties": Json({"volumes": volumes})}
    program.build.add("aws:batch/jobDefinition:JobDefinition", "train", given)
    return True


def user_data(program: Random, draw: Draw) -> bool:
    one = draw(st.sampled_from(program.stores))
    given = {"userData": Json({"mount": one.fs.id}), "instanceType": "t3.small"}
    program.build.add("aws:ec2/instance:Instance", "lab", given)
    return True


def old_runtime(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.functions)) is not None:
        one.props["runtime"] = draw(st.sampled_from(["python3.8", "nodejs16.x", "go1.x"]))
    return one is not None


def role_of_somebody_else(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.functions)) is not None:
        one.props["role"] = f"arn:aws:iam::{ACCOUNT}:role/somebody"
    return one is not None


BREAKS: tuple[Break, ...] = (
    closed_port,
    missing_mount_target,
    no_network,
    no_rights,
    no_order,
    no_order_of_the_run,
    deep_root,
    closed_directory,
    nobody_makes_the_directory,
    root_user,
    plain_text_volume,
    root_beside_access_point,
    windows,
    task_without_a_role,
    old_platform,
    another_python,
    another_architecture,
    another_directory,
    another_path,
    reader_that_may_write,
    writer_on_the_same_root,
    in_plain_text_at_rest,
    no_policy,
    policy_without_tls,
    policy_for_everybody,
    policy_that_denies_all,
    port_open_to_the_internet,
    all_rights,
    every_object,
    second_mount_target,
    batch_job,
    user_data,
    old_runtime,
    role_of_somebody_else,
)
