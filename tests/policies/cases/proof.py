"""Mandatory only on proof: what is missing in a preview, who populates, what is uncertain."""

from typing import Any

from . import sources
from .aws import (
    ANYWHERE,
    COMMAND,
    INSTALL,
    MOUNT,
    NGINX,
    PYTHON,
    TLS_ONLY,
    WRITE,
    Net,
    Store,
    access_point,
    allow,
    client,
    container,
    document,
    file_system,
    file_system_policy,
    function,
    grant,
    group,
    network,
    placed,
    populated,
    role,
    rule,
    run,
    schedule,
    service,
    store,
    table,
    target,
    task,
    through,
    volume,
    zone_of,
)
from .build import ACCOUNT, Build, Json, Later, R, join
from .network import INGRESS_RULE
from .table import LOADS, MOUNTS, RIGHTS, Cases, Verdict, note, one_note, wrong

CASES = Cases()


# Absence in a preview is no evidence


@CASES.sound(sources.PULUMI_OUTPUT)
def mount_targets_made_in_an_apply(p: Build) -> None:
    net = network(p)
    fs = file_system(p)
    with p.in_apply():
        for one in net.private:
            target(p, f"data-{zone_of(one)}", fs, one, net.nfs)
    targets = [one for one in p.resources if one.type.endswith("MountTarget")]
    s = Store(fs, access_point(p, "data", fs), targets)
    function(p, "app", net, s)


@CASES.sound(sources.PULUMI_OUTPUT)
def file_system_policy_made_in_an_apply(p: Build) -> None:
    net = network(p)
    s = store(p, net, policy=None)
    with p.in_apply():
        file_system_policy(p, "data", s.fs, TLS_ONLY)
    function(p, "app", net, s)


@CASES.sound(sources.PULUMI_OUTPUT)
def routes_made_in_an_apply(p: Build) -> None:
    net = network(p, nat=False)
    with p.in_apply():
        nat = p.add("aws:ec2/natGateway:NatGateway", "nat", {"subnetId": net.public[0].id})
        given = {"routeTableId": net.table.id, "destinationCidrBlock": ANYWHERE}
        p.add("aws:ec2/route:Route", "private", {**given, "natGatewayId": nat.id})
    s = store(p, net)
    installs = container("install", PYTHON, "/mnt/data", command=list(INSTALL))
    of = task(p, "install", [installs], [volume(s)], client(p, "w", s, service="ecs-tasks"))
    run(p, "install", of, net, after=s.targets)


@CASES.sound(sources.PULUMI_OUTPUT)
def associations_made_in_an_apply(p: Build) -> None:
    net = network(p)
    for one in p.resources:
        if one.type.endswith("RouteTableAssociation"):
            one.in_preview = False
    s = store(p, net)
    installs = container("install", PYTHON, "/mnt/data", command=list(INSTALL))
    of = task(p, "install", [installs], [volume(s)], client(p, "w", s, service="ecs-tasks"))
    run(p, "install", of, net, after=s.targets)


@CASES.sound(sources.PULUMI_OUTPUT)
def rules_of_a_group_made_in_an_apply(p: Build) -> None:
    net = network(p)
    nfs = group(p, "opened", net.vpc)
    with p.in_apply():
        given = {"securityGroupId": nfs.id, "referencedSecurityGroupId": net.clients.id}
        p.add(INGRESS_RULE, "nfs", {**given, "ipProtocol": "tcp", "fromPort": 2049, "toPort": 2049})
    opening = p.resources[-1]
    fs = file_system(p)
    targets = [target(p, f"data-{zone_of(one)}", fs, one, nfs) for one in net.private]
    function(
        p, "app", net, Store(fs, access_point(p, "data", fs), targets), after=[*targets, opening]
    )


@CASES.sound(sources.PULUMI_OUTPUT)
def rights_made_in_an_apply(p: Build) -> None:
    net = network(p)
    s = store(p, net)
    rights = role(p, "app")
    with p.in_apply():
        grant(p, "app", rights, allow([MOUNT, WRITE], s.fs.arn, **through(s.ap)))
    function(p, "app", net, s, role=rights)


@CASES.wrong(
    sources.LAMBDA_EFS,
    wrong(MOUNTS, "app", "app", "data", "mount target"),
    preview=Verdict((), (note("data", "mount target"),)),
)
def no_mount_target_at_all(p: Build) -> None:
    net = network(p)
    fs = file_system(p)
    function(p, "app", net, Store(fs, access_point(p, "data", fs), []))


# Components whose outputs are unknown


def remote_vpc(p: Build) -> tuple[Net, R]:
    """A VPC of a remote component: its subnets are its outputs."""
    net = network(p)
    crate = p.add("awsx:ec2:Vpc", "net")
    crate.made = {
        "vpcId": net.vpc.id,
        "publicSubnetIds": [one.id for one in net.public],
        "privateSubnetIds": [one.id for one in net.private],
    }
    for one in p.resources:
        if one is not crate and not one.type.endswith("SecurityGroup"):
            one.parent = crate
    return net, crate


@CASES.sound(sources.PULUMI_COMPONENT)
def task_in_private_subnets_of_a_remote_vpc(p: Build) -> None:
    net, crate = remote_vpc(p)
    s = store(p, net)
    installs = container("install", PYTHON, "/mnt/data", command=list(INSTALL))
    of = task(p, "install", [installs], [volume(s)], client(p, "w", s, service="ecs-tasks"))
    run(p, "install", of, net, after=s.targets, subnets=crate.out("privateSubnetIds"))


@CASES.sound(sources.PULUMI_COMPONENT)
def service_and_function_in_a_remote_vpc(p: Build) -> None:
    net, crate = remote_vpc(p)
    s = store(p, net)
    private = crate.out("privateSubnetIds")
    config = {"subnetIds": private, "securityGroupIds": [net.clients.id]}
    function(p, "app", net, s, vpcConfig=config)
    web = container("web", NGINX, "/mnt/data")
    of = task(p, "web", [web], [volume(s)], client(p, "web", s, service="ecs-tasks"))
    service(p, "web", of, net, networkConfiguration=placed(net, subnets=private))


@CASES.sound(sources.PULUMI_COMPONENT)
def mount_targets_in_an_apply_over_the_subnets_of_a_remote_vpc(p: Build) -> None:
    net, crate = remote_vpc(p)
    fs = file_system(p)
    with p.in_apply():
        targets = [target(p, f"data-{n}", fs, one, net.nfs) for n, one in enumerate(net.private)]
    s = Store(fs, access_point(p, "data", fs), targets)
    config = {"subnetIds": crate.out("privateSubnetIds"), "securityGroupIds": [net.clients.id]}
    function(p, "app", net, s, vpcConfig=config)


@CASES.sound(sources.PULUMI_COMPONENT)
def remote_fargate_service(p: Build) -> None:
    """awsx's service makes its task definition of values that it does not know."""
    net = network(p)
    s = store(p, net)
    crate = p.add("awsx:ecs:FargateService", "web")
    web = container("web", NGINX, "/usr/share/nginx/html")
    rights = client(p, "web", s, service="ecs-tasks")
    of = task(p, "web", Later(Json([web])), [volume(s)], rights)
    of.parent = crate
    service(p, "web", of, net).parent = crate


@CASES.sound(sources.PULUMI_COMPONENT)
def remote_storage(p: Build) -> None:
    net = network(p)
    crate = p.add("acme:storage:Files", "files")
    s = store(p, net)
    for one in (s.fs, s.ap, *s.targets):
        one.parent = crate
    crate.made = {"accessPointArn": s.ap.arn, "fileSystemArn": s.fs.arn}
    rights = role(p, "app", allow([MOUNT, WRITE], crate.out("fileSystemArn")))
    function(p, "app", net, s, ap=crate.out("accessPointArn"), role=rights, after=[crate])


# Who populates


def beside(p: Build, job: Any, *, by: Any, **props: Any) -> None:
    """A task beside a function that writes to the same access point."""
    net = network(p)
    s = store(p, net)
    of = task(p, "job", [job], [volume(s)], client(p, "job", s, service="ecs-tasks"))
    by(p, "job", of, net, **({"after": s.targets} if by is run else {}))
    function(p, "app", net, s, **props)


@CASES.sound(sources.LAMBDA_ROLE)
def nightly_clean_up_populates_nothing(p: Build) -> None:
    clean = ["find", "/mnt/data/tmp", "-mtime", "+7", "-delete"]
    job = container("job", "public.ecr.aws/docker/library/busybox:1", "/mnt/data", command=clean)
    beside(p, job, by=schedule)


@CASES.sound(sources.LAMBDA_ROLE)
def nightly_report_populates_nothing(p: Build) -> None:
    words = ["python", "report.py", "--out", "/mnt/data/reports"]
    other = PYTHON.replace("3.12", "3.13")
    beside(p, container("job", other, "/mnt/data", command=words), by=schedule)


@CASES.sound(sources.LAMBDA_ROLE)
def service_that_installs_its_own_requirements(p: Build) -> None:
    words = ["sh", "-c", "pip install -r requirements.txt && exec python server.py"]
    other = "public.ecr.aws/docker/library/python:3.13-slim"
    beside(p, container("job", other, "/mnt/data", command=words), by=service)


@CASES.sound(sources.LAMBDA_ROLE)
def service_that_installs_to_its_own_disk(p: Build) -> None:
    words = ["sh", "-c", "pip install --target /opt/site numpy && exec python server.py"]
    other = "public.ecr.aws/docker/library/python:3.13-slim"
    beside(p, container("job", other, "/mnt/data", command=words), by=service)


@CASES.sound(sources.LAMBDA_ROLE)
def log_path_on_the_mount(p: Build) -> None:
    words = ["celery", "worker", "--logfile", "/mnt/data/logs/worker.log"]
    names = {"PYTHONPATH": "/mnt/data/python"}
    beside(
        p,
        container("job", "acme/worker:3", "/mnt/data", command=words),
        by=service,
        variables=names,
    )


@CASES.sound(sources.LAMBDA_ROLE)
def service_whose_image_is_a_python_for_lambda(p: Build) -> None:
    other = PYTHON.replace("3.12", "3.13")
    beside(p, container("job", other, "/mnt/data", command=["python", "serve.py"]), by=service)


def named_by(p: Build, text: Any) -> None:
    net = network(p)
    s = store(p, net)
    of = task(
        p,
        "job",
        [container("job", "acme/job:1", "/mnt/data")],
        [volume(s)],
        client(p, "job", s, service="ecs-tasks"),
    )
    p.add(COMMAND, "note", {"create": join(*(of.arn if part is None else part for part in text))})
    function(p, "app", net, s)


@CASES.sound(sources.LAMBDA_ROLE)
def command_that_echoes_the_arn_of_a_task(p: Build) -> None:
    named_by(p, ("echo ", None, " > task.txt"))


@CASES.sound(sources.LAMBDA_ROLE)
def command_that_describes_a_task(p: Build) -> None:
    named_by(p, ("aws ecs describe-task-definition --task-definition ", None))


@CASES.sound(sources.LAMBDA_ROLE)
def command_that_writes_a_script_with_the_arn(p: Build) -> None:
    named_by(p, ("./render.sh --template job.tpl --arn ", None))


@CASES.sound(sources.LAMBDA_ROLE, may_note=True)
def dynamic_resource_that_only_tags_a_task(p: Build) -> None:
    net = network(p)
    s = store(p, net)
    of = task(
        p,
        "job",
        [container("job", "acme/job:1", "/mnt/data")],
        [volume(s)],
        client(p, "job", s, service="ecs-tasks"),
    )
    p.add("pulumi-python:dynamic:Resource", "tag", {"resourceArn": of.arn, "tags": {"team": "ml"}})
    function(p, "app", net, s)


@CASES.wrong(
    sources.LAMBDA_ROLE,
    wrong(RIGHTS, "app", "app", "job", "ClientWrite"),
    preview=Verdict((), (note("app", "ClientWrite"),)),
)
def function_that_may_write_where_a_schedule_installs(p: Build) -> None:
    job = container("job", PYTHON, "/mnt/data", command=list(INSTALL))
    beside(p, job, by=schedule)


@CASES.wrong(sources.LAMBDA_ENVIRONMENT, wrong(LOADS, "infer", "infer", "install", "3.11", "3.12"))
def libraries_for_another_python(p: Build) -> None:
    populated(p, image=PYTHON.replace("3.12", "3.11"))


@CASES.wrong(sources.LAMBDA_ENVIRONMENT, wrong(LOADS, "infer", "infer", "install", "arm64"))
def libraries_for_another_architecture(p: Build) -> None:
    populated(p, architectures=["arm64"])


@CASES.wrong(sources.LAMBDA_ENVIRONMENT, wrong(LOADS, "infer", "/mnt/data/lib", "/mnt/data/python"))
def libraries_in_another_directory(p: Build) -> None:
    populated(p, variables={"PYTHONPATH": "/mnt/data/lib"})


def pip(*options: str) -> list[str]:
    return ["python3", "-m", "pip", "install", *options, "--target", "/mnt/data/python", "numpy"]


BINARY = ("--only-binary=:all:",)


@CASES.sound(sources.PIP)
def python_version_says_for_which_python(p: Build) -> None:
    populated(
        p, image=PYTHON.replace("3.12", "3.13"), command=pip(*BINARY, "--python-version", "3.12")
    )


@CASES.sound(sources.PIP)
def python_version_in_one_word(p: Build) -> None:
    populated(p, image=PYTHON.replace("3.12", "3.13"), command=pip(*BINARY, "--python-version=312"))


@CASES.sound(sources.PIP)
def python_version_in_a_shell_line(p: Build) -> None:
    line = " ".join(pip(*BINARY, "--python-version", "3.12", "--implementation", "cp"))
    populated(p, image=PYTHON.replace("3.12", "3.13"), command=["sh", "-c", line])


@CASES.wrong(sources.PIP, wrong(LOADS, "infer", "infer", "install", "3.11", "3.12"))
def python_version_of_another_python(p: Build) -> None:
    populated(p, command=pip(*BINARY, "--python-version", "3.11"))


@CASES.sound(sources.PIP)
def platform_says_for_which_architecture(p: Build) -> None:
    words = pip(*BINARY, "--platform", "manylinux2014_aarch64")
    populated(p, command=words, architectures=["arm64"])


@CASES.wrong(sources.PIP, wrong(LOADS, "infer", "infer", "install"))
def platform_of_another_architecture(p: Build) -> None:
    populated(p, command=pip(*BINARY, "--platform=manylinux2014_aarch64"))


@CASES.sound(sources.PIP, may_note=True)
def image_that_does_not_tell_its_python(p: Build) -> None:
    populated(p, image="acme/builder:7", command=pip(*BINARY, "--python-version", "3.12"))


# Uncertainty that must not be lost


@CASES.sound(sources.PULUMI_OUTPUT, may_note=True)
def rule_whose_source_is_unknown(p: Build) -> None:
    """The client's group is a known id, the rule's source comes out of an apply."""
    net = network(p)
    known = "sg-0123456789abcdef0"
    crate = p.add("acme:index:Groups", "groups")
    crate.made = {"clientGroupId": known}
    nfs = group(p, "opened", net.vpc, rule(2049, crate.out("clientGroupId")))
    fs = file_system(p)
    targets = [target(p, f"data-{zone_of(one)}", fs, one, nfs) for one in net.private]
    s = Store(fs, access_point(p, "data", fs), targets)
    config = {"subnetIds": net.ids, "securityGroupIds": [known]}
    function(p, "app", net, s, vpcConfig=config)


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
    fs = file_system(p)
    targets = [target(p, f"data-{zone_of(one)}", fs, one, nfs) for one in net.private]
    s = Store(fs, access_point(p, "data", fs), targets)
    function(p, "app", net, s, after=[*targets, opening])


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
    installs = container("install", PYTHON, "/mnt/data", command=list(INSTALL))
    of = task(p, "install", [installs], [volume(s)], client(p, "w", s, service="ecs-tasks"))
    run(p, "install", of, net, after=s.targets)


@CASES.sound(sources.PULUMI_OUTPUT)
def subnets_chosen_in_an_apply(p: Build) -> None:
    """A slice of the subnets of two networks, of which only the creation tells."""
    net = network(p)
    s = store(p, net)
    chosen = Later([one.id for one in net.private])
    crate = p.add("acme:index:Choice", "choice")
    crate.made = {"subnets": chosen}
    for one in (*net.public, *net.private):
        one.parent = crate
    config = {"subnetIds": crate.out("subnets"), "securityGroupIds": [net.clients.id]}
    function(p, "app", net, s, vpcConfig=config)


@CASES.sound(sources.PULUMI_OUTPUT)
def container_definitions_unknown_as_a_whole(p: Build) -> None:
    net = network(p)
    s = store(p, net)
    image = p.add("docker-build:index:Image", "app", made={"ref": "acme/app@sha256:" + "0" * 64})
    app = container("app", image.out("ref"), "/mnt/data")
    of = task(p, "app", [app], [volume(s)], client(p, "app", s, service="ecs-tasks"))
    service(p, "app", of, net)
    function(p, "thumbnails", net, s, "/mnt/data")


@CASES.sound(sources.PULUMI_OUTPUT)
def access_point_chosen_in_an_apply(p: Build) -> None:
    net = network(p)
    s = store(p, net)
    other = access_point(p, "other", s.fs)
    crate = p.add("acme:index:Choice", "choice")
    crate.made = {"arn": s.ap.arn}
    s.ap.parent = other.parent = crate
    rights = role(p, "app", allow([MOUNT, WRITE], s.fs.arn))
    function(p, "app", net, s, ap=crate.out("arn"), role=rights)


# Once per cause


@CASES.sound(sources.EFS_POLICY, may_note=True)
def many_consumers_of_one_unknown_policy(p: Build) -> None:
    net = network(p)
    s = store(p, net, policy=None)
    rights = client(p, "app", s, MOUNT)
    document_ = Later(Json(document(TLS_ONLY)))
    seed = p.add("random:index/randomId:RandomId", "seed", made={"hex": "00"})
    props = {"fileSystemId": s.fs.id, "policy": join(document_, seed.out("hex"))}
    p.add("aws:efs/fileSystemPolicy:FileSystemPolicy", "open", props)
    for number in range(30):
        function(p, f"app-{number}", net, s, role=rights)


CASES[-1] = CASES[-1].in_preview(Verdict((), (one_note("file system policy 'open'"),)))


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


@CASES.sound(sources.PULUMI_GET, one_note("role platform"))
def many_consumers_as_one_role_made_elsewhere(p: Build) -> None:
    net = network(p)
    s = store(p, net)
    for number in range(30):
        function(p, f"app-{number}", net, s, role=f"arn:aws:iam::{ACCOUNT}:role/platform")
