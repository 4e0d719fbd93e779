"""What lies beside the other kinds: comments, partitions, addresses, volumes of two sorts."""

from typing import Any

from ...building import (
    ACCOUNT,
    AWS_POLICY,
    COMMAND,
    EFS,
    MOUNT,
    NGINX,
    PYTHON,
    TLS_ONLY,
    WRITE,
    Build,
    Json,
    Store,
    access_point,
    allow,
    attach,
    client,
    container,
    deny,
    file_system,
    function,
    grant,
    installed,
    installer,
    join,
    mounting,
    network,
    populated,
    role,
    rule,
    run,
    serve,
    service,
    store,
    stored,
    task,
    through,
    volume,
)
from ...table import FORM, LOADS, REACH, RIGHTS, Cases, note, wrong, yet
from .. import sources

CASES = Cases()


# Commands that run or install nothing


def task_that_nothing_runs(p: Build, **command: Any) -> None:
    """A task named by a command, in a network without a way out, beside a function."""
    net = network(p, nat=False)
    s = store(p, net)
    of = mounting(p, s, container("job", NGINX, "/mnt/data"))
    words = {
        key: join(*(of.arn if part is None else part for part in text))
        for key, text in command.items()
    }
    p.add(COMMAND, "later", words)
    function(p, "app", net, s)


@CASES.sound(sources.LAMBDA_ROLE, may_note=True)
def command_whose_comment_speaks_of_a_run(p: Build) -> None:
    task_that_nothing_runs(p, create=("# aws ecs run-task --task-definition ", None, "\ntrue"))


@CASES.sound(sources.LAMBDA_ROLE, may_note=True)
def command_that_runs_a_task_when_it_is_deleted(p: Build) -> None:
    run_it = ("aws ecs run-task --task-definition ", None)
    task_that_nothing_runs(p, create=("true",), delete=run_it)


@CASES.sound(sources.PIP)
def service_that_only_tries_an_install(p: Build) -> None:
    net = network(p, nat=False)
    s = store(p, net)
    words = ["pip", "install", "--dry-run", "--target", "/mnt/data/x", "numpy"]
    job = container("job", PYTHON, "/mnt/data", command=words)
    serve(p, net, s, job, role=client(p, "job", s, MOUNT, service="ecs-tasks"), after=s.targets)


# Other tools


CONDA = "docker.io/continuumio/miniconda3:24.1"


@CASES.sound(sources.PIP)
def environment_that_says_its_python(p: Build) -> None:
    populated(p, image=CONDA, command=["conda", "create", "-p", "/mnt/data/python", "python=3.12"])


@CASES.wrong(sources.PIP, wrong(LOADS, "infer", "infer", "install", "3.11", "3.12"))
def environment_of_another_python(p: Build) -> None:
    populated(p, image=CONDA, command=["conda", "create", "-p", "/mnt/data/python", "python=3.11"])


@CASES.sound(sources.PIP)
def project_on_the_mount(p: Build) -> None:
    line = "cd /mnt/data/app && uv sync --frozen"
    names = {"PYTHONPATH": "/mnt/data/app/.venv/lib"}
    populated(p, command=["sh", "-c", line], variables=names)


@CASES.wrong(sources.LAMBDA_ENVIRONMENT, wrong(LOADS, "infer", "/mnt/data/python", "/mnt/data/env"))
def environment_that_is_not_where_the_function_looks(p: Build) -> None:
    line = "python -m venv /mnt/data/env && . /mnt/data/env/bin/activate && pip install numpy"
    populated(p, command=["sh", "-c", line])


# Groups and addresses


@CASES.sound(sources.VPC_GROUPS)
def group_named_with_its_account(p: Build) -> None:
    net = network(p)
    net.nfs.props["ingress"] = [rule(2049, join(ACCOUNT, "/", net.clients.id))]
    function(p, "app", net, store(p, net))


@CASES.sound(sources.EFS_ADDRESS, note("app", "IPv6"))
def mount_targets_on_the_newer_protocol(p: Build) -> None:
    net = network(p)
    block = {"ipv6CidrBlocks": ["2a05:d018:1::/56"]}
    net.nfs.props["ingress"] = [{"protocol": "tcp", "fromPort": 2049, "toPort": 2049, **block}]
    s = store(p, net)
    for one in s.targets:
        one.props["ipAddressType"] = "IPV6_ONLY"
    function(p, "app", net, s)


@CASES.wrong(sources.VPC_GROUPS, wrong(REACH, "app", "2a05:d018:1::/56", "2049"))
def only_the_newer_protocol_let_in(p: Build) -> None:
    net = network(p)
    block = {"ipv6CidrBlocks": ["2a05:d018:1::/56"]}
    net.nfs.props["ingress"] = [{"protocol": "tcp", "fromPort": 2049, "toPort": 2049, **block}]
    function(p, "app", net, store(p, net))


# Rights


def with_policy(p: Build, arn: str) -> None:
    net, s = stored(p)
    function(p, "app", net, s, role=role(p, "app", managedPolicyArns=[arn]))


@CASES.sound(sources.IAM_ATTACH)
def managed_policy_of_another_partition(p: Build) -> None:
    partition = AWS_POLICY.replace("arn:aws:", "arn:aws-us-gov:")
    with_policy(p, partition + "AmazonElasticFileSystemClientReadWriteAccess")


@CASES.sound(sources.IAM_ATTACH)
def managed_policy_for_data_scientists(p: Build) -> None:
    with_policy(p, AWS_POLICY + "job-function/DataScientist")


@CASES.wrong(sources.IAM_ATTACH, wrong(RIGHTS, "app", "role 'app'", "AWSDenyAll"))
def managed_policy_that_denies_everything(p: Build) -> None:
    net, s = stored(p)
    rights = client(p, "app", s)
    attach(p, "none", rights, AWS_POLICY + "AWSDenyAll")
    function(p, "app", net, s, role=rights)


@CASES.sound(sources.IAM_CONDITIONS)
def allow_through_one_of_two_access_points(p: Build) -> None:
    net, s = stored(p)
    points = [s.ap.arn, access_point(p, "other", s.fs).arn]
    through_one = {"StringLike": {"elasticfilesystem:AccessPointArn": points}}
    rights = role(p, "app", allow(EFS + "Client*", s.fs.arn, Condition=through_one))
    function(p, "app", net, s, role=rights)


@CASES.sound(sources.EFS_POLICY, note("app", "ClientMount"))
def deny_outside_the_vpc(p: Build) -> None:
    net = network(p)
    outside = {"StringNotEquals": {"aws:SourceVpc": net.vpc.id}}
    away = deny("*", Principal="*", Condition=outside)
    function(p, "app", net, store(p, net, policy=(TLS_ONLY, away)))


@CASES.sound(sources.EFS_IAM)
def deny_on_another_file_system(p: Build) -> None:
    net, s = stored(p)
    rights = client(p, "app", s)
    grant(p, "other", rights, deny(EFS + "*", file_system(p, "other").arn))
    function(p, "app", net, s, role=rights)


@CASES.wrong(
    sources.EFS_IAM, wrong(RIGHTS, "app", "ClientMount", "role 'app'"), preview=yet("app", "role")
)
def allow_on_what_lies_below_the_file_system(p: Build) -> None:
    net, s = stored(p)
    below = role(p, "app", allow([MOUNT, WRITE], join(s.fs.arn, "/*")))
    function(p, "app", net, s, role=below)


# Volumes and paths


@CASES.sound(sources.EFS_CLIENTS, note("'web'", "file system 'other'"))
def volume_of_another_driver_beside(p: Build) -> None:
    net, s = stored(p)
    server = join("addr=", file_system(p, "other").id, ".efs.eu-west-1.amazonaws.com,rw")
    options = {"driver": "local", "driverOpts": {"type": "nfs", "o": server}}
    volumes = [volume(s), {"name": "nfs", "dockerVolumeConfiguration": options}]
    web = container("web", NGINX, "/mnt/data")
    rights = client(p, "web", s, service="ecs-tasks")
    of = task(p, "web", [web], volumes, rights, requiresCompatibilities=["EC2"])
    service(p, "web", of, net, after=s.targets, launchType="EC2")


@CASES.wrong(sources.ECS_EFS, wrong(FORM, "web", "file system 'other'", "file system 'data'"))
def volume_of_another_file_system_than_its_access_point(p: Build) -> None:
    net, s = stored(p)
    of_another = volume(Store(store(p, net, "other").fs, s.ap, s.targets))
    web = container("web", NGINX, "/mnt/data")
    of = task(p, "web", [web], [of_another], client(p, "web", s, service="ecs-tasks"))
    service(p, "web", of, net, after=s.targets)


@CASES.sound(sources.LAMBDA_ENVIRONMENT, note("app", "/mnt/work/in", "'work'"))
def function_that_passes_on_the_path_of_a_task(p: Build) -> None:
    net = network(p)
    s, work = store(p, net), store(p, net, "work")
    job = container("job", NGINX, "/mnt/work")
    of = task(p, "job", [job], [volume(work)], client(p, "job", work, service="ecs-tasks"))
    service(p, "job", of, net, after=work.targets)
    function(p, "app", net, s, variables={"TASK_INPUT": "/mnt/work/in"})


@CASES.sound(sources.ECS_VOLUME)
def scratch_in_memory_beside(p: Build) -> None:
    net, s = stored(p)
    scratch = {"tmpfs": [{"containerPath": "/mnt/cache", "size": 64}]}
    names = [{"name": "CACHE", "value": "/mnt/cache/web"}]
    web = container("web", NGINX, "/mnt/data", environment=names, linuxParameters=scratch)
    of = mounting(p, s, web, requiresCompatibilities=["EC2"])
    service(p, "web", of, net, after=s.targets, launchType="EC2")


@CASES.sound(sources.ECS_VOLUME)
def definitions_in_the_service_s_own_spelling(p: Build) -> None:
    net, s = stored(p)
    point = {"SourceVolume": "data", "ContainerPath": "/usr/share/nginx/html", "ReadOnly": True}
    web = {"Name": "web", "Image": NGINX, "Essential": True, "MountPoints": [point]}
    of = task(p, "web", Json([web]), [volume(s)], client(p, "web", s, service="ecs-tasks"))
    service(p, "web", of, net, after=s.targets)


@CASES.wrong(sources.PIP, wrong(LOADS, "app", "3.10", "3.12", "install"))
def another_python_seen_from_a_root_below(p: Build) -> None:
    net, s = stored(p)
    below = access_point(p, "below", s.fs, "/data/python")
    once = installed(p, net, s, "python:3.10")
    rights = role(p, "app", allow(MOUNT, s.fs.arn, **through(below)))
    seen = Store(s.fs, below, s.targets)
    function(p, "app", net, seen, "/mnt/py", role=rights, after=[*s.targets, once])


@CASES.sound(sources.ECS_NETWORK)
def installed_from_public_subnets(p: Build) -> None:
    net = network(p, nat=False)
    s = store(p, net)
    of = installer(p, s)
    public = {"subnets": [one.id for one in net.public], "assignPublicIp": "ENABLED"}
    run(p, "install", of, net, after=s.targets, **public)
