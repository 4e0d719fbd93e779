"""Random sound programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from .building import (
    ANYWHERE,
    INGRESS_RULE,
    INSTALL,
    MOUNT,
    NGINX,
    PYTHON,
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
